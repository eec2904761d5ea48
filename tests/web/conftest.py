"""Visitors of the portal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.conftest import Client
from tests.web.browsing import Visitor

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def visit(people: Client) -> Visit:
    """Gives the visitor of a persona, or (None) of the public."""

    async def visitor(persona: str | None = None) -> Visitor:
        return Visitor(await people(persona))

    return visitor
