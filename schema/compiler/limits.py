"""How much one document may ask for, judged before validation, in one pass that looks at each fragment once.

So the time does not grow with what fragments that spread each other would amount to. What is counted is an
upper bound: a fragment that stands twice in the same place counts twice. A fragment within itself is refused
here: what follows would not end, or not soon.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from schema.compiler.pages import DEFAULT_SIZE, LARGEST_SIZE

MOST_DEPTH = 12
"""Fields within fields."""
MOST_ALIASES = 50
"""Renamed fields in one field set, its fragments put in."""
MOST_FIELDS = 2_000
"""Fields to write into the statement: fragments put in, and for an interface once for each of its types."""
MOST_COST = 250_000
"""Fields of the answer, if every page is full and every other list holds FEW."""
MOST_INTROSPECTION = 60_000
"""The same of what the document asks of the schema itself; the usual query of tools comes to about 36,000."""
MOST_REPEATS = 200
"""Selections of what is selected of the same object already: validation compares each with each."""

FEW = 10
"""How many a list without paging is taken to hold."""
PARTS = {"fields": 5, "inputFields": 2, "enumValues": 2, "directives": 8}
"""The same of the lists of which the schema consists, on the average of all types; 1 where not named."""
LONGEST_PAGE = 1_000
ENDLESS = 10**12
"""What is more is not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a selection amounts to."""

    depth: int = 0
    here: int = 0
    """Renamed fields in the field set itself."""
    aliases: int = 0
    """Renamed fields in whichever field set within has most."""
    fields: int = 0
    cost: int = 0
    introspection: int = 0


NOTHING = Measure()


def exceeded(schema: GraphQLSchema, document: DocumentNode) -> list[GraphQLError]:
    """Which limits the document's operations exceed, by how much."""
    surveyor = _Surveyor(schema)
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            surveyor.fragments.setdefault(definition.name.value, definition)
    found: list[GraphQLError] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            type_ = schema.get_root_type(definition.operation)
            measure = surveyor.selection(definition.selection_set, type_)
            if surveyor.circles:
                return surveyor.circles
            # To look at every field is safe only once it is known that they are few.
            is_large = measure.fields > MOST_FIELDS
            repeats = 0 if is_large else surveyor.repeats([definition.selection_set])
            found += _judged(definition, measure, repeats)
    return found


def _judged(operation: OperationDefinitionNode, measure: Measure, repeats: int) -> Iterable[GraphQLError]:
    for name, value, most, what in (
        ("depth", measure.depth, MOST_DEPTH, "fields are nested {} deep"),
        ("aliases", max(measure.aliases, measure.here), MOST_ALIASES, "{} fields of one object are renamed"),
        ("fields", measure.fields, MOST_FIELDS, "{} fields are selected, with all fragments put in"),
        ("cost", measure.cost, MOST_COST, "the answer may hold {} fields"),
        ("repeats", repeats, MOST_REPEATS, "{} selections repeat a field of the same object"),
        ("introspection", measure.introspection, MOST_INTROSPECTION, "{} fields are asked of the schema"),
    ):
        if value > most:
            said = what.format(f"{value:,}")
            yield GraphQLError(
                f"This asks for too much: {said}; the limit is {most:,}.",
                operation,
                extensions={"limit": name, "value": value, "most": most},
            )


