"""What is fetched from a provider: kept for a while, fetched once however many ask for it at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog

from hub.errors import Unavailable

log = structlog.get_logger("hub.identity")

T = TypeVar("T")
Fetch = Callable[[], Awaitable[T]]

FRESH_SECONDS = 600
"""After which it is fetched again."""
USABLE_SECONDS = 3600
"""For which it stands in where the provider does not answer."""
PAUSE_SECONDS = 10
"""Between attempts that somebody else's input can cause: to look for an unknown key, or after a failure."""


class Remembered(Generic[T]):
    """The value of a fetch. `fetch` raises Unavailable where there is nothing to be had."""

    def __init__(self, fetch: Fetch[T], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = asyncio.Lock()
        self._value: T | None = None
        self._read_at = -float("inf")
        self._pause_until = -float("inf")

    async def get(self) -> T:
        """The value, at most ten minutes old; older, to an hour, where the provider does not answer."""
        value = self._value
        if value is not None and self._clock() < self._read_at + FRESH_SECONDS:
            return value
        return await self._once(value)

    async def newer(self, than: T) -> T:
        """The value fetched again, unless that was just done: then the same, or what another caller got."""
        return await self._once(than, paused=True)

    async def _once(self, seen: T | None, *, paused: bool = False) -> T:
        async with self._lock:
            if self._value is not None and self._value is not seen:
                return self._value  # another caller fetched it while this one waited
            if self._clock() < self._pause_until:
                return self._kept()
            if paused:
                self._pause_until = self._clock() + PAUSE_SECONDS
            return await self._renewed()

    async def _renewed(self) -> T:
        try:
            self._value = await self._fetch()
        except Unavailable as error:
            self._pause_until = self._clock() + PAUSE_SECONDS
            log.warning("a provider does not answer", reason=error.message)
            return self._kept()
        self._read_at = self._clock()
        return self._value

    def _kept(self) -> T:
        """What is still usable; Unavailable where nothing is."""
        if self._value is None or self._clock() >= self._read_at + USABLE_SECONDS:
            raise Unavailable("The sign-in service does not answer now. Try again in a few seconds.")
        return self._value
