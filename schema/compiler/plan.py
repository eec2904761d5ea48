"""Plans: a document made ready once, for the shape of its variables and the roles of who asks.

What is judged once: syntax, validation, the operation, its length. What is kept: the SQL text and where each
of its parameters comes from. Both caches are bounded.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import VariableValues, get_variable_values
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import asyncpg

from hub.errors import HubError
from hub.identity.actor import Actor
from schema.compiler.emit import Emitter, Uncompilable
from schema.compiler.mapping import Context
from schema.compiler.text import Piece, json_object
from schema.compiler.values import Convert, NeedsConcrete, Path, filled, names_variable, shape, slotted

MOST_TOKENS = 1_500
MOST_DOCUMENTS, MOST_PLANS = 500, 1_000
MOST_CONCRETE = 8
"""How many values of one document may decide about a statement's form."""

_DIALECT = asyncpg.dialect()  # type: ignore[no-untyped-call]

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """The entries used last."""

    def __init__(self, most: int) -> None:
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._most = most

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, which is then the last one used."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def keep(self, key: K, value: V) -> V:
        """Add an entry, and forget the one that was used longest ago."""
        self._entries[key] = value
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)
        return value


@dataclass(slots=True)
class Document:
    """A document that was read, with what is wrong with it."""

    node: DocumentNode | None
    errors: list[GraphQLError]
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    operations: dict[str, OperationDefinitionNode] = field(default_factory=dict)
    concrete: frozenset[Path] = frozenset()
    """Paths in the variables whose values decide about the statement's form; found out while planning."""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of the name, or the only one."""
        if name is not None:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, ready to run."""

    sql: str | None
    """None where nothing of the answer is in the database."""
    constant: str
    """Members of the answer that are the same for everybody, such as introspection: `"key":value,...`."""
    parameters: tuple[tuple[str, Any, Convert | None], ...]
    """For each `$n`: "constant" and a value, "person", "organisation", or "given", what and how."""

    def arguments(self, variables: Mapping[str, Any], actor: Actor) -> list[Any]:
        """The parameters' values for one request; InvalidInput where a value cannot be used."""
        found = []
        for kind, raw, convert in self.parameters:
            if kind == "constant":
                found.append(raw)
            elif kind == "given":
                assert convert is not None
                found.append(convert(filled(raw, variables)))
            else:
                found.append(actor.person_id if kind == "person" else actor.organisation_id)
        return found


class Planner:
    """Documents and plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.documents: Bounded[str, Document] = Bounded(MOST_DOCUMENTS)
        self.plans: Bounded[Any, Plan | str] = Bounded(MOST_PLANS)

    def read(self, text: str) -> Document:
        """The document, parsed and validated once."""
        return self.documents.get(text) or self.documents.keep(text, self._read(text))

    def _read(self, text: str) -> Document:
        try:
            node = parse(text, no_location=False, max_tokens=MOST_TOKENS)
        except GraphQLError as error:
            return Document(None, [error])
        errors = validate(self.schema, node)
        found = Document(node, errors)
        for definition in node.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                found.fragments[definition.name.value] = definition
            elif isinstance(definition, OperationDefinitionNode):
                found.operations[definition.name.value if definition.name else ""] = definition
        return found

    def plan(
        self, text: str, name: str | None, variables: Mapping[str, Any], actor: Actor
    ) -> tuple[Plan, dict[str, Any]] | None:
        """The plan of a read and its coerced variables; None where the normal executor has to answer."""
        document = self.read(text)
        operation = document.operation(name)
        if document.errors or operation is None or operation.operation is not OperationType.QUERY:
            return None
        coerced = self._coerced(operation, variables)
        if coerced is None:
            return None
        who = (actor.roles, actor.person_id is None, actor.organisation_id is None)
        shapes = tuple((n, shape(v, (n,), document.concrete)) for n, v in coerced.items())
        key = (text, name, shapes, who)
        found = self.plans.get(key)
        if found is None:
            found, key = self._made(document, operation, coerced, actor, key)
            self.plans.keep(key, found)
        return None if isinstance(found, str) else (found, coerced)

    def _coerced(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        if not operation.variable_definitions:
            return {}
        found = get_variable_values(self.schema, operation.variable_definitions, dict(variables))
        return dict(found.coerced) if isinstance(found, VariableValues) else None

    def _made(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        actor: Actor,
        key: Any,
    ) -> tuple[Plan | str, Any]:
        """A plan, or why there is none; and the key under which it is kept."""
        for _ in range(MOST_CONCRETE):
            given = {n: slotted(v, (n,), document.concrete) for n, v in variables.items()}
            try:
                return self._written(document, operation, given, actor), key
            except NeedsConcrete as needs:
                document.concrete |= {needs.path}
                shapes = tuple((n, shape(v, (n,), document.concrete)) for n, v in variables.items())
                key = (key[0], key[1], shapes, key[3])
            except Uncompilable as why:
                return f"not compiled: {why}", key
            except HubError as wrong:
                return f"not compiled: {wrong}", key
        return "not compiled: too many values decide about its form", key

    def _written(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        actor: Actor,
    ) -> Plan:
        query = self.schema.query_type
        assert query is not None
        emitter = Emitter(self.schema, document.fragments, operation, variables, Context(actor=actor))
        selected = collect_fields(
            self.schema, emitter.fragments, emitter.variables, query, operation
        ).grouped_field_set
        pairs: list[tuple[str, Piece]] = []
        introspection: list[FieldNode] = []
        for key, nodes in selected.items():
            name = nodes[0].node.name.value
            if name in query.fields:
                pairs.append((key, emitter.field(query.fields[name], nodes, None, query.name)))
            else:
                introspection += [details.node for details in nodes]
        constant = self._introspected(document, operation, introspection, variables)
        if not pairs:
            return Plan(None, constant, ())
        compiled = select(json_object(pairs)).compile(
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        sources = emitter.binds.sources
        parameters: list[tuple[str, Any, Convert | None]] = []
        for parameter in compiled.positiontup or ():
            if parameter == "actor_person":
                parameters.append(("person", None, None))
            elif parameter == "actor_organisation":
                parameters.append(("organisation", None, None))
            elif parameter in sources:
                parameters.append(("given", *sources[parameter]))
            else:
                parameters.append(("constant", compiled.params[parameter], None))
        return Plan(str(compiled), constant, tuple(parameters))

    def _introspected(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        nodes: list[FieldNode],
        variables: Mapping[str, Any],
    ) -> str:
        """The members that the schema itself answers; they are the same until the process ends."""
        if not nodes:
            return ""
        if any(names_variable(argument.value) for node in nodes for argument in node.arguments or ()):
            raise Uncompilable("introspection by a variable")
        switches = {name: value for name, value in variables.items() if isinstance(value, bool)}
        asked = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=tuple(
                defined
                for defined in operation.variable_definitions or ()
                if defined.variable.name.value in switches
            ),
            directives=(),
            selection_set=SelectionSetNode(selections=tuple(nodes)),
        )
        found = execute_sync(
            self.schema,
            DocumentNode(definitions=(asked, *document.fragments.values())),
            variable_values=switches,
        )
        if found.errors or found.data is None:
            raise Uncompilable("introspection with an error")
        return json.dumps(found.data, ensure_ascii=False, separators=(",", ":"))[1:-1]
