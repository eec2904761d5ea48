"""The feed: mailboxes, and the connection that fills them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import text

from hub.audit import feed as feeds
from hub.audit.feed import CHANNEL, MOST_WAITING, Feed, Mailbox
from hub.database import Place
from tests.policy.clones import as_owner

SOON = 10.0


async def taken(mailbox: Mailbox) -> uuid.UUID | None:
    async with asyncio.timeout(SOON):
        return await mailbox.take()


async def is_empty(mailbox: Mailbox) -> bool:
    """Nothing comes, though the loop has done all that was ready."""
    waiting = asyncio.create_task(mailbox.take())
    for _ in range(5):
        await asyncio.sleep(0)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    return waiting.cancelled()


async def opened() -> Mailbox:
    """A mailbox whose first resync was taken."""
    mailbox = Mailbox()
    assert await taken(mailbox) is None
    return mailbox


# -- mailboxes -----------------------------------------------------------------------------------------


async def test_a_mailbox_begins_with_a_resync() -> None:
    mailbox = await opened()
    assert await is_empty(mailbox)


async def test_changes_of_one_row_are_one_and_the_first_changed_comes_first() -> None:
    mailbox, first, second = await opened(), uuid.uuid4(), uuid.uuid4()
    for id in (first, second, first, first):
        mailbox.put(id)
    assert [await taken(mailbox), await taken(mailbox)] == [first, second]
    assert await is_empty(mailbox)


async def test_a_change_while_the_one_before_is_being_read_is_told_again() -> None:
    mailbox, id = await opened(), uuid.uuid4()
    mailbox.put(id)
    assert await taken(mailbox) == id
    mailbox.put(id)
    assert await taken(mailbox) == id


async def test_what_does_not_fit_is_one_resync() -> None:
    mailbox = await opened()
    for _ in range(1_000 * MOST_WAITING):
        mailbox.put(uuid.uuid4())
    assert await taken(mailbox) is None
    assert await is_empty(mailbox)


async def test_as_many_as_fit_are_all_told() -> None:
    mailbox, ids = await opened(), [uuid.uuid4() for _ in range(MOST_WAITING)]
    for id in ids:
        mailbox.put(id)
    assert [await taken(mailbox) for _ in ids] == ids


async def test_after_a_resync_was_taken_changes_count_again() -> None:
    mailbox, before, after = await opened(), uuid.uuid4(), uuid.uuid4()
    mailbox.put(before)
    mailbox.resync()
    mailbox.put(before)
    assert await taken(mailbox) is None
    mailbox.put(after)
    assert await taken(mailbox) == after
    assert await is_empty(mailbox)


# -- who hears what ------------------------------------------------------------------------------------


@pytest.fixture
def feed(place: Place) -> Feed:
    return Feed(place.login)


async def test_a_message_goes_to_those_who_wait_for_its_type_or_its_row(feed: Feed) -> None:
    mine, other = uuid.uuid4(), uuid.uuid4()
    with (
        feed.subscribed(("Proposal", "Consultation")) as proposals,
        feed.subscribed(("Contribution",)) as contributions,
        feed.subscribed(("Person",), mine) as me,
    ):
        for mailbox in (proposals, contributions, me):
            assert await taken(mailbox) is None
        feed.hear(f"Proposal:{mine}")
        feed.hear(f"Consultation:{other}")
        feed.hear(f"Person:{other}")
        feed.hear("Contribution:")
        feed.hear(f"Person:{mine}")
        assert [await taken(proposals), await taken(proposals)] == [mine, other]
        assert await taken(contributions) is None
        assert await taken(me) == mine
        for mailbox in (proposals, contributions, me):
            assert await is_empty(mailbox)
    assert not feed._mailboxes, "nothing is kept of who has gone"


# -- the connection ------------------------------------------------------------------------------------


@asynccontextmanager
async def running(feed: Feed) -> AsyncIterator[None]:
    task = asyncio.create_task(feed.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def say(place: Place, message: str) -> None:
    async with as_owner(place) as owner:
        await owner.execute(
            text("select pg_notify(:channel, :message)"), {"channel": CHANNEL, "message": message}
        )


async def cut(place: Place) -> int:
    """End the feed's connections; how many there were."""
    async with as_owner(place) as owner:
        await owner.execute(text("reset role"))
        found = await owner.scalars(
            text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'hub feed' and datname = current_database()"
            )
        )
        return len(found.all())


async def test_a_committed_change_is_heard_and_one_rolled_back_is_not(feed: Feed, place: Place) -> None:
    id, undone = uuid.uuid4(), uuid.uuid4()
    with feed.subscribed(("Proposal",)) as mailbox:
        assert await taken(mailbox) is None
        async with running(feed):
            assert await taken(mailbox) is None, "what happened before it listened, nobody knows"
            async with as_owner(place) as owner:
                await owner.execute(text(f"select pg_notify('{CHANNEL}', 'Proposal:{undone}')"))
                await owner.rollback()
            await say(place, f"Proposal:{id}")
            assert await taken(mailbox) == id


async def test_a_lost_connection_is_made_again_and_everybody_told(feed: Feed, place: Place) -> None:
    id = uuid.uuid4()
    with feed.subscribed(("Proposal",)) as mailbox:
        assert await taken(mailbox) is None
        async with running(feed):
            assert await taken(mailbox) is None
            assert await cut(place) == 1
            assert await taken(mailbox) is None
            await say(place, f"Proposal:{id}")
            assert await taken(mailbox) == id
            assert await cut(place) == 1, "one connection, not one for each time"


async def test_a_connection_that_hears_nothing_is_given_up(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind PgBouncer in transaction mode, where LISTEN succeeds and nothing comes."""
    monkeypatch.setattr(feeds, "LATEST_SECONDS", 0.1)
    monkeypatch.setattr(feed, "_note", lambda *_: None)
    with feed.subscribed(("Proposal",)) as mailbox:
        async with running(feed):
            assert [await taken(mailbox) for _ in range(4)] == [None] * 4
