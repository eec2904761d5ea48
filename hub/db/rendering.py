"""Conditions of the policy as SQL text, to stand in what the database keeps."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Dialect, func, select, true
from sqlalchemy.dialects import postgresql

from hub.db.base import Base

_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def render(model: type[Base], rows: ColumnElement[bool] | None) -> str:
    """The condition as SQL text with its constants in it; sub-selects refer to the table by name."""
    statement = select(func.count()).select_from(model).where(true() if rows is None else rows)
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    _, found, where = str(compiled).partition("\nWHERE ")
    return where if found else "true"
