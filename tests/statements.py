"""Counting the SQL statements that a piece of work sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from starlette.applications import Starlette


@contextmanager
def recorded(app: Starlette) -> Iterator[list[str]]:
    """The statements of both pools while the block runs, but for the ones that say who asks."""
    statements: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if "hub.authenticate" not in statement and "set_config('hub.person'" not in statement:
            statements.append(statement)

    engines = [app.state.database.app.sync_engine, app.state.database.public.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield statements
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
