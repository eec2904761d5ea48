"""A transaction's identity ends with it, however it ends: the pool hands the connection on without it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.database import Place
from hub.db.engine import APP_ROLE, Database
from hub.identity.actor import Actor
from tests.conftest import reading, requests_own
from tests.policy.clones import actor_of

HOW = ("reading", "writing")


@pytest.fixture
async def database(shared_place: Place) -> AsyncIterator[Database]:
    """The request's own pools, of one connection each, so that each use meets the one before it again."""
    opened = Database(shared_place.login, pool_size=1)
    yield opened
    await opened.dispose()


@pytest.fixture
async def staff(owner: AsyncConnection) -> Actor:
    """Somebody who sees much."""
    return await actor_of(owner, "staff")


IDENTITY = text(
    "select pg_backend_pid(), hub.person(), hub.organisation(), hub.has_role('STAFF'),"
    " current_setting('transaction_read_only')"
)


def opened(database: Database, how: str, actor: Actor) -> Any:
    """A transaction for writing, or one that only reads, of the actor."""
    return database.writing(actor) if how == "writing" else reading(database, actor)


async def identity_left(database: Database) -> tuple[Any, ...]:
    """The backend and the identity that the next user of the pool's one connection finds."""
    async with database.app.connect() as connection:
        return tuple((await connection.execute(IDENTITY)).one())


NOBODY = (None, None, False, "off")


@pytest.mark.parametrize("how", HOW)
async def test_the_identity_ends_with_its_transaction(how: str, staff: Actor, database: Database) -> None:
    async with opened(database, how, staff) as connection:
        inside = tuple((await connection.execute(IDENTITY)).one())
    read_only = "on" if how == "reading" else "off"
    assert inside[1:] == (staff.person_id, staff.organisation_id, True, read_only)
    assert await identity_left(database) == (inside[0], *NOBODY)


async def fail(database: Database, how: str, actor: Actor, failing: str | Exception) -> None:
    """A transaction in which a statement fails, or something of ours."""
    async with opened(database, how, actor) as connection:
        if isinstance(failing, Exception):
            raise failing
        await connection.execute(text(failing))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    ("failing", "raised"),
    [("select 1 / 0", DBAPIError), ("commit; select 1 / 0", DBAPIError), (LookupError(), LookupError)],
    ids=["statement", "two statements", "exception"],
)
async def test_the_identity_ends_with_an_error(
    how: str, failing: str | Exception, raised: type[Exception], staff: Actor, database: Database
) -> None:
    before = await identity_left(database)
    with pytest.raises(raised):
        await fail(database, how, staff, failing)
    assert await identity_left(database) == before
    assert before[1:] == NOBODY


@pytest.mark.parametrize("how", HOW)
async def test_the_identity_ends_with_a_cancelled_request(how: str, staff: Actor, database: Database) -> None:
    started = asyncio.Event()

    async def request() -> None:
        async with opened(database, how, staff) as connection:
            started.set()
            await connection.execute(text("select pg_sleep(30)"))

    task = asyncio.create_task(request())
    await started.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await identity_left(database))[1:] == NOBODY


async def test_one_identity_follows_another_without_a_trace(
    owner: AsyncConnection, database: Database
) -> None:
    seen = []
    for name in ("staff", "reviewer", "partner", "staff", "reviewer"):
        async with reading(database, await actor_of(owner, name)) as connection:
            seen.append(tuple((await connection.execute(IDENTITY)).one()))
    assert len({row[0] for row in seen}) == 1, "one connection served all"
    assert seen[0] == seen[3]
    assert seen[1] == seen[4]
    assert len(set(seen)) == 3
    assert all(isinstance(row[1], uuid.UUID) for row in seen)


async def left_on_reads(database: Database) -> tuple[Any, ...]:
    """What the next user of the requests' own connection finds, before it says who it is."""
    async with database.reads.connection(APP_ROLE) as connection:
        return tuple(await connection.fetchrow(str(IDENTITY)))[1:]


NOBODY_READS = (None, None, False, "on")


@pytest.mark.parametrize("failing", ["select 1 / 0", "select nonsense"])
async def test_a_request_that_fails_leaves_its_identity_to_nobody(
    failing: str, staff: Actor, database: Database
) -> None:
    with pytest.raises(asyncpg.PostgresError):
        await database.fetch_text(staff, failing, [])
    assert await left_on_reads(database) == NOBODY_READS
    assert await database.fetch_text(staff, "select 'well'", []) == b"well"


async def test_a_request_that_is_cancelled_leaves_its_identity_to_nobody(
    staff: Actor, database: Database
) -> None:
    task = asyncio.create_task(database.fetch_text(staff, "select pg_sleep(30)::text", []))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await left_on_reads(database) == NOBODY_READS


async def test_a_request_writes_nothing(staff: Actor, database: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await database.fetch_text(staff, "select hub.next_reference('PRO', 2026, 4)", [])
    async with requests_own(database, staff) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("update hub.initiatives set title = title")


async def test_the_identity_is_there_before_anything_is_read(staff: Actor, database: Database) -> None:
    asked = "select hub.person()::text || ' ' || (select count(*)::text from hub.proposals)"
    first = await database.fetch_text(staff, asked, [])
    assert first is not None
    person, count = first.decode().split()
    assert person == str(staff.person_id)
    assert int(count) > 0, "a public reader sees no proposal"
    for _ in range(10):  # past the executions after which PostgreSQL plans without the values
        assert await database.fetch_text(staff, asked, []) == first
    assert await left_on_reads(database) == NOBODY_READS
