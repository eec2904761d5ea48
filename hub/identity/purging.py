"""What has ended is kept while somebody may ask about it, and then goes; the record of writes stays."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import text

from hub.db.engine import Database

log = structlog.get_logger("hub.identity")

FIRST_AFTER: Final = timedelta(minutes=1)
"""Of a worker: when it has started, it has better things to do."""
EVERY: Final = timedelta(days=1)

_PURGE: Final = text("select hub.purge()")


async def purge(database: Database) -> int | None:
    """Delete what `hub.purge` says is over; how many rows. None where another worker is about it."""
    async with database.app.begin() as connection:
        gone: int | None = await connection.scalar(_PURGE)
    return gone


async def keep_purging(
    *purges: Callable[[], Awaitable[int | None]],
    first_after: timedelta = FIRST_AFTER,
    every: timedelta = EVERY,
) -> None:
    """Purge once a day, for as long as the worker lives; what fails is logged, and tried the next day."""
    await asyncio.sleep(first_after.total_seconds())
    while True:
        for purges_some in purges:
            try:
                gone = await purges_some()
                log.info("purged what had ended", rows=gone)
            except Exception:  # whatever it is, the other purges and the next day are not to be lost by it
                log.warning("nothing was purged", exc_info=True)
        await asyncio.sleep(every.total_seconds())
