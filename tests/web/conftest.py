"""Visitors of the portal, and its templates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from jinja2 import Environment
from starlette.applications import Starlette

from hub.web.templating import Assets, environment
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


@pytest.fixture(scope="module")
def templates() -> Environment:
    """The templates of the portal, with its assets."""
    return environment(Assets.load())
