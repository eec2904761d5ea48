"""Values that a statement binds: constants of the document, or slots that a request's variables fill.

A plan is made once for a document and the shape of its variables, and run many times. While it is made, a
variable's leaves are slots; where the statement's form depends on a value (an order, a grouping), or on an
aspect of it (the type that an id names), that is asked for by `known`, and becomes a part of the shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from graphql import (
    FieldNode,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    value_from_ast,
)
from graphql.execution.values import get_argument_values
from sqlalchemy import ColumnElement, bindparam
from sqlalchemy.types import TypeEngine

Path = tuple[str, ...]
Convert = Callable[[Any], Any]
Aspect = Callable[[Any], Any]
"""What a statement's form depends on of a value: few answers, all hashable."""
Decisive = Mapping[Path, Aspect]
"""Where in the variables something decides about a statement's form, and what of it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a leaf in the request's variables, and what is known of any value there."""

    path: Path
    aspect: Aspect | None = None
    known: Any = None


class NeedsConcrete(Exception):
    """The statement's form depends on the aspect of what stands at the path."""

    def __init__(self, path: Path, aspect: Aspect) -> None:
        super().__init__(path)
        self.path, self.aspect = path, aspect


def slotted(value: Any, path: Path, decisive: Decisive) -> Any:
    """The variable with a slot for each leaf; null, true and false stay."""
    if value is None or isinstance(value, bool):
        return value
    if path in decisive:
        return Slot(path, decisive[path], decisive[path](value))
    if isinstance(value, dict):
        return {name: slotted(inner, (*path, name), decisive) for name, inner in value.items()}
    return Slot(path)


def shape(value: Any, path: Path, decisive: Decisive) -> Any:
    """What a plan depends on of the variable: hashable, equal for values that one plan serves."""
    if value is None or isinstance(value, bool):
        return value
    if path in decisive:
        return ("=", decisive[path](value))
    if isinstance(value, dict):
        return tuple((name, shape(inner, (*path, name), decisive)) for name, inner in value.items())
    return "*"


def filled(raw: Any, variables: Mapping[str, Any]) -> Any:
    """The raw value with its slots filled from the request's variables."""
    if isinstance(raw, Slot):
        found: Any = variables
        for name in raw.path:
            found = found[name]
        return found
    if isinstance(raw, list):
        return [filled(item, variables) for item in raw]
    return raw


def _has_slot(raw: Any) -> bool:
    return isinstance(raw, Slot) or (isinstance(raw, list) and any(map(_has_slot, raw)))


@dataclass(slots=True)
class Binds:
    """The parameters of a statement that a request fills."""

    sources: dict[str, tuple[Any, Convert]] = field(default_factory=dict)
    constants: int = 0
    """How many values that the document states have been bound."""

    def bound(self, raw: Any, type_: TypeEngine[Any], convert: Convert) -> ColumnElement[Any]:
        """The value as SQL: a constant's bind, or a slot's."""
        if not _has_slot(raw):
            self.constants += 1
            return bindparam(f"c{self.constants}", convert(raw), type_)
        name = f"v{len(self.sources)}"
        self.sources[name] = (raw, convert)
        return bindparam(name, None, type_)


def _same(value: Any) -> Any:
    return value


def itself(value: Any) -> Any:
    """The aspect that is the whole value; of a list, each member once, in order."""
    return tuple(dict.fromkeys(value)) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Value:
    """An argument's value, or a part of one, while a statement is written."""

    raw: Any
    binds: Binds

    def sql(self, type_: TypeEngine[Any], convert: Convert = _same) -> ColumnElement[Any]:
        """The value as a bind of the type; `convert` checks it and may raise InvalidInput."""
        return self.binds.bound(self.raw, type_, convert)

    def known(self, aspect: Aspect) -> Any:
        """The aspect of the value; a plan made with it serves values of the same aspect only."""
        if not isinstance(self.raw, Slot):
            return aspect(self.raw)
        if self.raw.aspect is not aspect:
            raise NeedsConcrete(self.raw.path, aspect)
        return self.raw.known

    def concrete(self) -> Any:
        """The value itself, one of a few; a plan made with it serves this value only."""
        if isinstance(self.raw, list):
            return [Value(item, self.binds).concrete() for item in self.raw]
        found = self.known(itself)
        return list(found) if isinstance(found, tuple) else found

    def parts(self) -> dict[str, Value]:
        """The fields of an input object that hold a value: omitted and null ones are left out."""
        return {
            name: Value(raw, self.binds)
            for name, raw in (self.raw or {}).items()
            if raw is not None and raw is not Undefined
        }


Arguments = Mapping[str, Value]
"""A field's arguments by name: omitted and null ones are left out."""


def arguments_of(
    declared: GraphQLField, node: FieldNode, variables: Mapping[str, Any], binds: Binds
) -> dict[str, Value]:
    """The arguments, coerced as GraphQL says; variables may hold slots."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    own = {name: value for name, value in given.items() if names_variable(value)}
    plain = GraphQLField(
        declared.type, args={name: arg for name, arg in declared.args.items() if name not in own}
    )
    constant = FieldNode(
        name=node.name, arguments=tuple(a for a in node.arguments or () if a.name.value not in own)
    )
    found = get_argument_values(plain, constant)
    for name, value in own.items():
        coerced = _from_ast(value, declared.args[name].type, variables)
        if coerced is Undefined:
            default = GraphQLField(declared.type, args={name: declared.args[name]})
            found |= get_argument_values(default, FieldNode(name=node.name, arguments=()))
        else:
            found[name] = coerced
    return {name: Value(raw, binds) for name, raw in found.items() if raw is not None}


def names_variable(node: ValueNode) -> bool:
    """Whether a variable stands somewhere in the value."""
    match node:
        case VariableNode():
            return True
        case ListValueNode():
            return any(map(names_variable, node.values))
        case ObjectValueNode():
            return any(names_variable(entry.value) for entry in node.fields)
    return False


def _from_ast(node: ValueNode, type_: GraphQLInputType, variables: Mapping[str, Any]) -> Any:
    if isinstance(type_, GraphQLNonNull):
        found = _from_ast(node, type_.of_type, variables)
        if found is None:
            raise GraphQLError(f"A value of type '{type_}' must not be null.", node)
        return found
    match node:
        case VariableNode():
            return variables.get(node.name.value, Undefined)
        case NullValueNode():
            return None
        case ObjectValueNode() if isinstance(type_, GraphQLInputObjectType):
            entries = {entry.name.value: entry.value for entry in node.fields}
            return {
                name: _from_ast(value, type_.fields[name].type, variables) for name, value in entries.items()
            }
        case ListValueNode() if isinstance(type_, GraphQLList):
            return [_from_ast(value, type_.of_type, variables) for value in node.values]
    if isinstance(type_, GraphQLList):
        return [_from_ast(node, type_.of_type, variables)]
    return value_from_ast(node, type_)


def text_of(value: Any) -> Any:
    """The stored text of an enum's member."""
    return value.value if isinstance(value, Enum) else value


def texts_of(values: Any) -> list[Any]:
    """The stored texts of a list of enums; a single value stands for a list of one."""
    return [text_of(value) for value in (values if isinstance(values, list) else [values])]
