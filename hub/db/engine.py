"""Connections: one pool for the signed-in, one for the public, and what identity each transaction has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from hub.errors import SetUpError
from hub.identity.actor import Actor

APP_ROLE, PUBLIC_ROLE, OWNER_ROLE = "hub_app", "hub_public", "hub_owner"
STATEMENT_TIMEOUT_MS = 15_000
POOL_WAIT_SECONDS = 10

SET_IDENTITY = text(
    "select set_config('hub.person', :person, true), set_config('hub.organisation', :organisation, true),"
    " set_config('hub.roles', :roles, true), set_config('transaction_read_only', :read_only, true)"
)


def parse_url(url: str) -> URL:
    """A PostgreSQL URL as operators write it, for the asyncpg driver; SetUpError where it is not one."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SetUpError(
            "The database URL cannot be read: write postgresql://user:password@host:5432/database"
        ) from None
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise SetUpError(f"The hub runs on PostgreSQL only, not on {parsed.get_backend_name()}.")
    query = {("ssl" if name == "sslmode" else name): value for name, value in parsed.query.items()}
    return parsed.set(drivername="postgresql+asyncpg", query=query)


def make_engine(url: URL, *, role: str, pool_size: int, autocommit: bool = False) -> AsyncEngine:
    """A pool whose every connection runs as the role, which owns nothing and cannot bypass the policies."""
    settings = {
        "role": role,
        "application_name": f"hub ({role})",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "TimeZone": "UTC",
    }
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        connect_args={"server_settings": settings, "timeout": 10},
        isolation_level="AUTOCOMMIT" if autocommit else "READ COMMITTED",
        hide_parameters=True,  # an error's text goes to the log, and values may be anybody's secrets
    )


class Database:
    """The two pools. A read has one snapshot; a write is one transaction, committed once, at the edge."""

    def __init__(self, url: URL, *, pool_size: int) -> None:
        self.app = make_engine(url, role=APP_ROLE, pool_size=pool_size)
        self.public = make_engine(url, role=PUBLIC_ROLE, pool_size=pool_size, autocommit=True)

    @asynccontextmanager
    async def reading(self, actor: Actor) -> AsyncIterator[AsyncConnection]:
        """A connection that sees what the actor may see, and cannot write."""
        if actor.is_public:
            async with self.public.connect() as connection:
                yield connection
            return
        async with self.app.connect() as connection, connection.begin():
            await identify(connection, actor, is_read_only=True)
            yield connection

    @asynccontextmanager
    async def writing(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that acts as the actor; it commits at the end, or leaves nothing."""
        async with AsyncSession(self.app, expire_on_commit=False) as session, session.begin():
            await identify(await session.connection(), actor)
            yield session

    async def dispose(self) -> None:
        """Close every connection."""
        await self.app.dispose()
        await self.public.dispose()


async def identify(connection: AsyncConnection, actor: Actor, *, is_read_only: bool = False) -> None:
    """Set the actor's identity, and whether it may write, until the transaction ends. The public has none."""
    await connection.execute(
        SET_IDENTITY,
        {
            "person": str(actor.person_id or ""),
            "organisation": str(actor.organisation_id or ""),
            "roles": ",".join(sorted(actor.roles)),
            "read_only": "on" if is_read_only else "off",
        },
    )
