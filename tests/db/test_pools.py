"""The pools of compiled reads end in time, whatever their server does."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time

import asyncpg
import pytest

from hub.database import Place
from hub.db import engine
from hub.db.engine import PARTING_SECONDS, ReadPools
from hub.identity.actor import PUBLIC


@pytest.mark.skipif(sys.platform == "win32", reason="no process can be halted there")
async def test_a_server_that_does_not_part_is_left(standing: Place) -> None:
    pools = ReadPools(standing.login, pool_size=2)
    backend = int(await pools.fetch_text(PUBLIC, "select pg_backend_pid()::text", []) or 0)
    os.kill(backend, signal.SIGSTOP)
    try:
        began = time.monotonic()
        await pools.close()
        assert PARTING_SECONDS <= time.monotonic() - began < PARTING_SECONDS + 5
    finally:
        os.kill(backend, signal.SIGCONT)
    assert await pools.fetch_text(PUBLIC, "select 'again'", []) == b"again", "the pools open anew"
    await pools.close()


async def test_a_server_that_parts_is_waited_for(standing: Place) -> None:
    pools = ReadPools(standing.login, pool_size=2)
    assert await pools.fetch_text(PUBLIC, "select 'here'", []) == b"here"
    began = time.monotonic()
    await pools.close()
    assert time.monotonic() - began < PARTING_SECONDS


async def test_those_who_wait_are_served_in_their_order_and_nobody_is_lost(standing: Place) -> None:
    pools, served = ReadPools(standing.login, pool_size=1), []

    async def ask(number: int, seconds: float) -> None:
        await pools.fetch_text(PUBLIC, f"select '{number}' || pg_sleep({seconds})", [])
        served.append(number)

    first = asyncio.create_task(ask(0, 0.3))
    await asyncio.sleep(0.1)
    waiting = [asyncio.create_task(ask(number, 0)) for number in range(1, 11)]
    await asyncio.sleep(0)
    for given_up in waiting[::3]:
        given_up.cancel()
    await asyncio.gather(first, *waiting, return_exceptions=True)
    assert served == [0, 2, 3, 5, 6, 8, 9]
    texts = await asyncio.gather(*(text_of(pools, number) for number in range(20)))
    assert texts == [b"%d" % number for number in range(20)]
    await pools.close()


async def text_of(pools: ReadPools, number: int) -> bytes | None:
    return await pools.fetch_text(PUBLIC, f"select '{number}'", [])


async def test_whoever_waits_too_long_is_told_and_takes_no_place(
    standing: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POOL_WAIT_SECONDS", 0.1)
    pools = ReadPools(standing.login, pool_size=1)
    assert await text_of(pools, 1) == b"1"
    busy = asyncio.create_task(pools.fetch_text(PUBLIC, "select 'slow' || pg_sleep(0.5)", []))
    await asyncio.sleep(0.05)
    with pytest.raises(TimeoutError):
        await text_of(pools, 2)
    assert await busy == b"slow"
    assert await text_of(pools, 3) == b"3"
    await pools.close()


async def test_a_failure_frees_its_place(standing: Place) -> None:
    pools = ReadPools(standing.login, pool_size=1)
    for _ in range(3):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await pools.fetch_text(PUBLIC, "select (1 / 0)::text", [])
    assert await text_of(pools, 4) == b"4"
    await pools.close()


async def test_a_connection_that_was_cancelled_is_not_used_again(standing: Place) -> None:
    pools = ReadPools(standing.login, pool_size=1)
    backend = await pools.fetch_text(PUBLIC, "select pg_backend_pid()::text", [])
    assert await pools.fetch_text(PUBLIC, "select pg_backend_pid()::text", []) == backend
    asking = asyncio.create_task(pools.fetch_text(PUBLIC, "select 'slow' || pg_sleep(5)", []))
    await asyncio.sleep(0.1)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await pools.fetch_text(PUBLIC, "select pg_backend_pid()::text", []) != backend
    await pools.close()
