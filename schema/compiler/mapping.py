"""What each GraphQL field is in the database.

A type is declared once, as a Strawberry type over a model (`@over`). A plain annotation maps by its name: to
the column, to the relationship, or, for Money, to the pair of columns `<name>_amount` and `<name>_currency`.
What is not so plain says so with one of the functions here. `schema.compiler.resolve.install` walks the
finished schema: a field that neither maps nor declares a resolver is an error at start-up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import RelationshipProperty
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from hub.db.base import Base
from hub.identity.actor import Actor
from schema.compiler.values import Arguments, Value

KEY = "hub.mapping"


@dataclass(frozen=True, slots=True)
class Context:
    """What a statement may depend on besides the selection."""

    actor: Actor


Condition = Callable[[Any, Value, Context], ColumnElement[bool]]
"""From the row, the filter's value and who asks to a condition."""


@dataclass(frozen=True, slots=True)
class ColumnField:
    """A column of the row."""

    name: str


@dataclass(frozen=True, slots=True)
class IdField:
    """The row's key as a global id."""


@dataclass(frozen=True, slots=True)
class ExpressionField:
    """Something that SQL computes from the row."""

    sql: Callable[[Any, Context], ColumnElement[Any]]


@dataclass(frozen=True, slots=True)
class MoneyField:
    """An amount with its currency; null where the amount is."""

    amount: str
    currency: str


@dataclass(frozen=True, slots=True)
class OneField:
    """One row at the end of a relationship, or of a column that holds its key; null where it is not seen."""

    relationship: str | None = None
    model: type[Base] | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class ManyField:
    """All rows at the end of a relationship: for those that are few by nature."""

    relationship: str


@dataclass(frozen=True, slots=True)
class Listing:
    """How a table is listed: what it can be filtered by, and in which orders."""

    model: type[Base]
    filter: type
    conditions: Mapping[str, Condition]
    order: type
    default: tuple[str, bool]
    """Column and whether descending, where the client names no order."""

    def asked(self, row: Any, filters: Arguments, context: Context) -> list[ColumnElement[bool]]:
        """What the parts of a filter ask of a row."""
        return [self.conditions[name](row, value, context) for name, value in filters.items()]


@dataclass(frozen=True, slots=True)
class ConnectionField:
    """A page of rows: of the whole table, or of a relationship's."""

    listing: Listing
    relationship: str | None = None
    where: Callable[[Any, Context], ColumnElement[bool]] | None = None
    """A further condition on the listed row."""


@dataclass(frozen=True, slots=True)
class DerivedField:
    """Rows of a hand-written SELECT (a slice's views), given the field's arguments."""

    rows: Callable[[Context, Arguments], Select[Any]]


