"""Counting in the worker's memory: so many in a minute, or whatever the rate says, then from nothing again.

The store of `limits` for this goes through all its keys at every request (measured: with 10,000 addresses it
takes longer than the answer); these counts are thrown away together when their window ends.
"""

from __future__ import annotations

import time
from collections import Counter

from limits import RateLimitItem


class Windows:
    """The counts of the windows that are open."""

    def __init__(self) -> None:
        self._open: dict[int, tuple[int, Counter[str | int]]] = {}
        """By a window's length in seconds: its number since 1970, and its counts."""

    def count(self, rate: RateLimitItem, who: str | int, more: int = 1) -> tuple[int, int]:
        """How often it was in this window with `more`, and in how many seconds the window ends."""
        length, now = rate.get_expiry(), int(time.time())
        number = now // length
        window = self._open.get(length)
        if window is None or window[0] != number:
            window = self._open[length] = (number, Counter())
        counts = window[1]
        if more:
            counts[who] += more
        return counts[who], (number + 1) * length - now
