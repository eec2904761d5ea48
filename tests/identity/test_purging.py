"""What ended long ago is deleted once a day; what is in force, ended lately, or is the record, stays."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from hub.database import Place
from hub.db.engine import Database
from hub.identity.models import ApiToken, Invitation, LoginSession, spent_logout_tokens
from hub.identity.purging import keep_purging, purge
from hub.notifications.models import OutboxMessage
from tests.policy.clones import actor_of, as_owner

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The pools of a worker."""
    opened = Database(place.login, pool_size=3)
    yield opened
    await opened.dispose()


# (the row, whether it stays)
SESSIONS: list[tuple[dict[str, Any], bool]] = [
    ({"ends_at": NOW + DAY}, True),
    ({"ends_at": NOW - 29 * DAY}, True),
    ({"ends_at": NOW - 31 * DAY}, False),
    ({"ends_at": NOW + DAY, "revoked_at": NOW - 29 * DAY}, True),
    ({"ends_at": NOW + DAY, "revoked_at": NOW - 31 * DAY}, False),
]
TOKENS: list[tuple[dict[str, Any], bool]] = [
    ({"expires_at": NOW + DAY}, True),
    ({"expires_at": NOW - 364 * DAY}, True),
    ({"expires_at": NOW - 367 * DAY}, False),
    ({"expires_at": NOW + DAY, "revoked_at": NOW - 367 * DAY}, False),
]
INVITATIONS: list[tuple[dict[str, Any], bool]] = [
    ({"expires_at": NOW + DAY}, True),
    ({"expires_at": NOW - 364 * DAY}, True),
    ({"expires_at": NOW - 367 * DAY}, False),
    ({"expires_at": NOW + DAY, "withdrawn_at": NOW - 367 * DAY}, False),
    ({"expires_at": NOW - 367 * DAY, "accepted_at": NOW - 368 * DAY}, True),
]


async def write(place: Place) -> tuple[set[uuid.UUID], set[uuid.UUID]]:
    """The rows; the ids of those that stay, and of those that go."""
    stays: set[uuid.UUID] = set()
    goes: set[uuid.UUID] = set()
    async with as_owner(place) as owner:
        actor = await actor_of(owner, "staff")
        mine = {"person_id": actor.person_id}

        async def add(model: Any, values: dict[str, Any], is_kept: bool) -> None:
            made = (await owner.scalars(insert(model).values(**values).returning(model.id))).one()
            (stays if is_kept else goes).add(made)

        for values, is_kept in SESSIONS:
            known = {"token_hash": uuid.uuid4().bytes, "last_seen_at": NOW, "expires_at": NOW + DAY}
            await add(LoginSession, mine | known | values, is_kept)
        for values, is_kept in TOKENS:
            await add(ApiToken, mine | {"token_hash": uuid.uuid4().bytes, "label": "a"} | values, is_kept)
        for values, is_kept in INVITATIONS:
            whom = {"email": f"{uuid.uuid4()}@example.org", "organisation_id": actor.organisation_id}
            by = {"accepted_by_id": actor.person_id} if "accepted_at" in values else {}
            await add(Invitation, whom | {"role": "PARTNER"} | by | values, is_kept)
        for number, expires_at in enumerate((NOW - DAY, NOW + DAY)):
            spent = {
                "issuer": "https://a.example",
                "jti": f"purge {uuid.uuid4()} {number}",
                "expires_at": expires_at,
            }
            await owner.execute(insert(spent_logout_tokens).values(**spent))
    return stays, goes


async def there(place: Place) -> set[uuid.UUID]:
    """The ids of all sessions, tokens and invitations."""
    async with as_owner(place) as owner:
        return {
            id
            for model in (LoginSession, ApiToken, Invitation)
            for id in (await owner.scalars(select(model.id))).all()
        }


