"""A database with reference data: migrated and seeded once, then shared by savepoints, or cloned."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.db import embedded, migrate
from hub.db.engine import OWNER_ROLE
from hub.db.seed import run_seed

TEMPLATE = "hub_import"
_numbers = itertools.count(1)

Begin = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
"""Begins a transaction of the owner; it commits at the end, or rolls back what failed."""


@pytest.fixture(scope="session")
def seeded(server: Any) -> URL:
    """A database with the schema and the reference data, to be cloned and never changed."""
    migrate.create_database(embedded.owner_url(server, "postgres"), TEMPLATE)
    owner = embedded.owner_url(server, TEMPLATE)
    migrate.migrate(owner, login=embedded.login_url(server, TEMPLATE))
    run_seed(owner)
    return owner


@pytest.fixture(scope="session")
def rolled_back(seeded: URL) -> Iterator[URL]:
    """A clone in which nothing is ever committed."""
    yield from _cloned(seeded)


@pytest.fixture
def owner(seeded: URL) -> Iterator[URL]:
    """The owner's way into a clone of the test's own."""
    yield from _cloned(seeded)


@pytest.fixture
async def begin(rolled_back: URL) -> AsyncIterator[Begin]:
    """Begins transactions that are savepoints of one connection's, which is rolled back after the test."""
    async with _owning(rolled_back) as connection:

        @asynccontextmanager
        async def begun() -> AsyncIterator[AsyncConnection]:
            async with connection.begin_nested():
                yield connection

        yield begun
        await connection.rollback()


@pytest.fixture
def begin_apart(owner: URL) -> Begin:
    """Begins transactions of connections of their own, which really commit, in the test's own database."""

    @asynccontextmanager
    async def begun() -> AsyncIterator[AsyncConnection]:
        async with _owning(owner) as connection:
            yield connection

    return begun


@asynccontextmanager
async def _owning(database: URL) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(database, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"set local role {OWNER_ROLE}")
            yield connection
    finally:
        await engine.dispose()


def _cloned(template: URL) -> Iterator[URL]:
    name = f"hub_import_{next(_numbers)}"
    maintenance = template.set(database="postgres")
    migrate.create_database(maintenance, name, template=TEMPLATE)
    yield template.set(database=name)
    asyncio.run(_drop(maintenance, name))


async def _drop(server: URL, name: str) -> None:
    engine = create_async_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"drop database {name} with (force)")
    await engine.dispose()
