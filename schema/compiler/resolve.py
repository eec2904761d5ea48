"""Running a root field's statement, and letting the normal executor read its JSON."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)
from graphql.execution.collect_fields import FieldDetails
from sqlalchemy import func, select

from hub.db.engine import Database
from hub.identity.actor import Actor
from schema.compiler.emit import EVENT, TYPE_KEY, Emitter, field_mapping
from schema.compiler.mapping import REGISTRY, Context
from schema.compiler.text import NULL
from schema.compiler.transport import decoded, fetch


class Reader(Protocol):
    """What a request gives to its resolvers."""

    @property
    def actor(self) -> Actor: ...

    @property
    def database(self) -> Database: ...


WRITTEN = ("Decimal", "Date", "DateTime")
"""Scalars that the database writes as JSON text, exactly as Python would."""


def install(schema: GraphQLSchema) -> None:
    """Give every mapped field its resolver; TypeError names each field that has neither."""
    unmapped = []
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInterfaceType) and type_.name != "UserError":
            type_.resolve_type = _resolve_type
        if isinstance(type_, GraphQLScalarType) and type_.name in WRITTEN:
            _let_text_pass(type_)
        if isinstance(type_, GraphQLUnionType):
            type_.resolve_type = _resolve_result
        if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
            continue
        if type_.name in REGISTRY.models:
            type_.is_type_of = None  # rows travel as dicts
        for name, declared in type_.fields.items():
            if not _install_field(schema, type_, declared):
                unmapped.append(f"{type_.name}.{name}")
    if unmapped:
        raise TypeError(f"neither mapped to the database nor resolved: {', '.join(unmapped)}")


def _install_field(schema: GraphQLSchema, type_: GraphQLObjectType, declared: GraphQLField) -> bool:
    definition = declared.extensions.get("strawberry-definition")
    if definition is None or definition.base_resolver is not None:
        return True
    is_root = type_ is schema.query_type
    if type_.name.endswith("Success"):
        declared.resolve = _resolve_payload
        return True
    mapping = field_mapping(declared, type_.name)
    if is_root and mapping is not None:
        declared.resolve = _resolve_root
        return True
    if mapping is not None or type_.name in BY_KEY or type_.name.endswith(("Connection", "Edge")):
        declared.resolve = _read_by_key
        return True
    return type_.name in REGISTRY.loose or _is_plain(type_)


BY_KEY = ("Money", "PageInfo")
"""Types whose objects are always parts of a row."""


def _is_plain(type_: GraphQLObjectType) -> bool:
    """Whether the type's objects are made in Python: the errors of mutations."""
    return type_.name == "InputProblem" or any(i.name == "UserError" for i in type_.interfaces)


def _read_by_key(source: dict[str, Any], info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    """Reads the field from its parent's dict, by response key."""
    return source[str(info.path.key)]


def _let_text_pass(scalar: GraphQLScalarType) -> None:
    """What the database wrote stands as it is; only values made in Python are put into words."""
    write = scalar.coerce_output_value

    def coerce(value: Any) -> Any:
        return value if isinstance(value, str) else write(value)

    scalar.coerce_output_value = coerce


def _resolve_type(value: Any, *_: Any) -> str:
    return str(value[TYPE_KEY])


def _resolve_result(value: Any, *_: Any) -> str:
    """The results of mutations are objects of the contract's own classes."""
    return str(type(value).__strawberry_definition__.name)


def _resolve_payload(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    return source.data[str(info.path.key)]


async def _resolve_root(_: Any, info: GraphQLResolveInfo[Any], **__: Any) -> Any:
    return await read(info, info.parent_type.fields[info.field_name])


async def read(info: GraphQLResolveInfo[Any], declared: GraphQLField) -> Any:
    """The root field's data, as dicts by response key, from one statement."""
    reader: Reader = info.context
    emitter = Emitter(
        info.schema,
        info.fragments,
        info.operation,
        info.variable_values,
        Context(actor=reader.actor),
        marks_types=True,
    )
    details = [FieldDetails(node, None) for node in info.field_nodes]
    value = emitter.field(declared, details, None, info.parent_type.name)
    return decoded(await fetch(reader.database, reader.actor, select(value)))


async def read_event(
    database: Database, emitter: Emitter, declared: GraphQLField, details: list[FieldDetails], id: UUID
) -> Any:
    """The data of a subscription's field for a change of the row; None where the actor does not see it."""
    value = emitter.field(declared, details, None, "Subscription")
    statement = select(func.coalesce(value, NULL)).params({EVENT: id})
    return decoded(await fetch(database, emitter.context.actor, statement))
