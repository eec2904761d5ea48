"""The streams that one worker has open, and what they share: so many in all, and so many of one person."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from graphql import GraphQLError
from limits import parse
from prometheus_client import Gauge
from starlette.types import Scope

from hub.audit.feed import Feed
from hub.db.engine import Database
from hub.db.failures import known_error
from hub.edge.windows import Windows
from hub.identity.cookies import Cookie
from hub.identity.recognition import Recognition
from hub.identity.standing import Ended, Standing
from schema.http.refusals import BadRequest
from schema.http.streams.selection import Payload, Selection
from schema.masking import refusal

log = structlog.get_logger("hub.streams")

MOST_CONNECTIONS = 250
"""WebSockets and event streams of one worker, so that enough is left for requests."""
MOST_OF_A_PERSON = 20
"""Subscriptions of one person in one worker."""
BEGINNINGS = parse("120/minute")
"""Subscriptions that a person may begin in one worker."""
READING_AT_ONCE = 3
"""So that streams leave connections of the pool to requests, however many hear of one change."""

OPEN = Gauge("hub_streams", "Streams that are open.", ("transport",), multiprocess_mode="livesum")


class Streams:
    """What is open in this process."""

    def __init__(self, feed: Feed, database: Database, recognition: Recognition, cookie: Cookie) -> None:
        self.feed, self.recognition, self.cookie = feed, recognition, cookie
        self._database = database
        self._connections = 0
        self._subscriptions: Counter[UUID] = Counter()
        self._begun = Windows()
        self._reading = asyncio.Semaphore(READING_AT_ONCE)

    @contextmanager
    def connection(self, scope: Scope, transport: str) -> Iterator[None]:
        """A place for one more connection; BadRequest (503) where there is none."""
        if self._connections >= MOST_CONNECTIONS:
            message = "Too many streams are open here. Try again in a few seconds."
            raise BadRequest(message, 503, code="UNAVAILABLE", headers=[(b"retry-after", b"5")])
        scope["state"]["is_stream"] = True
        self._connections += 1
        OPEN.labels(transport).inc()
        try:
            yield
        finally:
            self._connections -= 1
            OPEN.labels(transport).dec()

    @contextmanager
    def subscription(self, person_id: UUID) -> Iterator[None]:
        """A place for one more subscription of the person; BadRequest (429) where there is none."""
        count, seconds = self._begun.count(BEGINNINGS, str(person_id))
        if count > BEGINNINGS.amount:
            message = f"You begin subscriptions too often. Wait {seconds} s."
            raise BadRequest(message, 429, code="TOO_MANY", headers=[(b"retry-after", str(seconds).encode())])
        if self._subscriptions[person_id] >= MOST_OF_A_PERSON:
            message = f"You have {MOST_OF_A_PERSON} subscriptions open. End one before you begin another."
            raise BadRequest(message, 429, code="TOO_MANY")
        self._subscriptions[person_id] += 1
        try:
            yield
        finally:
            self._subscriptions[person_id] -= 1
            if not self._subscriptions[person_id]:
                del self._subscriptions[person_id]

    async def events(
        self, standing: Standing, selection: Selection, turn: asyncio.Lock
    ) -> AsyncGenerator[Payload]:
        """The events of a subscription, without end; Ended where the subscriber's rights are.

        One is read when the one before it was taken, and in a connection's `turn`, so that for a slow reader
        waits one event and not one of each subscription. What could not be read is a RESYNC.
        """
        with self.feed.subscribed(selection.types) as mailbox:
            while True:
                id = await mailbox.take()
                async with turn:
                    event = await self._event(standing, selection, id)
                    read, event = ([] if event is None else [event]), None
                    if read:
                        yield read.pop()  # not kept here while somebody slow takes it

    async def _event(self, standing: Standing, selection: Selection, id: UUID | None) -> Payload | None:
        try:
            await standing.require()
            if id is None:
                return selection.resync()
            async with self._reading:
                return await selection.read(self._database, id)
        except Ended:
            raise
        except Exception as error:  # a bug is masked and logged; a database that is busy is no bug
            if known_error(error) is None:
                return {"data": None, "errors": [refusal(GraphQLError("", original_error=error))]}
            log.warning("an event could not be read", reason=type(error).__name__)
            return selection.resync()
