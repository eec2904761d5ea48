"""Whom a token speaks for, remembered for a moment: dashboards ask many times a second with the same one."""

from __future__ import annotations

import time
from collections import OrderedDict

from hub.db.engine import Database
from hub.identity import tokens
from hub.identity.actor import Actor

FRESH_SECONDS = 0.5
"""A token or role that is withdrawn ends within this time in every worker; the promise is a second."""
MOST_REMEMBERED = 10_000


class Recognition:
    """The actors of the tokens seen in the last half second, by the tokens' hashes."""

    def __init__(self, database: Database, *, is_demonstration: bool) -> None:
        self._database, self._is_demonstration = database, is_demonstration
        self._known: OrderedDict[bytes, tuple[float, Actor]] = OrderedDict()

    async def actor(self, token: str) -> Actor | None:
        """Whom it speaks for; None, which is never remembered, where it is unknown, expired or revoked."""
        key, now = tokens.digest(token), time.monotonic()
        found = self._known.get(key)
        if found is not None and now < found[0]:
            return found[1]
        self._known.pop(key, None)
        actor = await tokens.authenticate(self._database, token, is_demonstration=self._is_demonstration)
        if actor is not None:
            self._known[key] = (now + FRESH_SECONDS, actor)
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return actor

    def forget(self, token: str) -> None:
        """Ask again at the next request: for a token that was ended here."""
        self._known.pop(tokens.digest(token), None)
