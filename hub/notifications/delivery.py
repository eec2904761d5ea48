"""Whether a worker sends mail: where there is a mail server; what that takes is loaded there alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from hub.config import Settings
from hub.db.engine import Database

GRACE_SECONDS: Final = 2.0
"""For the message that is being sent when the hub stops."""


@asynccontextmanager
async def delivering(database: Database, settings: Settings) -> AsyncIterator[None]:
    """A postman at work until the end of the block; none without a mail server, nor in a demonstration."""
    if settings.mail_server is None or not settings.sends_mail:
        yield
        return
    from hub.notifications.postman import Postman

    postman = Postman(database, settings.mail_server, settings.base_url)
    working = asyncio.create_task(postman.run())
    yield
    postman.stop()
    _, late = await asyncio.wait([working], timeout=GRACE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.wait([working])
