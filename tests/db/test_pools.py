"""The pools of compiled reads end in time, whatever their server does."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from hub.database import Place
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
    assert await pools.fetch_text(PUBLIC, "select 'again'", []) == "again", "the pools open anew"
    await pools.close()


async def test_a_server_that_parts_is_waited_for(standing: Place) -> None:
    pools = ReadPools(standing.login, pool_size=2)
    assert await pools.fetch_text(PUBLIC, "select 'here'", []) == "here"
    began = time.monotonic()
    await pools.close()
    assert time.monotonic() - began < PARTING_SECONDS
