"""What each layer of the edge adds to a compiled read, in microseconds; the database's part is left out."""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL
from starlette.applications import Starlette
from starlette.types import Message, Scope

from hub import logs
from hub.app import build_app
from hub.config import Settings
from hub.identity.actor import PUBLIC, Actor
from hub.identity.oidc.providers import Providers
from hub.identity.recognition import Recognition
from schema.api import PLANNER
from schema.compiler import transport
from tests.conftest import UNLIMITED

DOCUMENT = """query Page($first: Int!) { initiatives(first: $first) { totalCount nodes {
  reference title workingGroup { name } participants { role organisation { name } } } } }"""
VARIABLES = {"first": 50}
BODY = json.dumps({"query": DOCUMENT, "variables": VARIABLES}).encode()
ANSWER = json.dumps({"initiatives": {"totalCount": 50, "nodes": [{"title": "x" * 360}] * 50}}).encode()
HEADERS = [
    (b"host", b"127.0.0.1:8000"),
    (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
    (b"content-type", b"application/json"),
    (b"content-length", str(len(BODY)).encode()),
    (b"user-agent", b"benchmark"),
]
ROUNDS, CALLS = 40, 250


class FarSide:
    """Stands for the database: it answers at once."""

    async def fetch_text(self, actor: Actor, sql: str, arguments: Sequence[Any]) -> bytes:
        return ANSWER


class Nowhere(StringIO):
    """Takes what is written, as a file does, and keeps nothing."""

    def write(self, text: str) -> int:
        return len(text)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Starlette]:
    """The application, whose log lines are written as in production, to nowhere."""
    logs.REQUESTS.stream = logs.Gathered(Nowhere())
    given: dict[str, Any] = {"data_dir": tmp_path, **UNLIMITED}
    settings, far_side = Settings(**given), FarSide()
    made = build_app(settings, URL.create("postgresql+asyncpg"))
    made.state.database, made.state.compiles, made.state.settings = far_side, True, settings
    made.state.recognition = Recognition(far_side, settings, Providers(settings))  # type: ignore[arg-type]
    yield made
    logs.REQUESTS.stream = None


def scope_of(app: Starlette) -> Scope:
    """One request as uvicorn hands it on, by somebody who is known already."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "root_path": "",
        "headers": HEADERS,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "app": app,
        "state": {"actor": PUBLIC, "session": None, "request_id": "0", "status": 0, "headers": []},
    }


async def receive() -> Message:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def send(message: Message) -> None:
    assert message.get("status", 200) == 200, message


async def microseconds(work: Callable[[], Awaitable[object]]) -> float:
    """The time of one call in the quicker rounds: what is slower is the machine's other work."""
    found = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CALLS):
            await work()
        found.append((time.perf_counter() - began) / CALLS * 1e6)
    return sorted(found)[ROUNDS // 10]


async def test_each_layer_can_be_measured(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROUNDS", "CALLS"):
        monkeypatch.setattr(f"{__name__}.{name}", 1)
    await test_what_each_layer_adds(app)


@pytest.mark.benchmark
async def test_what_each_layer_adds(app: Starlette) -> None:
    endpoint = next(route.app for route in app.routes if getattr(route, "path", "") == "/graphql")  # type: ignore[attr-defined]
    every = list(app.user_middleware)

    async def compiler() -> None:
        assert await transport.answer(PLANNER, app.state.database, PUBLIC, DOCUMENT, VARIABLES, None)

    async def directly() -> None:
        await endpoint(scope_of(app), receive, send)

    async def through() -> None:
        await app(scope_of(app), receive, send)

    await microseconds(compiler)
    gc.collect()
    gc.freeze()
    lines = [("compiler", await microseconds(compiler)), ("endpoint", await microseconds(directly))]
    for count in range(len(every) + 1):
        app.user_middleware = every[len(every) - count :]
        app.middleware_stack = app.build_middleware_stack()
        name = str(getattr(app.user_middleware[0].cls, "__name__", "")) if count else "Starlette's routing"
        lines.append((name, await microseconds(through)))
    gc.unfreeze()
    before = 0.0
    sys.stdout.write("\n")
    for name, total in lines:
        sys.stdout.write(f"{name:24} {total - before:6.1f} µs, {total:6.1f} with all within\n")
        before = total
