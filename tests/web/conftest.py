"""Visitors of the portal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from starlette.applications import Starlette

from tests.conftest import Client, session_of
from tests.web.browsing import Visitor

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def visit(app: Starlette, people: Client) -> Visit:
    """Gives the visitor of a persona, or (None) of the public."""

    async def visitor(persona: str | None = None) -> Visitor:
        secret = None if persona is None else await session_of(app, persona)
        return Visitor((await people()).http, secret)

    return visitor
