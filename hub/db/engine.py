"""Connections: one pool for the signed-in, one for the public, and what identity each transaction has."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import asyncpg
import structlog
from sqlalchemy import URL, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from hub.errors import SetUpError
from hub.identity.actor import Actor, Means

log = structlog.get_logger("hub.database")

APP_ROLE, PUBLIC_ROLE, OWNER_ROLE = "hub_app", "hub_public", "hub_owner"
STATEMENT_TIMEOUT_MS = 15_000
READ_SETTINGS = {
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "default_transaction_read_only": "on",
}
STATEMENTS_KEPT = 500
"""Prepared statements a connection: compiled plans are long to parse and few."""
POOL_WAIT_SECONDS = 10
PARTING_SECONDS = 3
"""How long a pool takes to close; a worker that ends waits no longer."""

BYTES = "bpchar"
"""The type by which a compiled statement's text is sent."""

SET_IDENTITY = text(
    "select set_config('hub.person', :person, true), set_config('hub.organisation', :organisation, true),"
    " set_config('hub.roles', :roles, true)"
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


async def connect_alone(url: URL) -> asyncpg.Connection:
    """A connection outside the pools, as the role of the signed-in with nobody signed in: for listening."""
    given = url.translate_connect_args(username="user")
    settings = {"role": APP_ROLE, "application_name": "hub feed", **READ_SETTINGS}
    return await asyncpg.connect(**given, **dict(url.query), server_settings=settings, timeout=10)


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
    """The pools. A read has one snapshot; a write is one transaction, committed once, at the edge."""

    def __init__(self, url: URL, *, pool_size: int) -> None:
        self.reads = ReadPools(url, pool_size=pool_size)
        self.app = make_engine(url, role=APP_ROLE, pool_size=pool_size)
        self.public = make_engine(url, role=PUBLIC_ROLE, pool_size=pool_size, autocommit=True)

    @asynccontextmanager
    async def writing(self, actor: Actor) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that acts as the actor; it commits at the end, or leaves nothing."""
        async with AsyncSession(self.app, expire_on_commit=False) as session, session.begin():
            await identify(await session.connection(), actor)
            yield session

    async def fetch_text(self, actor: Actor, sql: str, arguments: Sequence[Any]) -> bytes | None:
        """The one text of a compiled statement, read as the actor, in UTF-8."""
        return await self.reads.fetch_text(actor, sql, arguments)

    async def dispose(self) -> None:
        """Close every connection."""
        await self.reads.close()
        await self.app.dispose()
        await self.public.dispose()


class ReadPools:
    """Connections of the driver itself, for compiled statements: they need no session and no cursor.

    A connection that answered well is kept at hand for the next request: the driver's pool would make a task
    to take it back, which costs a fifth of a small read (measured). One that failed goes back to the pool,
    which knows how to end what was cancelled and when to open another.
    """

    def __init__(self, url: URL, *, pool_size: int) -> None:
        self._url, self._size = url, pool_size
        self._pools: dict[str, asyncpg.Pool] = {}
        self._at_hand: dict[str, list[asyncpg.Connection]] = {APP_ROLE: [], PUBLIC_ROLE: []}
        self._places = dict.fromkeys(self._at_hand, pool_size)
        """How many more requests can be served at once; where none, they wait in line."""
        self._line: dict[str, deque[asyncio.Future[asyncpg.Connection | None]]] = {
            role: deque() for role in self._at_hand
        }
        self._opening = asyncio.Lock()

    async def fetch_text(self, actor: Actor, sql: str, arguments: Sequence[Any]) -> bytes | None:
        """The one text of a statement, read as the actor, in one round trip and without a transaction.

        In UTF-8, as it goes out: to decode it and encode it again took a twentieth of a long answer that is
        not ASCII alone (measured).
        """
        role = PUBLIC_ROLE
        if not actor.is_public:
            role, sql = APP_ROLE, identified(sql, len(arguments))
            arguments = [*arguments, *identity(actor)]
        connection = await self._taken(role)
        try:
            found: bytes | None = await connection.fetchval(sent_as_bytes(sql), *arguments)
        except BaseException as error:
            if not isinstance(error, asyncpg.PostgresError):
                connection.terminate()  # a cancellation may reach the server late, and end the next statement
            await self._returned(role, connection)
            raise
        self._pass_on(role, connection)
        return found

    async def row_of_nobody(self, sql: str, *arguments: Any) -> asyncpg.Record | None:
        """The one row of a question that comes before there is an identity: who is asking."""
        async with self.connection(APP_ROLE) as connection:
            return await connection.fetchrow(sql, *arguments)

    @asynccontextmanager
    async def connection(self, role: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection as the role, which cannot write, and has no identity until a statement sets one."""
        connection = await self._taken(role)
        try:
            yield connection
        finally:
            await self._returned(role, connection)

    async def _taken(self, role: str) -> asyncpg.Connection:
        """A connection for one request alone; TimeoutError where none becomes free in time."""
        at_hand, connection = self._at_hand[role], None
        if self._places[role]:
            self._places[role] -= 1
        else:
            connection = await self._waited_for(role)
        try:
            while connection is not None or at_hand:
                found = connection or at_hand.pop()
                connection = None
                if not found.is_closed():
                    return found
                await self._pools[role].release(found)
            pool = self._pools.get(role) or await self._open(role)
            return await pool.acquire(timeout=POOL_WAIT_SECONDS)
        except BaseException:
            self._pass_on(role, None)
            raise

    async def _waited_for(self, role: str) -> asyncpg.Connection | None:
        """The place of who is done next, mostly with the connection; TimeoutError where it takes too long.

        A timer and a future of our own: a semaphore beneath a time-out costs twice as much (measured).
        """
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[asyncpg.Connection | None] = loop.create_future()
        self._line[role].append(waiter)
        timer = loop.call_later(POOL_WAIT_SECONDS, _give_up, waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(role, waiter.result())  # it came in the very moment of the cancellation
            raise
        finally:
            timer.cancel()

    def _pass_on(self, role: str, connection: asyncpg.Connection | None) -> None:
        """Give a place, and the connection that did what it was asked, to whoever waits longest."""
        line = self._line[role]
        while line:
            waiter = line.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        if connection is not None:
            self._at_hand[role].append(connection)
        self._places[role] += 1

    async def _returned(self, role: str, connection: asyncpg.Connection) -> None:
        """Give a connection back to the pool, in whatever state it is."""
        try:
            await self._pools[role].release(connection)
        finally:
            self._pass_on(role, None)

    async def _open(self, role: str) -> asyncpg.Pool:
        async with self._opening:
            if role not in self._pools:
                given = self._url.translate_connect_args(username="user")
                settings = {"role": role, "application_name": f"hub reads ({role})", **READ_SETTINGS}
                self._pools[role] = await asyncpg.create_pool(
                    **given,
                    **dict(self._url.query),
                    min_size=0,
                    max_size=self._size,
                    statement_cache_size=STATEMENTS_KEPT,
                    max_cacheable_statement_size=0,  # of any length: plans are long
                    server_settings=settings,
                    init=as_bytes,
                    reset=_keep,
                    timeout=10,
                )
            return self._pools[role]

    async def close(self) -> None:
        """Close every connection; one whose server does not part in time is dropped."""
        for role, pool in self._pools.items():
            try:
                async with asyncio.timeout(PARTING_SECONDS):
                    for connection in self._at_hand[role]:
                        await pool.release(connection)
                    await pool.close()
            except TimeoutError:  # seen on a machine that had no time: the driver waits for five minutes
                log.warning("a connection was dropped, since its server did not part", role=role)
                pool.terminate()
            self._at_hand[role].clear()
        self._pools.clear()


def _give_up(waiter: asyncio.Future[Any]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError("no connection became free in time"))


async def _keep(_: asyncpg.Connection) -> None:
    """Nothing to reset: identity ends with its transaction, and nothing else is ever set."""


async def as_bytes(connection: asyncpg.Connection) -> None:
    """Let values of the one type that no column has come as the bytes that the server sends."""
    given: dict[str, Any] = {"schema": "pg_catalog", "format": "binary"}
    await connection.set_type_codec(BYTES, encoder=bytes, decoder=bytes, **given)


@lru_cache(STATEMENTS_KEPT)
def sent_as_bytes(sql: str) -> str:
    """The statement of one text, whose value the driver leaves as it came; the database casts for nothing."""
    return f"select cast(({sql}) as {BYTES})"


@lru_cache(STATEMENTS_KEPT)
def identified(sql: str, count: int) -> str:
    """The statement of one value with `count` parameters, run as whom three more parameters name.

    CASE sets the identity before it evaluates the statement, which is a sub-select that nothing outside it
    decides. The identity ends with the statement, which is a transaction of its own; if it were ever set too
    late, the policies would show what they show to nobody.
    """
    return (
        f"select case when set_config('hub.person', ${count + 1}, true) is not null"
        f" and set_config('hub.organisation', ${count + 2}, true) is not null"
        f" and set_config('hub.roles', ${count + 3}, true) is not null then ({sql}) end"
    )


def identity(actor: Actor) -> tuple[str, str, str]:
    """Person, organisation and roles, as the database's functions read them."""
    return str(actor.person_id or ""), str(actor.organisation_id or ""), ",".join(sorted(actor.roles))


async def identify(connection: AsyncConnection, actor: Actor) -> None:
    """Set the actor's identity until the transaction ends. The public has none; a reader's writes nothing."""
    person, organisation, roles = identity(actor)
    given = {"person": person, "organisation": organisation, "roles": roles}
    await connection.execute(SET_IDENTITY, given)
    if actor.means is Means.READER:
        await connection.execute(text("set transaction read only"))  # nothing can undo it from here on
