"""One line in the log and one count in the metrics for each request, with what it took."""

from __future__ import annotations

import asyncio
import secrets
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.edge.answers import refuse

log = structlog.get_logger("hub.request")

LONGEST_SECONDS = 30
"""A request that has not begun to answer by then is given up; statements end earlier, after 15 s."""

REQUESTS = Counter("hub_requests", "Requests answered.", ("route", "method", "status"))
SECONDS = Histogram("hub_request_seconds", "Time from request to answer.", ("route",))
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Record:
    """Gives each request an id, ends it in time, and writes down what came of it. Values are never logged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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


def _write(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get("route")
    path = route.path if isinstance(route, Route) else "none"
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(path, method, status).inc()
    SECONDS.labels(path).observe(seconds)
    actor = scope["state"].get("actor")
    log.info(
        "request",
        id=scope["state"]["request_id"],
        method=method,
        path=scope["path"],
        status=status,
        ms=round(seconds * 1000, 1),
        person=str(actor.person_id) if actor is not None and actor.person_id else None,
    )