@dataclass(slots=True)
class _Surveyor:
    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    circles: list[GraphQLError] = field(default_factory=list)
    """Spreads of a fragment within itself."""
    _known: dict[str, Measure | None] = field(default_factory=dict)
    """By fragment; None while it is being measured."""

    def selection(self, selected: SelectionSetNode, parent: GraphQLNamedType | None) -> Measure:
        """What the fields and fragments of one selection set amount to together."""
        parts = [self._part(selection, parent) for selection in selected.selections]
        return Measure(
            depth=max((part.depth for part in parts), default=0),
            here=min(sum(part.here for part in parts), ENDLESS),
            aliases=max((part.aliases for part in parts), default=0),
            fields=min(sum(part.fields for part in parts), ENDLESS),
            cost=min(sum(part.cost for part in parts), ENDLESS),
            introspection=min(sum(part.introspection for part in parts), ENDLESS),
        )

    def _part(self, selection: SelectionNode, parent: GraphQLNamedType | None) -> Measure:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection)
        assert isinstance(selection, InlineFragmentNode)
        condition = selection.type_condition
        type_ = self.schema.get_type(condition.name.value) if condition is not None else parent
        return self.selection(selection.selection_set, type_)

    def _fragment(self, spread: FragmentSpreadNode) -> Measure:
        name = spread.name.value
        fragment = self.fragments.get(name)
        if fragment is None:
            return NOTHING
        if name not in self._known:
            self._known[name] = None
            type_ = self.schema.get_type(fragment.type_condition.name.value)
            self._known[name] = self.selection(fragment.selection_set, type_)
        known = self._known[name]
        if known is None:
            self.circles.append(GraphQLError(f"Cannot spread fragment '{name}' within itself.", spread))
            return NOTHING
        return known

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Measure:
        here = int(node.alias is not None)
        declared = self._declared(node, parent)
        if node.selection_set is None:
            return Measure(depth=1, here=here, fields=1, cost=1)
        type_ = get_named_type(declared.type) if declared is not None else None
        inner = self.selection(node.selection_set, type_)
        rows = self._rows(node, declared, parent)
        # What wraps another type (`[Int!]!`) does so half of the time.
        within = inner.cost // 2 if node.name.value == "ofType" else inner.cost
        cost = min(1 + rows * within, ENDLESS)
        if parent is self.schema.query_type and node.name.value in ("__schema", "__type"):
            return Measure(
                depth=1,
                here=here,
                aliases=max(inner.aliases, inner.here),
                fields=min(1 + inner.fields, ENDLESS),
                introspection=cost,
            )
        kinds = len(self.schema.get_possible_types(type_)) if isinstance(type_, GraphQLInterfaceType) else 1
        return Measure(
            depth=1 + inner.depth,
            here=here,
            aliases=max(inner.aliases, inner.here),
            fields=min(1 + kinds * inner.fields, ENDLESS),
            cost=cost,
        )

    def repeats(self, merged: list[SelectionSetNode]) -> int:
        """How many selections of one object, and of all within it, are of a response key that has one."""
        by_key: dict[str, list[SelectionSetNode]] = {}
        count = 0
        seen: set[str] = set()
        waiting = list(merged)
        while waiting:
            for selection in waiting.pop().selections:
                if isinstance(selection, FieldNode):
                    key = (selection.alias or selection.name).value
                    count += key in by_key
                    inner = by_key.setdefault(key, [])
                    if selection.selection_set is not None:
                        inner.append(selection.selection_set)
                elif isinstance(selection, InlineFragmentNode):
                    waiting.append(selection.selection_set)
                elif isinstance(selection, FragmentSpreadNode) and selection.name.value not in seen:
                    seen.add(selection.name.value)
                    if selection.name.value in self.fragments:
                        waiting.append(self.fragments[selection.name.value].selection_set)
        return count + sum(self.repeats(inner) for inner in by_key.values() if inner)

    def _declared(self, node: FieldNode, parent: GraphQLNamedType | None) -> GraphQLField | None:
        if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType):
            return self.schema.get_field(parent, node.name.value)
        return None

    def _rows(self, node: FieldNode, declared: GraphQLField | None, parent: GraphQLNamedType | None) -> int:
        """How many times at most what is selected within is there."""
        if declared is None or parent is None:
            return 1
        if "first" in declared.args:
            return _page_size(node, declared)
        if parent.name.endswith("Connection") or not is_list_type(get_nullable_type(declared.type)):
            return 1
        if not parent.name.startswith("__"):
            return FEW
        name = node.name.value
        return len(self.schema.type_map) if name == "types" else PARTS.get(name, 1)


def _page_size(node: FieldNode, declared: GraphQLField) -> int:
    default = declared.args["first"].default_value
    size = default if isinstance(default, int) else DEFAULT_SIZE
    for argument in node.arguments or ():
        if argument.name.value in ("first", "last") and not isinstance(argument.value, NullValueNode):
            given = argument.value
            # Any number of digits is fewer than it is worth reading.
            is_short = isinstance(given, IntValueNode) and len(given.value) <= len(str(LONGEST_PAGE))
            size = int(given.value) if is_short else LARGEST_SIZE  # type: ignore[attr-defined]
    return max(1, min(size, LONGEST_PAGE))
