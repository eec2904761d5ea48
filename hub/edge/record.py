"""One line in the log and one count in the metrics for each request, with what it took."""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import lru_cache

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.edge.answers import refuse

log = structlog.get_logger("hub.request")

LONGEST_SECONDS = 30
"""A request that has not begun to answer by then is given up; statements end earlier, after 15 s."""

REQUESTS = Counter("hub_requests", "Requests answered.", ("route", "method", "status"))
SECONDS = Histogram("hub_request_seconds", "Time from request to answer.", ("route",))
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "WEBSOCKET"})


class Record:
    """Gives each request an id, ends it in time, and writes down what came of it. Values are never logged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, status = secrets.token_hex(8), time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = request_id
        identified = (b"x-request-id", request_id.encode())

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], identified]
                if not deadline.expired():
                    deadline.reschedule(None)  # what is sent in parts may take longer
            await send(message)

        try:
            async with asyncio.timeout(LONGEST_SECONDS) as deadline:
                await self.app(scope, receive, note)
        except TimeoutError:
            if status or not deadline.expired():
                raise
            late = refuse(503, "This took too long and was given up. Ask for less at once.")
            await late(scope, receive, note)
        except ClientDisconnect:
            status = 499
        finally:
            _write(scope, status or 500, time.perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: one line at its end, with the code by which the hub closed it, if it did."""
        began, status = time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = secrets.token_hex(8)

        async def note(message: Message) -> None:
            nonlocal status
            match message["type"]:
                case "websocket.accept":
                    status = 101
                case "websocket.close":
                    status = message.get("code", 1000)
                case "websocket.http.response.start":
                    status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            _write(scope, status or 500, time.perf_counter() - began)


@lru_cache(1_000)
def _measures(path: str, method: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(path, method, status), SECONDS.labels(path)


def _write(scope: Scope, status: int, seconds: float) -> None:
    state, route = scope["state"], scope.get("route")
    path = route.path if isinstance(route, Route | WebSocketRoute) else "none"
    method = "WEBSOCKET" if scope["type"] == "websocket" else scope["method"]
    count, duration = _measures(path, method if method in METHODS else "other", status)
    count.inc()
    if not state.get("is_stream"):  # a stream is as long as somebody listens
        duration.observe(seconds)
    actor = state.get("actor")
    log.info(
        "request",
        id=state["request_id"],
        method=method,
        path=scope["path"],
        status=status,
        ms=round(seconds * 1000, 1),
        person=str(actor.person_id) if actor is not None and actor.person_id else None,
    )
