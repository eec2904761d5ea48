"""JSON written by the database: pieces of text joined by `||`, which measured fastest of all ways.

A null where the contract has none is marked by a character that no JSON holds, so that one look at the answer
tells whether the normal executor has to say what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Numeric,
    String,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import ExpressionClauseList
from sqlalchemy.types import TypeEngine

MARK = "\x01"
"""Where a null stands that GraphQL does not allow. JSON writes control characters as escapes."""

NULL: ColumnElement[str] = literal_column("'null'", Text)
MARKED: ColumnElement[str] = literal_column("E'\\x01'", Text)
EMPTY: ColumnElement[str] = literal_column("''", Text)

Piece = str | ColumnElement[Any]


def constant(text: str) -> ColumnElement[str]:
    """A text that stands in the statement: never a value that somebody gave."""
    return literal_column("'" + text.replace("'", "''") + "'", Text)


def joined(pieces: Iterable[Piece]) -> ColumnElement[str]:
    """The pieces one after the other; neighbouring constants become one."""
    parts: list[ColumnElement[Any]] = []
    plain = ""
    for piece in pieces:
        if isinstance(piece, str):
            plain += piece
            continue
        if plain:
            parts.append(constant(plain))
            plain = ""
        parts.append(piece)
    if plain or not parts:
        parts.append(constant(plain))
    if len(parts) == 1:
        return parts[0]
    return ExpressionClauseList(operators.concat_op, *parts, type_=Text()).self_group()


def json_object(pairs: Sequence[tuple[str, Piece]]) -> ColumnElement[str]:
    """An object; keys are GraphQL names, which need no escape."""
    pieces: list[Piece] = []
    for key, value in pairs:
        pieces += [f'{"," if pieces else "{"}"{key}":', value]
    return joined([*pieces, "}"] if pieces else ["{}"])


def json_list(items: ColumnElement[Any]) -> ColumnElement[str]:
    """A list of what `string_agg` gave; null from it is the empty list."""
    return joined(["[", func.coalesce(items, EMPTY), "]"])


def listed(value: ColumnElement[Any], *order: ColumnElement[Any]) -> ColumnElement[Any]:
    """All rows' texts in the order, with commas between."""
    from sqlalchemy.dialects.postgresql import aggregate_order_by

    return func.string_agg(value, aggregate_order_by(literal_column("','", Text), *order))


def json_scalar(value: ColumnElement[Any], *, is_known: bool = False) -> ColumnElement[str]:
    """A column as JSON; null stays null. Numbers that are not whole travel as text, exactly.

    `is_known`: a text of a closed set, which needs no escape.
    """
    type_: TypeEngine[Any] = value.type
    if isinstance(type_, Boolean):
        # A conjunction has to be closed before it is cast.
        return cast(value.self_group(), Text)
    if isinstance(type_, Integer):
        return cast(value, Text)
    if isinstance(type_, Numeric | Uuid | Date) or (isinstance(type_, String) and is_known):
        return quoted(value)
    return cast(func.to_json(value), Text)


def quoted(value: ColumnElement[Any]) -> ColumnElement[str]:
    """A value whose text holds nothing to escape, as a JSON string."""
    return joined(['"', cast(value, Text), '"'])


def base64_of(text: ColumnElement[Any]) -> ColumnElement[str]:
    """A text in base64, its lines joined, as a JSON string."""
    encoded = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
    return joined(['"', func.translate(encoded, literal_column("E'\\n'"), literal_column("''")), '"'])


def whole(value: ColumnElement[Any], *, may_be_null: bool, is_nullable: bool) -> ColumnElement[Any]:
    """The value with its null spelt out, where it may be one: as JSON's, or marked where none is allowed."""
    if not may_be_null:
        return value
    return func.coalesce(value, NULL if is_nullable else MARKED)


def when(branches: Sequence[tuple[ColumnElement[bool], ColumnElement[Any]]]) -> ColumnElement[Any]:
    """The text of the first branch that holds."""
    return case(*branches)
