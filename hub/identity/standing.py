"""Whether whoever opened a stream is still who he or she was: asked as long as the stream is open."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from hub.audit.feed import Feed
from hub.db.failures import known_error
from hub.identity.actor import Actor
from hub.identity.recognition import Credential, Recognition

LONGEST_UNASKED: Final = 60.0
"""Seconds. What nobody tells of is noticed within them, such as a role that ends with the day."""
JUST_AFTER: Final = 0.05
"""Seconds after the end of a credential, when it is certainly one."""
AGAIN_SECONDS: Final = 1.0
"""After the database did not answer."""


class Ended(Exception):
    """The credential is no longer good, or no longer for the same rights."""


class Standing:
    """A credential, and the actor for whom it spoke when the stream began.

    Other rights than then end the stream as a revocation does: whoever comes again has those of now.
    """

    def __init__(self, recognition: Recognition, credential: Credential, actor: Actor) -> None:
        self._recognition, self._credential, self.actor = recognition, credential, actor

    async def require(self, *, is_fresh: bool = False) -> None:
        """Ended where the credential speaks for the same rights no more; asked once in half a second."""
        actor = await self._recognition.again(self._credential, is_fresh=is_fresh)
        if actor is None or _rights(actor) != _rights(self.actor):
            raise Ended

    async def watch(self, feed: Feed) -> None:
        """Raises Ended as soon as it is so: when its time has come, or when somebody ended it."""
        with feed.subscribed(("Person",), self.actor.person_id) as mailbox:
            while True:
                try:
                    await self.require(is_fresh=True)
                    left = await self._recognition.seconds_left(self._credential)
                except (
                    Exception
                ) as error:  # no answer is no end: without the database there is nothing to send
                    if known_error(error) is None:
                        raise
                    left = AGAIN_SECONDS
                wait = LONGEST_UNASKED if left is None else min(left + JUST_AFTER, LONGEST_UNASKED)
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await mailbox.take()


def _rights(actor: Actor) -> tuple[object, ...]:
    return actor.person_id, actor.organisation_id, actor.roles
