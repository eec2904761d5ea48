"""Bodies that are long by nature, which are files: how many at once, how slow, and for how long at most."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_OF_PERSON: Final = 3
"""Files of one person under way in a worker: a form in two tabs and a program."""
MOST_OF_WORKER: Final = 20
"""Of everybody: each may take as much of the temporary folder as a form with a file may have."""
LONGEST_SECONDS: Final = 300
"""For a whole body: ten megabytes at 33 kB in a second."""
SLOWEST: Final = 16_000
"""Bytes in a second, from the beginning on: a line of 128 kbit/s."""
GRACE_SECONDS: Final = 15
"""For which the beginning may be slower."""
STALL_SECONDS: Final = 20
"""For which nothing may come, however fast the rest was."""
AFTERWARDS_SECONDS: Final = 60
"""To look at the file and keep it."""


class Places:
    """The uploads under way in this worker."""

    def __init__(self) -> None:
        self._taken: Counter[uuid.UUID] = Counter()

    @contextmanager
    def one_for(self, person: uuid.UUID) -> Iterator[None]:
        """A place for as long as an upload takes; 429 where the person has too many, 503 where all have."""
        if self._taken[person] >= MOST_OF_PERSON:
            raise HTTPException(429, headers={"Retry-After": str(STALL_SECONDS)})
        if self._taken.total() >= MOST_OF_WORKER:
            raise HTTPException(503, headers={"Retry-After": str(STALL_SECONDS)})
        self._taken[person] += 1
        try:
            yield
        finally:
            self._taken[person] -= 1
            if not self._taken[person]:
                del self._taken[person]


class Uploads:
    """Around a route that takes files. Who is not signed in has no more time than for any other request."""

    def __init__(self, app: ASGIApp, *, places: Places) -> None:
        self.app, self.places = app, places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        person = scope["state"]["actor"].person_id
        if scope["method"] != "POST" or person is None:
            await self.app(scope, receive, send)
            return
        with self.places.one_for(person):
            scope["state"]["deadline"].extend(LONGEST_SECONDS + AFTERWARDS_SECONDS)
            await self.app(scope, _Paced(receive), send)


class _Paced:
    """Receives a body that must come fast enough; 408 where it does not."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._began = asyncio.get_running_loop().time()
        self._size = 0
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:  # what comes now is that the client has gone, whenever that is
            return await self._receive()
        now = asyncio.get_running_loop().time()
        enough = min(LONGEST_SECONDS, GRACE_SECONDS + self._size / SLOWEST)
        try:
            async with asyncio.timeout_at(min(self._began + enough, now + STALL_SECONDS)):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        self._size += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        return message
