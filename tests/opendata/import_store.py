"""Imports into a test's database, and what it then holds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.models import metadata
from hub.opendata.importing import ImportResult, import_fts
from tests.opendata.conftest import Begin
from tests.opendata.fts_sample import export

NOW = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
Snapshot = dict[str, tuple[int, str]]


async def imported(
    begin: Begin, *flows: dict[str, str], publish: bool = False, now: datetime = NOW
) -> ImportResult:
    """Import an export of these flows, named flows.csv, in a transaction."""
    data = export(*flows)
    async with begin() as connection:
        return await import_fts(connection, data, file_name="flows.csv", publish=publish, now=now)


async def stored(begin: Begin, sql: str, **values: Any) -> Any:
    """The rows of a query in a transaction, as plain tuples."""
    async with begin() as connection:
        return await rows(connection, sql, **values)


async def everything(begin: Begin) -> Snapshot:
    """A snapshot of what is committed."""
    async with begin() as connection:
        return await snapshot(connection)


async def snapshot(connection: AsyncConnection) -> Snapshot:
    """Of every table: how many rows it has, and a digest of all that is in them."""
    found: Snapshot = {}
    for table in metadata.sorted_tables:
        content = "md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"
        count, digest = (await connection.execute(text(f"select count(*), {content} from {table} t"))).one()
        found[table.name] = (count, digest)
    return found


async def rows(connection: AsyncConnection, sql: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    """The rows of a query, as plain tuples."""
    return [tuple(row) for row in await connection.execute(text(sql), values)]


async def one(connection: AsyncConnection, sql: str, **values: Any) -> Any:
    """The only value of the only row."""
    return (await connection.execute(text(sql), values)).scalar_one()


async def wait_for_a_waiting_backend(connection: AsyncConnection) -> None:
    """Until another transaction of this database waits for a lock; fails after twenty seconds."""
    waiting = (
        "select count(*) from pg_locks l join pg_stat_activity a using (pid)"
        " where not l.granted and a.datname = current_database()"
    )
    for _ in range(1000):
        if await one(connection, waiting):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")
