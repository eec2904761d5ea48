"""What is fetched from a provider: once for many, again when old, never as often as a stranger likes."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import Unavailable
from hub.identity.oidc.remembered import FRESH_SECONDS, PAUSE_SECONDS, USABLE_SECONDS, Remembered


class Source:
    """Gives a new value at each fetch, unless it is down. Its clock is the test's."""

    def __init__(self) -> None:
        self.now, self.fetches, self.is_down = 1_000.0, 0, False
        self.kept = Remembered(self.fetch, lambda: self.now)

    async def fetch(self) -> list[int]:
        self.fetches += 1
        await asyncio.sleep(0)
        if self.is_down:
            raise Unavailable("down")
        return [self.fetches]


async def test_many_who_ask_at_once_cause_one_fetch() -> None:
    source = Source()
    found = await asyncio.gather(*(source.kept.get() for _ in range(50)))
    assert (source.fetches, found) == (1, [[1]] * 50)
    newer = await asyncio.gather(*(source.kept.newer(found[0]) for _ in range(50)))
    assert (source.fetches, newer) == (2, [[2]] * 50)


async def test_one_who_gives_up_waiting_leaves_the_others_their_answer() -> None:
    source = Source()
    first = asyncio.create_task(source.kept.get())
    others = [asyncio.create_task(source.kept.get()) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.gather(*others) == [[2]] * 5


async def test_it_is_fetched_again_after_ten_minutes() -> None:
    source = Source()
    await source.kept.get()
    source.now += FRESH_SECONDS - 1
    assert await source.kept.get() == [1]
    source.now += 1
    assert await source.kept.get() == [2]


async def test_looking_for_something_newer_is_paced() -> None:
    source = Source()
    value = await source.kept.get()
    for _ in range(100):
        value = await source.kept.newer(value)
    assert (value, source.fetches) == ([2], 2)
    source.now += PAUSE_SECONDS
    assert await source.kept.newer(value) == [3]


async def test_the_last_value_stands_in_for_an_hour_while_the_provider_is_down() -> None:
    source = Source()
    await source.kept.get()
    source.is_down = True
    source.now += FRESH_SECONDS
    for _ in range(10):
        assert await source.kept.get() == [1]
    assert source.fetches == 2, "it is not asked again at once"
    source.now += USABLE_SECONDS - FRESH_SECONDS
    for _ in range(10):
        with pytest.raises(Unavailable, match="does not answer now"):
            await source.kept.get()
    assert source.fetches == 3
    source.is_down = False
    source.now += PAUSE_SECONDS
    assert await source.kept.get() == [4]