@dataclass(frozen=True, slots=True)
class LookupField:
    """At the root: one row by the field's arguments."""

    model: type[Base]
    where: Callable[[Any, Arguments, Context], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class EventField:
    """At the root of a subscription: a change of one row, or of a row that belongs to it."""

    model: type[Base]
    parts: tuple[tuple[type[Base], str], ...]
    """Models whose rows belong to one of this one, with the column that names it."""
    where: Callable[[Any, Arguments, Context], list[ColumnElement[bool]]]

    @property
    def types(self) -> tuple[str, ...]:
        """What the record of writes calls the rows whose changes count."""
        return (self.model.__name__, *(part.__name__ for part, _ in self.parts))


@dataclass(frozen=True, slots=True)
class GroupField:
    """An object of the same row: it has fields, but no table of its own."""


FieldMapping = (
    ColumnField
    | IdField
    | ExpressionField
    | MoneyField
    | OneField
    | ManyField
    | ConnectionField
    | DerivedField
    | LookupField
    | EventField
    | GroupField
)


@dataclass(slots=True)
class Registry:
    """Which type stands for which model, and how a model's rows divide among types."""

    models: dict[str, type[Base]] = field(default_factory=dict)
    variants: dict[str, Callable[[Any], ColumnElement[bool]]] = field(default_factory=dict)
    """Type name -> the rows of a shared table that are of that type."""
    loose: set[str] = field(default_factory=set)
    """Types whose rows come from a hand-written SELECT."""


REGISTRY = Registry()


def over(
    model: type[Base] | None, *, variant: Callable[[Any], ColumnElement[bool]] | None = None
) -> Callable[[type], type]:
    """Say which model a Strawberry type stands for (None: rows of a hand-written SELECT)."""

    def decorate(cls: type) -> type:
        name: str = cls.__strawberry_definition__.name  # type: ignore[attr-defined]
        if model is None:
            REGISTRY.loose.add(name)
        else:
            REGISTRY.models[name] = model
        if variant is not None:
            REGISTRY.variants[name] = variant
        return cls

    return decorate


def _field(mapping: FieldMapping, description: str | None, arguments: list[StrawberryArgument]) -> Any:
    made = StrawberryField(
        description=description, metadata={KEY: mapping}, type_annotation=None, default=strawberry.UNSET
    )
    made.arguments = arguments
    return made


def column(name: str, description: str | None = None) -> Any:
    """A field that maps to a column of another name."""
    return _field(ColumnField(name), description, [])


def expression(sql: Callable[[Any, Context], ColumnElement[Any]], description: str | None = None) -> Any:
    """A field that SQL computes."""
    return _field(ExpressionField(sql), description, [])


def money(amount: str, currency: str, description: str | None = None) -> Any:
    """A Money field made of two columns."""
    return _field(MoneyField(amount, currency), description, [])


def one(relationship: str, description: str | None = None) -> Any:
    """A field that follows a relationship of another name."""
    return _field(OneField(relationship=relationship), description, [])


def many(relationship: str, description: str | None = None) -> Any:
    """A list that follows a relationship of another name."""
    return _field(ManyField(relationship), description, [])


def one_by(model: type[Base], by: str, description: str | None = None) -> Any:
    """A field that follows a column which holds a key."""
    return _field(OneField(model=model, by=by), description, [])


def connection(
    listing: Listing,
    relationship: str | None = None,
    *,
    where: Callable[[Any, Context], ColumnElement[bool]] | None = None,
    description: str | None = None,
) -> Any:
    """A connection with filter, order and keyset paging."""
    arguments = [
        argument("filter", listing.filter | None, "Which rows; all conditions hold together."),
        argument("order_by", listing.order | None, "In which order; ties by id."),
        *paging(),
    ]
    return _field(ConnectionField(listing, relationship, where), description, arguments)


def derived(
    rows: Callable[[Context, Arguments], Select[Any]],
    arguments: list[StrawberryArgument] | None = None,
    description: str | None = None,
) -> Any:
    """A list of rows of a hand-written SELECT."""
    return _field(DerivedField(rows), description, arguments or [])


def lookup(
    model: type[Base],
    where: Callable[[Any, Arguments, Context], ColumnElement[bool]],
    arguments: list[StrawberryArgument],
    description: str | None = None,
) -> Any:
    """One row by arguments; null where there is none, or none that the viewer may see."""
    return _field(LookupField(model, where), description, arguments)


def event(
    model: type[Base],
    parts: tuple[tuple[type[Base], str], ...],
    where: Callable[[Any, Arguments, Context], list[ColumnElement[bool]]],
    arguments: list[StrawberryArgument],
    description: str,
) -> Any:
    """Changes of rows of the model, for as long as somebody listens."""
    return _field(EventField(model, parts, where), description, arguments)


def group(arguments: list[StrawberryArgument], description: str | None = None) -> Any:
    """An object without a table; its fields read the arguments of this one."""
    return _field(GroupField(), description, arguments)


def argument(name: str, type: Any, description: str, default: Any = strawberry.UNSET) -> StrawberryArgument:
    """An argument of a mapped field."""
    return StrawberryArgument(
        python_name=name,
        graphql_name=None,
        type_annotation=StrawberryAnnotation(type),
        description=description,
        default=default,
    )


def paging() -> list[StrawberryArgument]:
    """Relay's four paging arguments."""
    return [
        argument("first", int | None, "How many from the start, at most 100; 20 where no number is given."),
        argument("after", str | None, "The endCursor of the page before."),
        argument("last", int | None, "How many from the end, at most 100."),
        argument("before", str | None, "The startCursor of the page after."),
    ]


def mapping_of(
    declared: Any, model: type[Base] | None, type_name: str, is_money: bool
) -> FieldMapping | None:
    """The mapping that a Strawberry field declares, or that its name implies; None where there is neither."""
    given: FieldMapping | None = declared.metadata.get(KEY)
    if given is not None:
        return given
    name: str = declared.python_name
    if name == "id" and model is not None:
        return IdField()
    if model is None:
        return ColumnField(name) if type_name in REGISTRY.loose else None
    if is_money:
        return MoneyField(f"{name}_amount", f"{name}_currency")
    found = model.__mapper__.attrs.get(name)
    if isinstance(found, RelationshipProperty):
        return ManyField(name) if found.uselist else OneField(relationship=name)
    return None if found is None else ColumnField(name)
