"""The outermost layer: an id, a time-out, the safe headers, a line in the log and a count in the metrics."""

from __future__ import annotations

import asyncio
import secrets
import time
from functools import lru_cache

from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.edge.answers import refuse
from hub.edge.headers import SafeHeaders
from hub.logs import REQUESTS as LINES

LONGEST_SECONDS = 30
"""A request that has not begun to answer by then is given up; statements end earlier, after 15 s."""

REQUESTS = Counter("hub_requests", "Requests answered.", ("route", "method", "status"))
SECONDS = Histogram("hub_request_seconds", "Time from request to answer.", ("route",))
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "WEBSOCKET"})


class Record:
    """Gives each request an id, ends it in time, and writes down what came of it. Values are never logged.

    It alone touches the answer on its way out: the inner layers leave their headers in `state["headers"]` and
    find the status in `state["status"]`, since a wrapper of each layer round every message costs as much as
    the layers themselves (measured).
    """

    def __init__(self, app: ASGIApp, *, safe: SafeHeaders) -> None:
        self.app, self.safe = app, safe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began = secrets.token_hex(8), time.perf_counter()
        state = scope.setdefault("state", {})
        state["request_id"], state["status"] = request_id, 0
        told = state["headers"] = [(b"x-request-id", request_id.encode())]
        deadline = state["deadline"] = Deadline(LONGEST_SECONDS)

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                state["status"] = message["status"]
                message["headers"] = [*self.safe.added(message["headers"]), *told]
                deadline.lift()  # what is sent in parts may take longer
            await send(message)

        try:
            await self.app(scope, receive, note)
        except asyncio.CancelledError:
            if not deadline.has_passed():
                raise
            late = refuse(503, "This took too long and was given up. Ask for less at once.")
            await late(scope, receive, note)
        except ClientDisconnect:
            state["status"] = 499
        finally:
            deadline.lift()
            _write(scope, state["status"] or 500, time.perf_counter() - began)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A WebSocket: one line at its end, with the code by which the hub closed it, if it did."""
        began, state = time.perf_counter(), scope.setdefault("state", {})
        state |= {"request_id": secrets.token_hex(8), "status": 0, "headers": []}

        async def note(message: Message) -> None:
            match message["type"]:
                case "websocket.accept":
                    state["status"] = 101
                case "websocket.close":
                    state["status"] = message.get("code", 1000)
                case "websocket.http.response.start":
                    state["status"] = message["status"]
                    message["headers"] = [*self.safe.added(message["headers"]), *state["headers"]]
            await send(message)

        try:
            await self.app(scope, receive, note)
        finally:
            _write(scope, state["status"] or 500, time.perf_counter() - began)


class Deadline:
    """Cancels the task that makes it after so many seconds, unless it is lifted.

    `asyncio.timeout` without its context: that costs four times as much (measured), at every request.
    """

    def __init__(self, seconds: float) -> None:
        self._task = asyncio.current_task()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._give_up)
        self._is_over = False

    def _give_up(self) -> None:
        self._is_over = True
        if self._task is not None:
            self._task.cancel()

    def extend(self, seconds: float) -> None:
        """Begin anew, with so many seconds: for what is long by nature, once it is known who sends it."""
        self._handle.cancel()
        self._handle = asyncio.get_running_loop().call_later(seconds, self._give_up)

    def lift(self) -> None:
        """Let the task go on for as long as it takes."""
        self._handle.cancel()

    def has_passed(self) -> bool:
        """Whether this is what cancelled the task, and nobody else; then the task can go on."""
        return self._is_over and self._task is not None and self._task.uncancel() == 0


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
    person = actor.person_id if actor is not None else None
    LINES.write(state["request_id"], method, scope["path"], status, seconds, person)
