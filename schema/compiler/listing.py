"""What a connection says of its rows: its edges, its nodes, and where its page stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails
from sqlalchemy import ColumnElement, Text, func, literal_column, select

from schema.compiler.association import Association
from schema.compiler.pages import Page
from schema.compiler.text import (
    Piece,
    constant,
    joined,
    json_list,
    json_object,
    json_scalar,
    listed,
    when,
    whole,
)

if TYPE_CHECKING:
    from schema.compiler.emit import Emitter


class Listing:
    """The rows of one page, numbered. One more than asked for is read where something follows from it."""

    def __init__(self, emitter: Emitter, page: Page) -> None:
        self.emitter, self.page = emitter, page
        self.row = emitter.row(page.listing.model)
        self.outer = f"{self.row.name}p"
        self.through: Association | None = None
        """The association in whose order the rows are read, where it keeps that order."""
        self.is_read = self.needs_more = False
        """Whether anything said of the page rests on its rows; on one more than asked for."""
        self._carried: list[ColumnElement[Any]] = []

    def part(self, declared: GraphQLField, details: list[FieldDetails]) -> ColumnElement[Any]:
        """The JSON of `edges`, `nodes` or `pageInfo`."""
        inner = get_named_type(declared.type)
        name = details[0].node.name.value
        if name == "nodes":
            return self._listed(self._carry(self.emitter.object(inner, details, self.row)))
        assert isinstance(inner, GraphQLObjectType)
        pairs: list[tuple[str, Piece]] = []
        for key, nodes in self.emitter.fields(inner, details).items():
            field_name = nodes[0].node.name.value
            if field_name == "__typename":
                pairs.append((key, f'"{inner.name}"'))
            elif name == "pageInfo":
                pairs.append((key, self._page_info(field_name)))
            elif field_name == "cursor":
                pairs.append((key, joined(['"', self.page.cursor(self.row), '"'])))
            else:
                node_type = get_named_type(inner.fields["node"].type)
                pairs.append((key, self.emitter.object(node_type, nodes, self.row)))
        return json_object(pairs) if name == "pageInfo" else self._listed(self._carry(json_object(pairs)))

    def rows(self, conditions: Any) -> Any:
        """The page, to select from: its rows found first, what is said of each written after."""
        row, page = self.row, self.page
        ordered = self.through or row
        order = page.order(ordered)
        inside = [*conditions(row), *page.keyset(ordered)]
        place = func.row_number().over(order_by=order).label("place")
        limit = page.size + literal_column("1") if self.needs_more else page.size
        found = (
            select(*(row.column(name).label(name) for name in list(row.used)), place)
            .select_from(row.table if self.through is None else self.through.source)
            .where(*inside)
            .order_by(*order)
            .limit(limit)
            .subquery(row.name)
        )
        return (
            select(literal_column(f"{row.name}.place").label("place"), *self._carried)
            .select_from(found)
            .subquery(self.outer)
        )

    @property
    def _place(self) -> ColumnElement[int]:
        self.is_read = True
        return literal_column(f"{self.outer}.place")

    def _carry(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        name = f"c{len(self._carried)}"
        place: ColumnElement[int] = literal_column(f"{self.row.name}.place")
        self._carried.append(when([(place <= self.page.size, value)]).label(name))
        return literal_column(f"{self.outer}.{name}", Text)

    def _listed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        place = self._place.desc() if self.page.is_backward else self._place
        return json_list(listed(value, place))

    def _page_info(self, name: str) -> ColumnElement[Any]:
        page = self.page
        if name in ("hasNextPage", "hasPreviousPage"):
            if (name == "hasNextPage") != page.is_backward:
                self.needs_more = True
                return json_scalar(func.coalesce(func.max(self._place) > page.size, literal_column("false")))
            return constant("true" if page.after is not None or page.before is not None else "false")
        is_first = (name == "startCursor") != page.is_backward
        carried = self._carry(joined(['"', page.cursor(self.row), '"']))
        order = self._place if is_first else self._place.desc()
        return whole(_first_of(carried, order), may_be_null=True, is_nullable=True)


def _first_of(value: ColumnElement[Any], order: ColumnElement[Any]) -> ColumnElement[Any]:
    """The first cursor in the order; a row beyond the page has none, and none holds a comma."""
    return func.split_part(listed(value, order), literal_column("','"), literal_column("1"))