async def test_what_ended_long_ago_goes_and_nothing_else(database: Database, place: Place) -> None:
    await purge(database)
    before = await there(place)
    events = text("select count(*), md5(string_agg(id::text, '' order by id)) from hub.audit_events")
    stays, _ = await write(place)
    async with as_owner(place) as owner:
        record = (await owner.execute(events)).one()
    assert await purge(database) == 7
    assert await there(place) == before | stays
    async with as_owner(place) as owner:
        assert (await owner.execute(events)).one() == record
        left = await owner.scalars(text("select jti from hub.spent_logout_tokens where jti like 'purge %'"))
        assert {jti[-2:] for jti in left} == {" 1"}
    assert await purge(database) == 0


async def test_one_worker_purges_at_a_time(database: Database, place: Place) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text("select pg_advisory_xact_lock(7205015)"))
        assert await purge(database) is None
    assert await purge(database) is not None


async def test_a_worker_purges_again_and_again_and_a_failure_does_not_end_it(
    database: Database, place: Place
) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text("revoke execute on function hub.purge() from hub_app"))
    stays, goes = await write(place)
    again = timedelta(milliseconds=20)
    worker = asyncio.create_task(
        keep_purging(partial(purge, database), first_after=timedelta(0), every=again)
    )
    await asyncio.sleep(0.2)
    assert goes <= await there(place)
    async with as_owner(place) as owner:
        await owner.execute(text("grant execute on function hub.purge() to hub_app"))
    for _ in range(500):
        if not goes & await there(place):
            break
        await asyncio.sleep(0.02)
    assert not worker.done()
    worker.cancel()
    assert (await there(place)) & (goes | stays) == stays


async def test_the_invited_address_goes_with_its_invitation(database: Database, place: Place) -> None:
    """Wherever it stands: in what was told, and in what the mail server said of it."""
    await purge(database)
    over, stays = ({"expires_at": NOW - 367 * DAY}, {"expires_at": NOW + DAY})
    emails = [f"{uuid.uuid4()}@example.org" for _ in range(5)]
    gone, open_, orphan, done, waiting = emails
    async with as_owner(place) as owner:
        actor = await actor_of(owner, "staff")
        home = {"organisation_id": actor.organisation_id, "role": "PARTNER"}

        async def message(subject: uuid.UUID, email: str, **more: Any) -> None:
            told = {"topic": "PersonInvited", "subject_type": "Invitation", "subject_id": subject}
            said = {"payload": {"email": email}, "last_error": f"550 <{email}>: who is that?"}
            await owner.execute(insert(OutboxMessage).values(**told, **said, **more))

        for email, values in ((gone, over), (open_, stays)):
            made = insert(Invitation).values(email=email, **home, **values).returning(Invitation.id)
            invitation = (await owner.execute(made)).scalar_one()
            await message(invitation, email)
        await message(uuid.uuid4(), orphan)  # of an invitation that an earlier purge took
        await message(invitation, done, updated_at=NOW - 367 * DAY)
        await message(invitation, waiting, updated_at=NOW - 367 * DAY, next_attempt_at=NOW)
    assert await purge(database) == 4
    held = text(
        "select count(*) from hub.outbox_messages where payload::text || coalesce(last_error, '') like :email"
    )
    async with as_owner(place) as owner:
        left = [email for email in emails if await owner.scalar(held, {"email": f"%{email}%"})]
    assert left == [open_, waiting]


async def test_a_purge_that_fails_keeps_no_other_from_its_work() -> None:
    done: list[str] = []

    async def fails() -> int:
        done.append("failed")
        raise OSError("away")

    async def works() -> int:
        done.append("worked")
        return 1

    again = timedelta(milliseconds=10)
    worker = asyncio.create_task(keep_purging(fails, works, first_after=timedelta(0), every=again))
    for _ in range(500):
        if len(done) >= 4:
            break
        await asyncio.sleep(0.01)
    worker.cancel()
    assert done[:4] == ["failed", "worked"] * 2
