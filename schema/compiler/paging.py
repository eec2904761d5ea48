"""Keyset pages: their limits, their order, their cursors.

A cursor is opaque: base64 of a JSON list of the listing's mark, the sort value and the row's key. The mark
names list and order, so that a cursor of another list, or of the same in another order, is refused.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, Uuid, and_, cast, func, literal, or_

from hub.errors import InvalidInput, Problem
from schema.compiler.mapping import Listing, enum_value

DEFAULT_SIZE, LARGEST_SIZE = 20, 100
SMALLEST_INTEGER = -(2**15)
"""The integers that lists are ordered by are years, kept in two bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a listing, in which order."""

    listing: Listing
    size: int
    is_backward: bool
    after: tuple[Any, uuid.UUID] | None
    before: tuple[Any, uuid.UUID] | None
    column: str
    is_descending: bool
    filters: dict[str, Any]
    mark: str

    @classmethod
    def of(cls, listing: Listing, arguments: dict[str, Any], name: str) -> Page:
        """The page that a field's arguments ask for; InvalidInput names the argument that is wrong."""
        order = arguments.get("orderBy")
        column, is_descending = listing.default
        if order is not None:
            column, is_descending = enum_value(order["field"]), enum_value(order["direction"]) == "DESC"
        mark = _mark(listing, column, is_descending)
        filters = {k: v for k, v in (arguments.get("filter") or {}).items() if v is not None}
        size, is_backward = _size(arguments, name)
        return cls(
            listing=listing,
            size=size,
            is_backward=is_backward,
            after=_cursor(arguments.get("after"), "after", mark, listing, column),
            before=_cursor(arguments.get("before"), "before", mark, listing, column),
            column=column,
            is_descending=is_descending,
            filters=filters,
            mark=mark,
        )

    def conditions(self, entity: Any) -> list[ColumnElement[bool]]:
        """What the filter asks of a row."""
        return [self.listing.conditions[name](entity, value) for name, value in self.filters.items()]

    def order(self, entity: Any) -> list[ColumnElement[Any]]:
        """The order in which rows are read: reversed for a page from the end."""
        keys = (getattr(entity, self.column), entity.id)
        return [key.desc() if self.is_descending != self.is_backward else key.asc() for key in keys]

    def keyset(self, entity: Any) -> list[ColumnElement[bool]]:
        """The rows beyond the cursors."""
        found = []
        for bound, is_after in ((self.after, True), (self.before, False)):
            if bound is not None:
                found.append(self._beyond(entity, bound, is_after != self.is_descending))
        return found

    def _beyond(self, entity: Any, bound: tuple[Any, uuid.UUID], is_upwards: bool) -> ColumnElement[bool]:
        column = getattr(entity, self.column)
        value = cast(literal(bound[0], Text), column.type)
        key = literal(bound[1], Uuid)
        if is_upwards:
            return and_(column >= value, or_(column > value, entity.id > key))
        return and_(column <= value, or_(column < value, entity.id < key))

    def cursor(self, entity: Any) -> ColumnElement[Any]:
        """The cursor of a row, made by the database."""
        column = cast(getattr(entity, self.column), Text)
        parts = func.json_build_array(literal(self.mark, Text), column, cast(entity.id, Text))
        encoded = func.encode(func.convert_to(cast(parts, Text), "UTF8"), "base64")
        return func.translate(encoded, "\n", "")


def _mark(listing: Listing, column: str, is_descending: bool) -> str:
    name = f"{listing.model.__name__}.{column}.{is_descending}"
    return f"{zlib.crc32(name.encode()):08x}"


def _size(arguments: dict[str, Any], name: str) -> tuple[int, bool]:
    first, last = arguments.get("first"), arguments.get("last")
    if first is not None and last is not None:
        raise _problem("first", "ONE_OF", f"{name}: ask for first or for last, not for both")
    is_backward = last is not None
    argument = "last" if is_backward else "first"
    size = last if is_backward else first
    if size is None:
        return DEFAULT_SIZE, is_backward
    if not 0 <= size <= LARGEST_SIZE:
        raise _problem(argument, "OUT_OF_RANGE", f"{name}: {size} is not between 0 and {LARGEST_SIZE}")
    return size, is_backward


def _cursor(
    text: str | None, argument: str, mark: str, listing: Listing, column: str
) -> tuple[Any, uuid.UUID] | None:
    if text is None:
        return None
    wrong = "this is not a cursor of this list in this order; start again without it"
    try:
        parts = json.loads(base64.b64decode(text, validate=True))
        given, value, key = parts
        if given != mark or not isinstance(value, str):
            raise ValueError
        return _readable(value, getattr(listing.model, column).type.python_type), uuid.UUID(key)
    except (ValueError, TypeError, AttributeError):
        raise _problem(argument, "WRONG_CURSOR", wrong) from None


def _readable(value: str, type_: type) -> str:
    """The value, once it is sure that the database can read it as the column's type."""
    if "\x00" in value:
        raise ValueError
    if hasattr(type_, "fromisoformat"):
        type_.fromisoformat(value)
    elif type_ is int:
        if not SMALLEST_INTEGER <= int(value) <= -SMALLEST_INTEGER - 1:
            raise ValueError
    elif type_ is not str:
        raise TypeError
    return value


def _problem(argument: str, code: str, message: str) -> InvalidInput:
    return InvalidInput([Problem((argument,), code, message)])
