"""Rows of a statement: a table under an alias, or a subquery, whose columns are written by name.

Columns carry no FROM of their own: each SELECT says what it reads from, and an inner one refers to an outer
row simply by its alias.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, literal_column
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql import visitors

from hub.db.base import Base, is_code


class Row:
    """One row of a table; `row.title` is its column, as the policy's scopes and the filters expect."""

    def __init__(self, model: type[Base], name: str) -> None:
        self.model, self.name = model, name
        self.table: FromClause = model.__table__.alias(name)
        """What to select from."""
        self.used: dict[str, None] = {}
        """The columns that were written, in order."""

    def column(self, name: str) -> ColumnElement[Any]:
        """The column with its type."""
        self.used[name] = None
        return literal_column(f"{self.name}.{name}", self.model.__table__.c[name].type)

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.column(name)

    def may_be_null(self, name: str) -> bool:
        """Whether the column may hold a null."""
        return bool(self.model.__table__.c[name].nullable)

    def is_plain(self, name: str) -> bool:
        """Whether the column is a text that JSON writes as it stands."""
        return is_code(self.model.__mapper__.columns[name])

    def relationship(self, name: str) -> RelationshipProperty[Any]:
        """The model's relationship of the name."""
        return self.model.__mapper__.relationships[name]


class DerivedRow(Row):
    """One row of a hand-written SELECT."""

    def __init__(self, rows: FromClause, name: str) -> None:
        self.name, self.table, self.used = name, rows, {}

    def column(self, name: str) -> ColumnElement[Any]:
        return literal_column(f"{self.name}.{name}", self.table.c[name].type)

    def may_be_null(self, name: str) -> bool:
        return True

    def is_plain(self, name: str) -> bool:
        return False


def referring(property_: RelationshipProperty[Any]) -> str | None:
    """The column of the far row that holds the near row's key; None where they are linked otherwise."""
    pairs = property_.local_remote_pairs or []
    is_plain = property_.secondary is None and len(pairs) == 1 and pairs[0][0].name == "id"
    return pairs[0][1].name if is_plain else None


def linked(
    condition: ColumnElement[bool],
    property_: RelationshipProperty[Any],
    parent: Row,
    child: Row,
    between: str | None = None,
) -> ColumnElement[bool]:
    """A relationship's condition between two rows (and the row of its association table)."""
    secondary = property_.secondary
    child_table = property_.mapper.class_.__table__

    def replace(element: Any, **_: Any) -> Any:
        table = getattr(element, "table", None)
        if table is None:
            return None
        if secondary is not None and table is secondary:
            return literal_column(f"{between}.{element.key}", element.type)
        is_child = "remote" in element._annotations if secondary is None else table is child_table
        return (child if is_child else parent).column(element.key)

    replaced: ColumnElement[bool] = visitors.replacement_traverse(condition, {}, replace)
    return replaced
