"""Counting the SQL statements that a piece of work sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event
from starlette.applications import Starlette

OF_THE_HUB = ("hub.authenticate", "hub.note_", "pg_notify")
"""In statements that say who asks, or that one was here; and in the heartbeat of the feed."""


def _says_who(statement: str) -> bool:
    """Whether the statement is about who asks, or ends what that began; or is the hub's own."""
    ends = statement.rstrip(";").lower()
    return any(name in statement for name in OF_THE_HUB) or ends.startswith(
        ("begin", "commit", "rollback", "select set_config")
    )


@contextmanager
def recorded(app: Starlette) -> Iterator[list[str]]:
    """The statements of every pool while the block runs, but for the ones that say who asks."""
    statements: list[str] = []

    def note(statement: str) -> None:
        if not _says_who(statement):
            statements.append(statement)

    def note_event(_: Any, __: Any, statement: str, *___: Any) -> None:
        note(statement)

    engines = [app.state.database.app.sync_engine, app.state.database.public.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note_event)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fetchval", "execute"):
            patch.setattr(asyncpg.Connection, name, _noting(getattr(asyncpg.Connection, name), note))
        yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note_event)


def _noting(method: Any, note: Any) -> Any:
    async def noting(connection: Any, statement: str, *arguments: Any, **named: Any) -> Any:
        note(statement)
        return await method(connection, statement, *arguments, **named)

    return noting
