"""Random valid read documents over the hub's own schema, for comparing the two ways of answering them."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    get_named_type,
    is_composite_type,
    parse,
    validate,
)

from schema.compiler.limits import exceeded
from tests.compiler.cursors import Order

DEEPEST = 6
MOST_FIELDS = 60
"""Fields of one document, so that a corpus is many shapes rather than large ones."""

EXAMPLES = """{
  memberStates(first: 3) { nodes { id isoCode memberships { id workingGroup { id } } } }
  partners(first: 3) { nodes { id } }
  initiatives(first: 3) { nodes { id reference participants { id } corePurposes { id } } }
  proposals(first: 3) { nodes { id reference revisions { id } votes { id } reviews { id } } }
  contributions(first: 3) { nodes { id reference transactions { id } allocations { id } } }
  expressionsOfInterest(first: 2) { nodes { id } } secondments(first: 2) { nodes { id } }
  vettingApplications(first: 2) { nodes { id reference decisions { id } } }
}"""
"""What finds the ids and references that documents ask for."""

WORDS = (
    "training",
    "a",
    "e",
    "'",
    '"',
    "\\",
    "$1",
    "$$",
    "E'\\x01'",
    "100%",
    "_",
    "\u2028",
    "日本",
    "or -x",
    "",
)
DIRECTIVES = ("skip", "include")


@dataclass(frozen=True)
class Known:
    """Ids by type, and other texts by the argument's name, of rows that exist; and cursors of lists."""

    ids: dict[str, list[str]]
    texts: dict[str, list[str]]
    cursors: dict[str, dict[Order, list[str]]]
    """By the input type that orders the list, and the order."""

    @classmethod
    def found_in(cls, data: Any, cursors: dict[str, dict[Order, list[str]]]) -> Known:
        """What stands in the answer to EXAMPLES."""
        known = cls({}, {"currency": ["AUD", "USD", "XXX"], "search": list(WORDS)}, cursors)
        for name, value in _leaves(data):
            if name == "id":
                type_name = base64.b64decode(value).decode().partition(":")[0]
                known.ids.setdefault(type_name, []).append(value)
            elif name in ("isoCode", "reference"):
                known.texts.setdefault(name, []).append(value)
        return known


