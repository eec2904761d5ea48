"""The outermost layers: names, headers, rates, the log line, the metrics."""

from __future__ import annotations

import asyncio
import io
import json
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from hub.config import Settings
from hub.database import Place
from hub.edge import rates, record, windows
from hub.edge.layers import layers
from hub.errors import SetUpError
from hub.identity.cookies import Cookie
from hub.identity.tokens import new_secret
from hub.logs import REQUESTS, RequestLines, configure
from hub.maintenance import issue_token_in
from tests.conftest import running

VIEWER = {"query": "{ viewer { name } }"}

Opened = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, Starlette]]]


@pytest.fixture
def opened(standing: Place, tmp_path: Path) -> Opened:
    """The hub with the settings given, and a client of it."""

    @asynccontextmanager
    async def made(
        *, host: str = "hub.test", client: str = "127.0.0.1", **settings: Any
    ) -> AsyncIterator[tuple[httpx.AsyncClient, Starlette]]:
        async with running(standing, tmp_path, pool_size=2, **settings) as app:
            transport = httpx.ASGITransport(app=app, client=(client, 50000), raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as http:
                yield http, app

    return made


async def as_persona(app: Starlette, persona: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {await issue_token_in(app.state.database, persona)}"}


# -- names and headers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "status"),
    [("hub.test", 200), ("also.test", 200), ("localhost", 200), ("evil.test", 400), ("hub.test.evil", 400)],
)
async def test_only_under_its_own_names(host: str, status: int, opened: Opened) -> None:
    async with opened(host=host, allowed_hosts=("also.test",)) as (http, _):
        assert (await http.get("/healthz")).status_code == status


ADDRESSES = (
    "/",
    "/healthz",
    "/schema.graphql",
    "/graphql",
    "/nowhere",
    "/assets/nothing",
    "/contributions.csv",
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_every_answer_tells_the_browser_what_not_to_do(address: str, opened: Opened) -> None:
    async with opened(base_url="https://hub.test") as (http, _):
        headers = (await http.get(address)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["referrer-policy"] == "same-origin"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]


async def test_transport_security_is_asked_for_over_tls_only(opened: Opened) -> None:
    async with opened() as (http, _):
        assert "strict-transport-security" not in (await http.get("/healthz")).headers


# -- rates ---------------------------------------------------------------------------------------------


async def test_an_address_may_ask_so_often_and_is_told_when_again(opened: Opened) -> None:
    async with opened(rate_limit_public="3/minute") as (http, _):
        answers = [await http.post("/graphql", json=VIEWER) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["ratelimit-policy"] for answer in answers] == ['"requests";q=3;w=60'] * 4
        left = [re.fullmatch(r'"requests";r=(\d);t=(\d+)', answer.headers["ratelimit"]) for answer in answers]
        assert [found[1] for found in left if found] == ["2", "1", "0", "0"]
        refused = answers[-1]
        wait = int(refused.headers["retry-after"])
        assert 1 <= wait <= 61
        message = f"This is more than 3 requests in 60 s. Wait {wait} s."
        assert refused.json() == {"errors": [{"message": message}]}
        assert (await http.get("/healthz")).status_code == 200, "who looks after the hub is not counted"


async def test_a_person_is_counted_wherever_and_no_other_with_him(opened: Opened) -> None:
    async with opened(rate_limit_public="1/minute", rate_limit_signed_in="2/minute") as (http, app):
        one, again = await as_persona(app, "partner"), await as_persona(app, "partner")
        other = await as_persona(app, "staff")
        asked = [one, again, one, other, {}, {}]
        statuses = [(await http.post("/graphql", json=VIEWER, headers=who)).status_code for who in asked]
    assert statuses == [200, 200, 429, 200, 200, 429], "two tokens of one person are one"


async def test_an_address_that_guesses_tokens_is_not_let_go_on(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Within one window, however long a slow machine takes.
    monkeypatch.setattr(windows, "time", SimpleNamespace(time=lambda: 1_800_000_001.0))
    async with opened() as (http, app):
        staff = await as_persona(app, "staff")
        for _ in range(rates.FAILURES.amount):
            wrong = {"Authorization": f"Bearer {new_secret()}"}
            assert (await http.post("/graphql", json=VIEWER, headers=wrong)).status_code == 401
        refused = await http.post("/graphql", json=VIEWER, headers=staff)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert (await http.post("/graphql", json=VIEWER)).status_code == 200, "the public may"


async def test_every_worker_counts_for_itself_while_the_store_is_away(opened: Opened) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened(rate_limit_public="1/minute", rate_limit_url="redis://127.0.0.1:1") as (http, _):
            statuses = [(await http.post("/graphql", json=VIEWER)).status_code for _ in range(2)]
    assert statuses == [200, 429]
    assert [line for line in logs if line["event"] == "the store of rate limits does not answer"]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    """The URL of a Redis of the test's own."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        pytest.skip("no redis-server here: apt-get install redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"valkey://127.0.0.1:{port}"
        server.terminate()


async def test_workers_count_together_in_a_store(opened: Opened, redis: str) -> None:
    settings = {"rate_limit_public": "3/minute", "rate_limit_url": redis}
    async with opened(**settings) as (one, _), opened(**settings) as (other, _):
        asked = [one, other, one, other]
        statuses = [(await http.post("/graphql", json=VIEWER)).status_code for http in asked]
    assert statuses == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("rate_limit_public", "many", "HUB_RATE_LIMIT_PUBLIC is 'many'"),
        ("rate_limit_signed_in", "10 per fortnight", "HUB_RATE_LIMIT_SIGNED_IN is '10 per fortnight'"),
        ("rate_limit_url", "mailbox://x", "HUB_RATE_LIMIT_URL cannot be used"),
    ],
)
def test_a_rate_that_cannot_be_read_is_named_at_the_start(
    setting: str, value: str, named: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, **{setting: value})  # type: ignore[arg-type]
    with pytest.raises(SetUpError, match=re.escape(named)):
        layers(settings, Cookie.named("hub_session", settings.base_url))


# -- the log line and the metrics ----------------------------------------------------------------------


async def test_one_line_for_each_request_without_what_was_asked(opened: Opened) -> None:
    async with opened() as (http, app):
        staff = await as_persona(app, "staff")
        with structlog.testing.capture_logs() as logs:
            answer = await http.post("/graphql?secret=1", json=VIEWER, headers=staff)
    lines = [line for line in logs if line["event"] == "request"]
    assert len(lines) == 1
    line = lines[0]
    assert line["id"] == answer.headers["x-request-id"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", 200)
    assert line["ms"] > 0
    assert re.fullmatch(r"[0-9a-f-]{36}", line["person"])
    assert "secret" not in json.dumps(line)


def test_the_line_for_machines_is_what_the_log_would_write(monkeypatch: pytest.MonkeyPatch) -> None:
    before, written = structlog.get_config(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    lines = RequestLines()
    person = uuid.uuid4()
    asked = ("00ff", "GET", '/a "quoted" \u00e9\n path', 200, 0.0123, person)
    nobody = ("00ff", "GET", "/", 200, 0.0123, None)
    try:
        configure(as_json=True)
        for given in (asked, nobody):
            lines.stream = None
            lines.write(*given)
            lines.stream = REQUESTS.stream
            lines.write(*given)
    finally:
        REQUESTS.stream = None
        structlog.configure(**before)
    by_log, by_hand, of_nobody, of_nobody_by_hand = map(json.loads, written.getvalue().splitlines())
    for one, other in ((by_log, by_hand), (of_nobody, of_nobody_by_hand)):
        first, second = one.pop("timestamp"), other.pop("timestamp")
        assert datetime.fromisoformat(first) <= datetime.fromisoformat(second)
        assert one == other
    assert (by_hand["path"], by_hand["ms"], by_hand["person"]) == (asked[2], 12.3, str(person))


async def test_a_request_that_takes_too_long_is_given_up(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "LONGEST_SECONDS", 0.2)

    async def slow() -> AsyncIterator[bytes]:
        yield b'{"query": "{'
        await asyncio.sleep(30)
        yield b'}"}'

    async with opened() as (http, _):
        answer = await http.post("/graphql", content=slow(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 503
    assert answer.json() == {
        "errors": [{"message": "This took too long and was given up. Ask for less at once."}]
    }


async def test_metrics_count_by_route_and_are_for_this_machine_alone(opened: Opened) -> None:
    async with opened() as (http, _):
        await http.get("/initiatives/RSO-2026-001")
        await http.get("/wp-login.php")
        counted = (await http.get("/metrics")).text
    assert 'hub_requests_total{method="GET",route="/initiatives/{reference}",status="200"}' in counted
    assert 'route="none",status="404"' in counted
    assert "wp-login" not in counted
    async with opened(client="203.0.113.7") as (http, _):
        assert (await http.get("/metrics")).status_code == 404


async def test_metrics_elsewhere_ask_for_the_token_of_the_settings(opened: Opened) -> None:
    async with opened(client="203.0.113.7", metrics_token="scrape-me") as (http, _):
        for sent, status in (("scrape-me", 200), ("scrape", 404), ("", 404), ("scrapé-me", 404)):
            headers = [(b"Authorization", f"Bearer {sent}".encode())]
            assert (await http.get("/metrics", headers=headers)).status_code == status
