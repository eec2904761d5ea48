"""A mail server, a postman who goes there, and invitations for him to carry."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from hub.database import Place
from hub.db.engine import Database
from hub.identity.operator import invite_as_operator
from hub.notifications.postman import Postman
from tests.identity.inviting import address
from tests.notifications.mail_server import SmtpServer
from tests.policy.clones import as_owner

BASE_URL = "https://hub.example.org"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """A mail server without encryption and login."""
    started = SmtpServer().start()
    yield started
    started.stop()


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The pools of a worker."""
    opened = Database(place.login, pool_size=2)
    yield opened
    await opened.dispose()


@pytest.fixture
def postman(database: Database, smtp: SmtpServer) -> Postman:
    """Who sends when he is told to."""
    return Postman(database, smtp.settings, BASE_URL)


Invite = Callable[..., Awaitable[str]]


@pytest.fixture
def invite(place: Place) -> Invite:
    """Invites somebody as the operator does; the address."""

    async def work(email: str | None = None, *, organisation: str = "RSO", role: str = "staff") -> str:
        email = email or address()
        async with as_owner(place) as owner:
            now = datetime.now(UTC)
            await invite_as_operator(owner, email, organisation=organisation, role=role, now=now)
        return email

    return work


class Outbox:
    """What stands in the outbox, and turning its clock."""

    def __init__(self, place: Place) -> None:
        self._place = place

    async def rows(self) -> list[dict[str, Any]]:
        """Every message that a mail was to be sent for, with its invitation's word on that."""
        statement = text(
            "select m.id, m.attempts, m.last_error, m.sent_at is not null as is_sent, i.mail_state,"
            " m.next_attempt_at is not null as is_waiting, i.email, i.id as invitation_id,"
            " extract(epoch from m.next_attempt_at - now())::float as seconds"
            " from hub.outbox_messages m join hub.invitations i on i.id = m.subject_id"
            " where m.topic = 'PersonInvited' order by m.id"
        )
        async with as_owner(self._place) as owner:
            return [dict(row._mapping) for row in await owner.execute(statement)]

    async def row(self) -> dict[str, Any]:
        """The only one."""
        (found,) = await self.rows()
        return found

    async def hasten(self) -> None:
        """Let everything that waits be due."""
        await self.execute(
            "update hub.outbox_messages set next_attempt_at = now() where next_attempt_at is not null"
        )

    async def execute(self, statement: str, **given: Any) -> None:
        async with as_owner(self._place) as owner:
            await owner.execute(text(statement), given)


@pytest.fixture
def outbox(place: Place) -> Outbox:
    return Outbox(place)
