"""A clone of the demonstration for tests that change nothing, and the actors of the personas in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.database import Place
from hub.db import embedded
from hub.db.engine import OWNER_ROLE
from hub.identity.actor import PUBLIC, Actor, Means
from hub.identity.tokens import persona
from tests.conftest import PERSONAS

IDENTITIES: tuple[str | None, ...] = (*PERSONAS, None)
"""Everybody who may ask; None is the public."""


@contextmanager
def clone(server: Any, template: str, name: str) -> Iterator[Place]:
    """A database made of the template, for as long as it is used."""
    _run(server, f'create database "{name}" template "{template}"')
    _run(server, f'revoke temporary on database "{name}" from public')
    yield Place(embedded.owner_url(server, name), embedded.login_url(server, name), is_embedded=True)
    _run(server, f'drop database "{name}" with (force)')


def _run(server: Any, statement: str) -> None:
    async def run() -> None:
        url = embedded.owner_url(server, "postgres")
        engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run())


@asynccontextmanager
async def as_owner(place: Place) -> AsyncIterator[AsyncConnection]:
    """A transaction of the role that owns the tables and sees every row; it commits at the end."""
    engine = create_async_engine(place.owner, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text(f"set local role {OWNER_ROLE}"))
        yield connection
    await engine.dispose()


async def actor_of(connection: AsyncConnection, name: str | None) -> Actor:
    """The persona as an actor, at a browser; the public for None."""
    if name is None:
        return PUBLIC
    found = await persona(connection, name)
    assert found is not None, name
    return replace(found, means=Means.SESSION)
