"""A list through an association table that keeps the order's column itself: read in the table's own order.

Otherwise the rows at the end of an association are all looked up and sorted before the first few are taken.
Here the association is walked in order, by its index, and each row is looked up until the page is full.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Table, UniqueConstraint, literal_column, true
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.sql import visitors

from schema.compiler.rows import Row, linked


class Association:
    """What is between the rows `at` and `row`; its columns stand for the row's that are always equal."""

    def __init__(self, property_: RelationshipProperty[Any], at: Row, row: Row, name: str) -> None:
        self.property, self.at, self.row, self.name = property_, at, row, name

    @property
    def source(self) -> FromClause:
        """What to select from: the association first."""
        return self._table.alias(self.name).join(self.row.table, true())

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """That the association is the one row's and leads to the other."""
        assert self.property.secondaryjoin is not None
        joins = (self.property.primaryjoin, self.property.secondaryjoin)
        return [linked(join, self.property, self.at, self.row, self.name) for join in joins]

    def column(self, name: str) -> ColumnElement[Any]:
        """The column of the association that is always equal to the row's."""
        own = self._table.c[key_of(self.property) if name == "id" else name]
        return literal_column(f"{self.name}.{own.name}", own.type)

    @property
    def _table(self) -> Table:
        assert isinstance(self.property.secondary, Table)
        return self.property.secondary


def keeps(property_: RelationshipProperty[Any], column: str) -> bool:
    """Whether the association table holds the column, equal to the row's by a foreign key, once for a row."""
    table = property_.secondary
    if not isinstance(table, Table) or property_.secondaryjoin is None or column not in table.c:
        return False
    target = property_.mapper.class_.__table__
    key = key_of(property_)
    is_equal = any(
        {(key, "id"), (column, column)} <= {(e.parent.name, e.column.name) for e in constraint.elements}
        for constraint in table.foreign_key_constraints
        if constraint.referred_table is target
    )
    unique = [{c.name for c in u.columns} for u in table.constraints if isinstance(u, UniqueConstraint)]
    return is_equal and any(key in names and len(names) == 2 for names in unique)


def key_of(property_: RelationshipProperty[Any]) -> str:
    """The association's column that holds the row's key."""
    assert property_.secondaryjoin is not None
    own = [c for c in visitors.iterate(property_.secondaryjoin) if isinstance(c, Column)]
    return next(str(c.name) for c in own if c.table is property_.secondary)