def _leaves(data: Any) -> Iterator[tuple[str, str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            if isinstance(value, str):
                yield name, value
            yield from _leaves(value)
    elif isinstance(data, list):
        for item in data:
            yield from _leaves(item)


IDS_OF = {
    "provider": ("MemberState", "Partner"),
    "organisation": ("MemberState", "Partner"),
    "workingGroup": ("WorkingGroup",),
    "vettingApplication": ("VettingApplication",),
    "initiative": ("Initiative",),
    "proposal": ("Proposal",),
    "contribution": ("Contribution",),
}
"""Of which types the ids are, by the name of the argument, or of the field with an argument `id`."""


@dataclass(frozen=True)
class Written:
    """A document with its variables."""

    text: str
    variables: dict[str, Any]
    pages: frozenset[str]
    """In which ways its lists are paged by cursors: their arguments, such as "after last"."""


@dataclass
class _Writer:
    schema: GraphQLSchema
    known: Known
    chance: random.Random
    variables: dict[str, Any] = field(default_factory=dict)
    declared: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    spread: list[tuple[str, str]] = field(default_factory=list)
    """Fragments that stand, with their types."""
    pages: set[str] = field(default_factory=set)
    number: int = 0
    left: int = MOST_FIELDS

    def document(self) -> Written:
        query = self.schema.query_type
        assert query is not None
        body = self.selection(query, 1)
        name = self.chance.choice(("", " Asked"))
        declared = f"({', '.join(self.declared)})" if self.declared else ""
        text = "\n".join([f"query{name}{declared} {body}", *self.fragments])
        return Written(text, self.variables, frozenset(self.pages))

    def fresh(self, stem: str) -> str:
        self.number += 1
        return f"{stem}{self.number}"

    # -- selections ------------------------------------------------------------------------------

    def selection(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        names = list(type_.fields)
        count = self.chance.randint(1, 3 if depth == 1 else 5)
        chosen = self.chance.sample(names, min(count, len(names)))
        parts = [part for name in chosen if (part := self.field(name, type_.fields[name], depth))]
        if self.chance.random() < 0.3:
            parts.append("__typename" + self.directive())
        if self.chance.random() < 0.3:
            parts.append(self.inline(type_, depth))
        if self.chance.random() < 0.15:
            parts.append(self.named(type_, depth))
        if depth == 1 and self.chance.random() < 0.05:
            parts.append('__type(name: "Proposal") { name fields { name } }')
        self.chance.shuffle(parts)
        return "{ " + " ".join(parts or ["__typename"]) + " }"

    def field(self, name: str, declared: GraphQLField, depth: int) -> str:
        inner = get_named_type(declared.type)
        if is_composite_type(inner) and (depth >= DEEPEST or self.left <= 0):
            return ""
        self.left -= 1
        arguments = self.arguments(name, declared)
        is_renamed = arguments or self.chance.random() < 0.25 or name == "isoCode"
        text = (f"{self.fresh('a')}: " if is_renamed else "") + name + arguments + self.directive()
        if isinstance(inner, GraphQLObjectType | GraphQLInterfaceType):
            text += " " + self.selection(inner, depth + 1)
        return text

    def narrower(self, type_: GraphQLObjectType | GraphQLInterfaceType) -> list[Any]:
        """Types on which a fragment may stand within the type."""
        if isinstance(type_, GraphQLInterfaceType):
            return [type_, *self.schema.get_possible_types(type_), *type_.interfaces]
        return [type_, *type_.interfaces]

    def inline(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        on = self.chance.choice([None, *self.narrower(type_)])
        condition = f" on {on.name}" if on is not None else ""
        return f"...{condition}{self.directive()} {self.selection(on or type_, depth)}"

    def named(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        on = self.chance.choice(self.narrower(type_))
        again = [name for name, condition in self.spread if condition == on.name]
        if again and self.chance.random() < 0.6:
            return f"...{self.chance.choice(again)}{self.directive()}"
        name = self.fresh("F")
        # Known only once its body is written: no fragment may spread itself.
        body = self.selection(on, max(depth, DEEPEST - 2))
        self.fragments.append(f"fragment {name} on {on.name} {body}")
        self.spread.append((name, on.name))
        return f"...{name}{self.directive()}"

    def directive(self) -> str:
        if self.chance.random() > 0.12:
            return ""
        value = self.chance.random() < 0.5
        given = str(value).lower()
        if self.chance.random() < 0.6:
            variable = self.fresh("is")
            self.declared.append(f"${variable}: Boolean!" + self.chance.choice(("", " = true")))
            self.variables[variable], given = value, f"${variable}"
        return f" @{self.chance.choice(DIRECTIVES)}(if: {given})"

    # -- arguments -------------------------------------------------------------------------------

    def arguments(self, owner: str, declared: GraphQLField) -> str:
        arguments: Mapping[str, GraphQLArgument] = declared.args
        if "id" in arguments and len(arguments) == 2:
            name = self.chance.choice(list(arguments))  # a row is looked up by one of two
            arguments = {name: GraphQLArgument(GraphQLNonNull(_bare(arguments[name].type)))}
        chosen = self.chosen(arguments)
        bounds: list[str] = []
        if "after" in arguments and self.chance.random() < 0.4:
            beyond = self.chance.choice((["after"], ["before"], ["after", "before"]))
            bounds = self.bounds(get_named_type(arguments["orderBy"].type).name, beyond)
            chosen = [name for name in chosen if name != "orderBy"]
            self.pages.add(" ".join([*beyond, "last" if "last" in chosen else "first"]))
        given = [*(f"{name}: {self.value(arguments[name], name, owner)}" for name in chosen), *bounds]
        return f"({', '.join(given)})" if given else ""

    def bounds(self, order_type: str, beyond: list[str]) -> list[str]:
        """An order, and from where or up to where in it; now and then by a cursor that is none of it."""
        orders = self.known.cursors[order_type]
        order = self.chance.choice(list(orders))
        if not orders[order]:
            return []  # a list that is empty for everybody has no cursors
        given = []
        if order is not None:
            value = {"field": Name(order[0]), "direction": Name(order[1])}
            given.append(f"orderBy: {self.either(order_type, value)}")
        for name in beyond:
            cursors = orders[order]
            if self.chance.random() < 0.03:
                cursors = self.chance.choice([*self.wrong_cursors(order_type, order), list(WORDS)])
            given.append(f"{name}: {self.either('String', self.chance.choice(cursors))}")
        return given

    def wrong_cursors(self, order_type: str, order: Order) -> list[list[str]]:
        """The cursors of every other list, and of this one in other orders."""
        own = self.known.cursors[order_type][order]
        every = (cursors for orders in self.known.cursors.values() for cursors in orders.values())
        return [cursors for cursors in every if cursors and cursors != own]

    def either(self, type_name: str, value: Any) -> str:
        """The value as it is, or by a variable."""
        if self.chance.random() < 0.5:
            return _literal(value)
        variable = self.fresh("v")
        self.declared.append(f"${variable}: {type_name}")
        self.variables[variable] = _sent(value)
        return f"${variable}"

    def chosen(self, arguments: Mapping[str, GraphQLArgument]) -> list[str]:
        names = [n for n, a in arguments.items() if _is_required(a) or self.chance.random() < 0.35]
        if "first" in names and "last" in names:
            names.remove(self.chance.choice(("first", "last")))
        return [name for name in names if name not in ("after", "before")]  # they go with an order: bounds()

    def value(self, declared: GraphQLArgument | GraphQLInputField, name: str, owner: str) -> str:
        """A literal, or a variable, or a literal with variables in it."""
        type_, roll = declared.type, self.chance.random()
        if roll < 0.3:
            return self.variable(type_, name, owner, is_lone=isinstance(declared, GraphQLArgument))
        if roll < 0.36 and not isinstance(type_, GraphQLNonNull):
            return "null"
        return self.literal(type_, name, owner)

    def variable(self, type_: GraphQLInputType, name: str, owner: str, *, is_lone: bool) -> str:
        variable = self.fresh("v")
        default = ""
        if self.chance.random() < 0.2:
            default = f" = {_literal(self.plain(type_, name, owner))}"
        self.declared.append(f"${variable}: {type_}{default}")
        may_lack = not isinstance(type_, GraphQLNonNull)
        roll = self.chance.random()
        if roll < 0.15 and (may_lack or default):
            return f"${variable}"
        self.variables[variable] = None if roll < 0.25 and may_lack else _sent(self.plain(type_, name, owner))
        return f"${variable}"

    def literal(self, type_: GraphQLInputType, name: str, owner: str) -> str:
        bare = _bare(type_)
        if isinstance(bare, GraphQLInputObjectType):
            chosen = [n for n, f in bare.fields.items() if _is_required(f) or self.chance.random() < 0.35]
            return "{" + ", ".join(f"{n}: {self.value(bare.fields[n], n, name)}" for n in chosen) + "}"
        if isinstance(bare, GraphQLList) and self.chance.random() < 0.5:
            items = GraphQLArgument(bare.of_type)
            count = self.chance.randint(0, 3)
            return "[" + ", ".join(self.value(items, name, owner) for _ in range(count)) + "]"
        return _literal(self.plain(bare, name, owner))

    def plain(self, type_: GraphQLInputType, name: str, owner: str) -> Any:
        """A value of the type as JSON has it; an enum's as Name."""
        if isinstance(type_, GraphQLNonNull):
            return self.plain(type_.of_type, name, owner)
        if isinstance(type_, GraphQLList):
            if self.chance.random() < 0.2:
                return self.plain(type_.of_type, name, owner)
            return [self.plain(type_.of_type, name, owner) for _ in range(self.chance.randint(0, 3))]
        if isinstance(type_, GraphQLInputObjectType):
            chosen = [n for n, f in type_.fields.items() if _is_required(f) or self.chance.random() < 0.35]
            return {n: self.plain(type_.fields[n].type, n, name) for n in chosen}
        if isinstance(type_, GraphQLEnumType):
            return Name(self.chance.choice(list(type_.values)))
        return self.scalar(str(type_), name, owner)

    def scalar(self, type_name: str, name: str, owner: str) -> Any:
        match type_name:
            case "Boolean":
                return self.chance.random() < 0.5
            case "Int" if name in ("first", "last"):
                return self.chance.choice((0, 1, 1, 2, 3, 5) if self.chance.random() < 0.98 else (-1, 101))
            case "Int":
                return self.chance.choice((2024, 2025, 2026, 0, -(2**31)))
            case "ID":
                types = IDS_OF.get(owner if name == "id" else name) or tuple(self.known.ids)
                of_types = [id for name in types for id in self.known.ids.get(name, [])]
                return self.chance.choice(of_types)
        return self.chance.choice(self.known.texts.get(name, list(WORDS)))


class Name(str):
    """An enum's value: a bare name in a document, text among variables."""


def _bare(type_: GraphQLInputType) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_


def _is_required(declared: GraphQLArgument | GraphQLInputField) -> bool:
    return isinstance(declared.type, GraphQLNonNull) and declared.default_value is Undefined


def _literal(value: Any) -> str:
    if isinstance(value, Name):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(inner)}" for name, inner in value.items()) + "}"
    return json.dumps(value)


def _sent(value: Any) -> Any:
    """The value as it arrives from JSON."""
    return json.loads(json.dumps(value))


def documents(schema: GraphQLSchema, known: Known, *, count: int, seed: int) -> Iterator[Written]:
    """So many valid documents within the limits; the same ones for the same seed and data."""
    chance = random.Random(seed)
    while count:
        written = _Writer(schema, known, chance).document()
        document = parse(written.text)
        if not validate(schema, document) and not exceeded(schema, document):
            count -= 1
            yield written
