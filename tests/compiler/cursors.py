"""Where rows stand in lists: the cursors of every list of the schema in each of its orders."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLSchema, get_named_type

Order = tuple[str, str] | None
"""What a list is ordered by and in which direction; None: as it is where nothing is said."""


@dataclass(frozen=True)
class CursorQuestion:
    """What finds the cursors of one list in each of its orders."""

    order_type: str
    orders: list[Order]
    text: str

    def cursors(self, data: Any) -> dict[Order, list[str]]:
        """Those in the answer."""
        found = [[edge["cursor"] for edge in data[f"a{n}"]["edges"]] for n, _ in enumerate(self.orders)]
        return dict(zip(self.orders, found, strict=True))


def cursor_questions(schema: GraphQLSchema) -> Iterator[CursorQuestion]:
    """One for each list of the root."""
    assert schema.query_type is not None
    for name, declared in schema.query_type.fields.items():
        if "after" in declared.args:
            ordered = declared.args["orderBy"].type
            assert isinstance(ordered, GraphQLInputObjectType)
            columns, directions = (
                get_named_type(ordered.fields[part].type) for part in ("field", "direction")
            )
            assert isinstance(columns, GraphQLEnumType)
            assert isinstance(directions, GraphQLEnumType)
            orders: list[Order] = [None, *itertools.product(columns.values, directions.values)]
            asked = [
                f"a{n}: {name}(first: 20{_by(order)}) {{ edges {{ cursor }} }}"
                for n, order in enumerate(orders)
            ]
            yield CursorQuestion(ordered.name, orders, f"{{ {' '.join(asked)} }}")


def _by(order: Order) -> str:
    return "" if order is None else f", orderBy: {{field: {order[0]}, direction: {order[1]}}}"
