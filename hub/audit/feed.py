"""What the database tells of committed changes, handed on to whoever waits for it in this process.

One connection a worker listens (PostgreSQL LISTEN/NOTIFY), so that a change written by any worker reaches the
streams of all. Whoever waits has a mailbox of bounded size. When something may have been missed, because the
connection was lost or a mailbox ran over, the mailbox says so: silence always means that nothing changed.

LISTEN belongs to a connection: behind PgBouncer in transaction mode nothing is heard. The feed notices, since
it does not hear its own beat either, and says so in the log.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final, NoReturn

import asyncpg
import structlog
from sqlalchemy import URL

from hub.db.engine import connect_alone

log = structlog.get_logger("hub.feed")

CHANNEL: Final = "hub_changes"
"""Of the triggers in hub/db/security.sql; they send "<type>:<id>", and no id for many at once."""
MOST_WAITING: Final = 100
"""Ids in one mailbox; where more would wait, one resync stands for all of them."""
BEAT_SECONDS: Final = 20.0
LATEST_SECONDS: Final = 5.0
"""A beat that is not heard by then means that nothing is."""
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds before connecting again: doubled each time, less a random part."""

LOST = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Mailbox:
    """What one subscriber has still to look at: ids, each once, the one that changed first in front.

    It begins with a resync: what changed before it was there, it does not know.
    """

    def __init__(self) -> None:
        self._ids: dict[uuid.UUID, None] = {}
        self._has_missed = True
        self._filled = asyncio.Event()
        self._filled.set()

    def put(self, id: uuid.UUID) -> None:
        """Note a change. After a resync that is not taken yet, everything is to be read again anyway."""
        if self._has_missed:
            return
        self._ids[id] = None
        if len(self._ids) > MOST_WAITING:
            self.resync()
        self._filled.set()

    def resync(self) -> None:
        """Note that something may have been missed."""
        self._ids.clear()
        self._has_missed = True
        self._filled.set()

    async def take(self) -> uuid.UUID | None:
        """The next id, when there is one; None for a resync."""
        await self._filled.wait()
        found = None
        if self._has_missed:
            self._has_missed = False
        else:
            found = next(iter(self._ids))
            del self._ids[found]
        if not self._ids:
            self._filled.clear()
        return found


class Feed:
    """The mailboxes of one process, and the connection that fills them."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._mailboxes: defaultdict[tuple[str, uuid.UUID | None], set[Mailbox]] = defaultdict(set)
        """By type, and by id where one alone is waited for."""
        self._beat = secrets.token_hex(8)
        self._beaten = asyncio.Event()

    @contextmanager
    def subscribed(self, types: Collection[str], id: uuid.UUID | None = None) -> Iterator[Mailbox]:
        """A mailbox for changes of the types (or of the one row), until the end of the block."""
        mailbox = Mailbox()
        for type_ in types:
            self._mailboxes[type_, id].add(mailbox)
        try:
            yield mailbox
        finally:
            for type_ in types:
                self._mailboxes[type_, id].discard(mailbox)
                if not self._mailboxes[type_, id]:
                    del self._mailboxes[type_, id]

    def hear(self, message: str) -> None:
        """Hand on one message of the database."""
        type_, _, key = message.partition(":")
        if not key:
            for mailbox in self._mailboxes.get((type_, None), ()):
                mailbox.resync()
            return
        id = uuid.UUID(key)
        for waiting in (self._mailboxes.get((type_, None), ()), self._mailboxes.get((type_, id), ())):
            for mailbox in waiting:
                mailbox.put(id)

    def resync(self) -> None:
        """Tell everybody that something may have been missed."""
        for mailboxes in self._mailboxes.values():
            for mailbox in mailboxes:
                mailbox.resync()

    async def run(self) -> NoReturn:
        """Listen until cancelled, again and again where the connection is lost."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                async with self._listening() as connection:
                    self.resync()
                    pause = SHORTEST_PAUSE
                    await self._until_lost(connection)
            except LOST as error:
                log.warning("changes are not heard; trying again", reason=repr(error))
            except Exception:
                log.exception("changes are not heard; trying again")
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (no secret)
            pause = min(pause * 2, LONGEST_PAUSE)

    @asynccontextmanager
    async def _listening(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await connect_alone(self._url)
        try:
            await connection.add_listener(CHANNEL, self._note)
            yield connection
        finally:
            connection.terminate()

    def _note(self, _: object, __: int, ___: str, message: str) -> None:
        if message == self._beat:
            self._beaten.set()
        elif ":" in message:  # else the beat of another worker
            self.hear(message)

    async def _until_lost(self, connection: asyncpg.Connection) -> None:
        """Ends when the connection does, or no longer hears."""
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        while not connection.is_closed():
            self._beaten.clear()
            async with asyncio.timeout(LATEST_SECONDS):
                await connection.execute("select pg_notify($1, $2)", CHANNEL, self._beat)
                await self._beaten.wait()
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await lost.wait()
            except TimeoutError:
                continue
        raise ConnectionError("the connection was closed")
