"""Visitors of the portal, and a record of the SQL that their pages cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event
from starlette.applications import Starlette

from tests.conftest import Client
from tests.web.browsing import Visitor

Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture
def visit(people: Client) -> Visit:
    """Gives the visitor of a persona, or (None) of the public."""

    async def visitor(persona: str | None = None) -> Visitor:
        return Visitor(await people(persona))

    return visitor


@pytest.fixture
async def statements(app: Starlette) -> AsyncIterator[list[str]]:
    """Every SQL statement that the application executes from now on."""
    seen: list[str] = []

    def record(_: Any, __: Any, statement: str, *___: Any) -> None:
        seen.append(statement)

    engines = [app.state.database.app.sync_engine, app.state.database.public.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", record)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", record)
