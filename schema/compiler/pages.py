"""Keyset pages: their limits, their order, their cursors, and what a connection says of them.

A cursor is opaque: base64 of a JSON list of the listing's mark, the sort value and the row's key. The mark
names list and order, so that a cursor of another list, or of the same in another order, is refused.
"""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Integer, String, Text, Uuid, and_, cast, literal_column, or_

from hub.errors import InvalidInput, Problem
from schema.compiler.mapping import Context, Listing
from schema.compiler.rows import Row
from schema.compiler.text import base64_of, joined, json_scalar, quoted
from schema.compiler.values import Arguments, Value, text_of

DEFAULT_SIZE, LARGEST_SIZE = 20, 100
SMALLEST_INTEGER = -(2**15)
"""The integers that lists are ordered by are years, kept in two bytes."""


class Ordered(Protocol):
    """What gives the columns of an order: a row, or the association that leads to it."""

    def column(self, name: str) -> ColumnElement[Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which rows of a listing, in which order."""

    listing: Listing
    size: ColumnElement[int]
    is_backward: bool
    after: Value | None
    before: Value | None
    column: str
    is_descending: bool
    filters: Arguments

    @classmethod
    def of(cls, listing: Listing, arguments: Arguments, name: str) -> Page:
        """The page that a field's arguments ask for; InvalidInput names the argument that is wrong."""
        column, is_descending = listing.default
        if "orderBy" in arguments:
            order = arguments["orderBy"].parts()
            column = text_of(order["field"].concrete())
            is_descending = "direction" in order and text_of(order["direction"].concrete()) == "DESC"
        size, is_backward = _size(arguments, name)
        return cls(
            listing=listing,
            size=size,
            is_backward=is_backward,
            after=arguments.get("after"),
            before=arguments.get("before"),
            column=column,
            is_descending=is_descending,
            filters=arguments["filter"].parts() if "filter" in arguments else {},
        )

    @property
    def mark(self) -> str:
        """What every cursor of this list in this order begins with."""
        name = f"{self.listing.model.__name__}.{self.column}.{self.is_descending}"
        return f"{zlib.crc32(name.encode()):08x}"

    def conditions(self, row: Row, context: Context) -> list[ColumnElement[bool]]:
        """What the filter asks of a row."""
        return self.listing.asked(row, self.filters, context)

    def order(self, row: Ordered) -> list[ColumnElement[Any]]:
        """The order in which rows are read: reversed for a page from the end."""
        keys = (row.column(self.column), row.column("id"))
        return [key.desc() if self.is_descending != self.is_backward else key.asc() for key in keys]

    def keyset(self, row: Ordered) -> list[ColumnElement[bool]]:
        """The rows beyond the cursors."""
        found = []
        for given, name, is_after in ((self.after, "after", True), (self.before, "before", False)):
            if given is not None:
                found.append(self._beyond(row, given, name, is_after != self.is_descending))
        return found

    def _beyond(self, row: Ordered, given: Value, name: str, is_upwards: bool) -> ColumnElement[bool]:
        column, key = row.column(self.column), row.column("id")

        def part(number: int) -> Any:
            return lambda text: self._read(text, name)[number]

        value = cast(given.sql(Text(), part(0)), column.type)
        last = given.sql(Uuid(), part(1))
        if is_upwards:
            return and_(column >= value, or_(column > value, key > last))
        return and_(column <= value, or_(column < value, key < last))

    def _read(self, text: str, argument: str) -> tuple[str, uuid.UUID]:
        """A cursor's sort value, as text that the database can read, and its key."""
        try:
            mark, value, key = json.loads(base64.b64decode(text, validate=True))
            if mark != self.mark or not isinstance(value, str):
                raise ValueError
            type_ = self.listing.model.__table__.c[self.column].type.python_type
            return _readable(value, type_), uuid.UUID(key)
        except (ValueError, TypeError, AttributeError, OverflowError):
            message = "this is not a cursor of this list in this order; start again without it"
            raise _problem(argument, "WRONG_CURSOR", message) from None

    def cursor(self, row: Row) -> ColumnElement[str]:
        """The cursor of a row, a JSON string, made by the database."""
        value = row.column(self.column)
        column = json_scalar(value) if isinstance(value.type, String) else quoted(value)
        parts = joined([f'["{self.mark}", ', column, ", ", quoted(row.column("id")), "]"])
        return base64_of(parts)


def _size(arguments: Arguments, name: str) -> tuple[ColumnElement[int], bool]:
    if "first" in arguments and "last" in arguments:
        raise _problem("first", "ONE_OF", f"{name}: ask for first or for last, not for both")
    is_backward = "last" in arguments
    argument = "last" if is_backward else "first"
    if argument not in arguments:
        return _constant(DEFAULT_SIZE), is_backward

    def checked(size: int) -> int:
        if not 0 <= size <= LARGEST_SIZE:
            raise _problem(argument, "OUT_OF_RANGE", f"{name}: {size} is not between 0 and {LARGEST_SIZE}")
        return size

    size = arguments[argument]
    if isinstance(size.raw, int):
        return _constant(checked(size.raw)), is_backward
    return size.sql(Integer(), checked), is_backward


def _constant(size: int) -> ColumnElement[int]:
    """A size that the document states stands in the statement: PostgreSQL then need not plan it each time."""
    return literal_column(str(size), Integer)


def _readable(value: str, type_: type) -> str:
    """The value as the database reads it: Python knows more ways to write a number, a day or an instant."""
    if "\x00" in value:
        raise ValueError
    if type_ is datetime:
        return str(datetime.fromisoformat(value).astimezone(UTC))
    if type_ is date:
        return str(date.fromisoformat(value))
    if type_ is int:
        number = int(value)
        if not SMALLEST_INTEGER <= number <= -SMALLEST_INTEGER - 1:
            raise ValueError
        return str(number)
    if type_ is not str:
        raise TypeError
    return value


def _problem(argument: str, code: str, message: str) -> InvalidInput:
    return InvalidInput([Problem((argument,), code, message)])
