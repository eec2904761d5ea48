"""What a connection says of its rows: its edges, its nodes, and where its page stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLField, GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails
from sqlalchemy import ColumnElement, Text, func, literal_column, select

from schema.compiler.association import Association
from schema.compiler.pages import Ordered, Page
from schema.compiler.text import (
    Piece,
    json_list,
    json_object,
    json_scalar,
    listed,
    when,
    whole,
)

if TYPE_CHECKING:
    from schema.compiler.emit import Emitter


CURSOR = "page_cursor"


class Listing:
    """The rows of one page; numbered, and one more of them, where it is asked whether there are more."""

    def __init__(self, emitter: Emitter, page: Page, *, needs_more: bool) -> None:
        self.emitter, self.page, self.needs_more = emitter, page, needs_more
        self.row = emitter.row(page.listing.model)
        self.outer = f"{self.row.name}p"
        self.through: Association | None = None
        """The association in whose order the rows are read, where it keeps that order."""
        self.is_read = False
        """Whether anything said of the page rests on its rows."""
        self._carried: list[ColumnElement[Any]] = []
        self._cursors: ColumnElement[Any] | None = None
        """Of the page's rows, in their order, where `pageInfo` tells one."""
        self._makes_cursors = False

    def part(self, declared: GraphQLField, details: list[FieldDetails]) -> ColumnElement[Any]:
        """The JSON of `edges`, `nodes` or `pageInfo`."""
        inner = get_named_type(declared.type)
        name = details[0].node.name.value
        if name == "nodes":
            return json_list(self._listed(self.emitter.object(inner, details, self.row)))
        assert isinstance(inner, GraphQLObjectType)
        pairs: list[tuple[str, Piece]] = []
        for key, nodes in self.emitter.fields(inner, details).items():
            field_name = nodes[0].node.name.value
            if field_name == "__typename":
                pairs.append((key, f'"{inner.name}"'))
            elif name == "pageInfo":
                pairs.append((key, self._page_info(field_name)))
            elif field_name == "cursor":
                pairs.append((key, self._cursor()))
            else:
                node_type = get_named_type(inner.fields["node"].type)
                pairs.append((key, self.emitter.object(node_type, nodes, self.row)))
        return json_object(pairs) if name == "pageInfo" else json_list(self._listed(json_object(pairs)))

    def rows(self, conditions: Any) -> Any:
        """The page, to select from: its rows found first, what is said of each written after."""
        row, page = self.row, self.page
        cursor = page.cursor(row) if self._makes_cursors else None
        columns = [row.column(name).label(name) for name in list(row.used)]
        ordered = self.through or row
        order = page.order(ordered)
        found = (
            select(*columns, *self._places(ordered))
            .select_from(row.table if self.through is None else self.through.source)
            .where(*conditions(row), *page.keyset(ordered))
            .order_by(*order)
            .limit(page.size + literal_column("1") if self.needs_more else page.size)
            .subquery(row.name)
        )
        if cursor is not None:  # made once a row, however often it is told: PostgreSQL looks no further in
            everything: ColumnElement[Any] = literal_column(f"{row.name}.*")
            with_cursors = select(everything, cursor.label(CURSOR)).select_from(found)
            found = with_cursors.offset(literal_column("0")).subquery(row.name)
        places = [_column(row.name, name).label(name) for name in self._place_names]
        return select(*places, *self._carried).select_from(found).subquery(self.outer)

    @property
    def _place_names(self) -> tuple[str, ...]:
        return ("place",) if self.needs_more else ("o0", "o1")

    def _places(self, ordered: Ordered) -> list[ColumnElement[Any]]:
        """By what the rows are put in order again: their number, or else the order's own columns."""
        if self.needs_more:
            return [func.row_number().over(order_by=self.page.order(ordered)).label("place")]
        keys = (ordered.column(self.page.column), ordered.column("id"))
        return [key.label(name) for key, name in zip(keys, self._place_names, strict=True)]

    def _carry(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        name = f"c{len(self._carried)}"
        if self.needs_more:
            place: ColumnElement[int] = literal_column(f"{self.row.name}.place")
            value = when([(place <= self.page.size, value)])
        self._carried.append(value.label(name))
        return literal_column(f"{self.outer}.{name}", Text)

    def _listed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """What is said of each row of the page, in the order of the list."""
        self.is_read = True
        is_descending = self.page.is_backward if self.needs_more else self.page.is_descending
        places = [_column(self.outer, name) for name in self._place_names]
        return listed(self._carry(value), *(p.desc() if is_descending else p for p in places))

    def _cursor(self) -> ColumnElement[Any]:
        self._makes_cursors = True
        return literal_column(f"{self.row.name}.{CURSOR}", Text)

    def _page_info(self, name: str) -> Piece:
        page = self.page
        if name == more(page):
            self.is_read = True
            last: ColumnElement[int] = func.max(literal_column(f"{self.outer}.place"))
            return json_scalar(func.coalesce(last > page.size, literal_column("false")))
        if name in ("hasNextPage", "hasPreviousPage"):
            return "true" if page.after is not None or page.before is not None else "false"
        if self._cursors is None:
            self._cursors = self._listed(self._cursor())
        end: ColumnElement[int] = literal_column("1" if name == "startCursor" else "-1")
        told = func.split_part(self._cursors, literal_column("','"), end)  # no cursor holds a comma
        return whole(told, may_be_null=True, is_nullable=True)


def _column(source: str, name: str) -> ColumnElement[Any]:
    return literal_column(f"{source}.{name}")


def more(page: Page) -> str:
    """What `pageInfo` can tell only by looking one row further than the page."""
    return "hasPreviousPage" if page.is_backward else "hasNextPage"
