"""Readers who take nothing: they are cut off, and meanwhile cost little."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from hub.database import Place
from hub.edge.connections import SLOWEST_SECONDS
from tests.conftest import PERSONAS
from tests.policy.clones import as_owner
from tests.subscriptions.conftest import People, Worker, working
from tests.subscriptions.listening import RESYNC, Socket
from tests.subscriptions.listening import socket as reading_socket

STALLED = 100
MOST_MEGABYTES = 20
EVENTS = 30
CHARACTERS = 20_000
"""Of each event: more than ten times what a dashboard asks for."""
FEW_BYTES = 4_096
"""Of the receiving buffer of a reader's machine, so that it is full soon."""
LARGE = "subscription { contributionRecorded { kind contribution { id description } } }"


@pytest.fixture
def worker(shared_place: Place, tmp_path: Path) -> Iterator[Worker]:
    """A worker of this test alone, whose memory is measured."""
    with working(shared_place, tmp_path) as found:
        yield found


@asynccontextmanager
async def stalled_socket(worker: Worker, token: str) -> AsyncIterator[None]:
    """A WebSocket that subscribes and then reads nothing."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW_BYTES)
    plain.connect(("127.0.0.1", worker.port))
    connection = await connect(
        f"ws://127.0.0.1:{worker.port}/graphql",
        sock=plain,
        subprotocols=[Subprotocol("graphql-transport-ws")],
        compression=None,
        max_queue=1,
        ping_interval=None,
        close_timeout=0.1,
    )
    open_ = Socket(connection)
    await open_.introduce(token)
    await open_.subscribe("1", LARGE)
    assert (await open_.hear())["payload"] == {
        "data": {"contributionRecorded": {**RESYNC, "contribution": None}}
    }
    connection.transport.pause_reading()
    yield
    connection.transport.abort()


@asynccontextmanager
async def stalled_events(worker: Worker, token: str) -> AsyncIterator[None]:
    """The same by server-sent events."""
    transport = httpx.AsyncHTTPTransport(socket_options=[(socket.SOL_SOCKET, socket.SO_RCVBUF, FEW_BYTES)])
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with httpx.AsyncClient(transport=transport, base_url=worker.address, timeout=60) as http:
        request = http.build_request("POST", "/graphql", json={"query": LARGE}, headers=headers)
        answer = await http.send(request, stream=True)
        lines = answer.aiter_lines()  # kept: the stream ends with it
        assert await anext(lines) == "event: next"
        yield
        await answer.aclose()


async def large_contributions(place: Place) -> list[str]:
    """Published contributions that say much, so that everybody's events are large."""
    async with as_owner(place) as owner:
        found = await owner.scalars(
            text(
                "update hub.contributions set description = repeat('x', :size) where id in"
                " (select id from hub.contributions where is_published order by id limit :count) returning id"
            ),
            {"size": CHARACTERS, "count": EVENTS},
        )
        ids = [str(id) for id in found]
    assert len(ids) == EVENTS
    return ids


async def record(place: Place, ids: list[str]) -> None:
    """Write an act upon each contribution into the record."""
    async with as_owner(place) as owner:
        for id in ids:
            await owner.execute(
                text(
                    "insert into hub.audit_events (at, action, person_id, subject_type, subject_id)"
                    " select now(), 'contribution:acknowledge', id, 'Contribution', cast(:subject as uuid)"
                    " from hub.persons where persona = 'staff'"
                ),
                {"subject": id},
            )


async def heard_all(open_: Socket) -> None:
    """The healthy reader hears of every contribution."""
    seen: set[str] = set()
    while len(seen) < EVENTS:
        event = (await open_.hear())["payload"]["data"]["contributionRecorded"]
        assert event["kind"] == "CHANGED"
        seen.add(event["contribution"]["id"])


async def open_streams(worker: Worker) -> int:
    """How many streams the worker says are open."""
    async with httpx.AsyncClient() as http:
        counted = (await http.get(f"{worker.address}/metrics")).text
    return int(
        sum(float(line.split()[-1]) for line in counted.splitlines() if line.startswith("hub_streams{"))
    )


def resident(worker: Worker) -> int:
    found: int = psutil.Process(worker.process.pid).memory_info().rss
    return found


async def test_a_hundred_stalled_readers_cost_little_and_are_cut_off(
    worker: Worker, people: People, shared_place: Place
) -> None:
    ids = await large_contributions(shared_place)
    tokens = [await people.token(persona) for persona in PERSONAS]
    async with AsyncExitStack() as stack:
        healthy = await stack.enter_async_context(reading_socket(worker.address))
        await healthy.introduce(await people.token("staff"))
        await healthy.subscribe("1", LARGE)
        await healthy.hear()
        await record(shared_place, ids)
        await heard_all(healthy)  # once before, so that what is made once is there
        before = resident(worker)
        for number in range(STALLED):
            opened = stalled_socket if number % 2 else stalled_events
            await stack.enter_async_context(opened(worker, tokens[number % len(tokens)]))
        assert await open_streams(worker) == STALLED + 1
        began, most = time.monotonic(), before
        await record(shared_place, ids)
        hearing = asyncio.create_task(heard_all(healthy))
        while await open_streams(worker) > 1:
            most = max(most, resident(worker))
            assert time.monotonic() - began < 6 * SLOWEST_SECONDS, "they are still there"
            await asyncio.sleep(0.1)
        await hearing
        most = max(most, resident(worker))
    risen = (most - before) / 1e6
    print(f"{STALLED} stalled readers: {risen:.1f} MB more, and cut off")  # noqa: T201
    assert risen < MOST_MEGABYTES
    async with asyncio.timeout(5):  # lines are written ten times a second, together
        while worker.log.read_text().count("a reader who took nothing was cut off") < STALLED:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    assert worker.log.read_text().count("a reader who took nothing was cut off") == STALLED
