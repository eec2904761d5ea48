"""Who asks, in tests that go beneath HTTP."""

from __future__ import annotations

from hub.db.engine import Database
from hub.identity.actor import PUBLIC, Actor
from hub.identity.tokens import authenticate
from hub.maintenance import issue_token_in


async def actor_of(database: Database, persona: str | None) -> Actor:
    """The persona of the demonstration, or (None) the public."""
    if persona is None:
        return PUBLIC
    found = await authenticate(database, await issue_token_in(database, persona), is_demonstration=True)
    assert found is not None
    return found.actor
