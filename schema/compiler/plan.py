"""Plans: a document made ready once, for the shape of its variables and the roles of who asks.

What is judged once: syntax, limits, validation, the operation. What is kept: the SQL text and where each of
its parameters comes from. What is kept is bounded: the plans of a document by number, so that one document
cannot drive out the others' plans, and all of it by its characters.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from graphql import (
    DocumentNode,
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
from graphql.execution.collect_fields import FieldDetails, collect_fields
from sqlalchemy import select

from hub.errors import HubError
from hub.identity.actor import Actor
from schema.compiler import limits
from schema.compiler.emit import EVENT, Emitter, Uncompilable
from schema.compiler.mapping import Context
from schema.compiler.rendering import rendered
from schema.compiler.text import Piece, json_object
from schema.compiler.values import (
    Aspect,
    Convert,
    NeedsConcrete,
    Path,
    filled,
    names_variable,
    shape,
    slotted,
)
from schema.compiler.variables import Variable, coerced, variables_of

MOST_TOKENS = 1_500
MOST_DOCUMENTS, MOST_PLANS = 500, 64
"""Documents kept, and plans kept of each."""
LONGEST_KEPT = 20_000
"""Characters of a document that is kept; a longer one is made ready each time."""
MOST_KEPT = 24_000_000
"""Bytes, about, of documents and plans kept."""
PARSED = 80
"""A document that was parsed takes about so many times the room of its text (measured)."""
MOST_DECISIVE = 8
"""How many values of one document may decide about a statement's form."""
HOLE = "\x02"
"""Where a part of the answer goes that the database does not give: no JSON holds the character."""
HOLE_BYTE = HOLE.encode()

ACTOR_BINDS = {
    "actor_person": "person_id",
    "actor_organisation": "organisation_id",
    "actor_session": "session_id",
}
"""Binds that each request fills with what it knows of who asks, by the name of the actor's attribute."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement, ready to run."""

    sql: str | None
    """None where nothing of the answer is in the database: then it is `constants` alone."""
    constants: tuple[bytes, ...]
    """The JSON that goes to each HOLE of the statement's text, such as introspection."""
    parameters: tuple[tuple[str, Any, Convert | None], ...]
    """For each `$n`: "constant" and a value, "actor" and an attribute, "event", or "given", what and how."""
    checks: tuple[tuple[Any, Convert], ...] = ()
    """What is given and judged, but in no `$n`: where the actor sees nothing, no condition is left."""

    @property
    def weight(self) -> int:
        """Bytes kept, about."""
        return len(self.sql or "") + sum(map(len, self.constants))

    def whole(self, text: bytes) -> bytes:
        """The statement's text with its holes filled."""
        for constant in self.constants:
            text = text.replace(HOLE_BYTE, constant, 1)
        return text

    def arguments(self, variables: Mapping[str, Any], actor: Actor, event: UUID | None = None) -> list[Any]:
        """The parameters' values for one request; InvalidInput where a value cannot be used.

        `event`: the row of which a subscription is told.
        """
        for raw, check in self.checks:
            check(filled(raw, variables))
        found = []
        for kind, raw, convert in self.parameters:
            if kind == "constant":
                found.append(raw)
            elif kind == "given":
                assert convert is not None
                found.append(convert(filled(raw, variables)))
            elif kind == "event":
                found.append(event)
            else:
                found.append(getattr(actor, raw))
        return found


@dataclass(slots=True)
class Document:
    """A document that was read, with what is wrong with it."""

    node: DocumentNode | None
    errors: list[GraphQLError]
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict)
    operations: dict[str, OperationDefinitionNode] = field(default_factory=dict)
    variables: dict[str, tuple[Variable, ...]] = field(default_factory=dict)
    """By the operation's name; of a valid document."""
    decisive: dict[Path, Aspect] = field(default_factory=dict)
    """What in the variables decides about the statement's form; found out while planning."""
    plans: OrderedDict[Any, Plan | str] = field(default_factory=OrderedDict)
    """By the shape of variables and of who asks: the plan, or why there is none; the last one used last."""
    weight: int = 0
    """Bytes kept, about."""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation of the name, or the only one."""
        if name is not None:
            return self.operations.get(name)
        return next(iter(self.operations.values())) if len(self.operations) == 1 else None

    def planned(self, key: Any) -> Plan | str | None:
        """The plan kept under the key, which is then the last one used."""
        found = self.plans.get(key)
        if found is not None:
            self.plans.move_to_end(key)
        return found

    def keep(self, key: Any, made: Plan | str) -> None:
        """Keep a plan, and forget the one that was used longest ago."""
        self.plans[key] = made
        self.weight += _weight(made)
        if len(self.plans) > MOST_PLANS:
            self.weight -= _weight(self.plans.popitem(last=False)[1])


def _weight(made: Plan | str) -> int:
    return made.weight if isinstance(made, Plan) else len(made)


class Documents:
    """The documents used last, as many as there is room for."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Document] = OrderedDict()
        self.weight = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, text: str) -> Document | None:
        """The document, which is then the last one used."""
        found = self._entries.get(text)
        if found is not None:
            self._entries.move_to_end(text)
        return found

    def add(self, text: str, document: Document) -> None:
        """Keep a document, and forget those for which there is no room."""
        self._entries[text] = document
        self.weight += document.weight
        self._fit()

    def keep(self, text: str, document: Document, key: Any, made: Plan | str) -> None:
        """Keep a plan of a document, if the document is itself still kept."""
        before = document.weight
        document.keep(key, made)
        if self._entries.get(text) is document:
            self.weight += document.weight - before
            self._fit()

    def _fit(self) -> None:
        while self._entries and (len(self._entries) > MOST_DOCUMENTS or self.weight > MOST_KEPT):
            self.weight -= self._entries.popitem(last=False)[1].weight


class Planner:
    """Documents and plans of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self.schema = schema
        self.documents = Documents()

    def read(self, text: str) -> Document:
        """The document, parsed and validated once."""
        found = self.documents.get(text)
        if found is None:
            found = self._read(text)
            found.weight = PARSED * len(text) if found.node is not None else len(text)
            if len(text) <= LONGEST_KEPT:
                self.documents.add(text, found)
        return found

    def _read(self, text: str) -> Document:
        try:
            node = parse(text, no_location=False, max_tokens=MOST_TOKENS)
            errors = limits.exceeded(self.schema, node) or validate(self.schema, node)
        except GraphQLError as error:
            return Document(None, [error])
        except RecursionError:
            return Document(None, [GraphQLError("The document is nested too deeply to be read.")])
        found = Document(node, errors)
        for definition in node.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                found.fragments[definition.name.value] = definition
            elif isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else ""
                found.operations[name] = definition
                if not errors:
                    found.variables[name] = variables_of(self.schema, definition)
        return found

    def plan(
        self,
        text: str,
        name: str | None,
        variables: Mapping[str, Any],
        actor: Actor,
        kind: OperationType = OperationType.QUERY,
    ) -> tuple[Plan, dict[str, Any]] | None:
        """The plan of a read and its coerced variables; None where the normal executor has to answer."""
        document = self.read(text)
        operation = document.operation(name)
        if document.errors or operation is None or operation.operation is not kind:
            return None
        given = coerced(document.variables[operation.name.value if operation.name else ""], variables)
        if given is None:
            return None
        who = (actor.roles, actor.means, actor.person_id is None, actor.organisation_id is None)
        found = document.planned((name, who, _shapes(given, document)))
        if found is None:
            found = self._made(document, operation, given, actor)
            self.documents.keep(text, document, (name, who, _shapes(given, document)), found)
        return None if isinstance(found, str) else (found, given)

    def _made(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        actor: Actor,
    ) -> Plan | str:
        """A plan, or why there is none."""
        while True:
            given = {n: slotted(v, (n,), document.decisive) for n, v in variables.items()}
            try:
                return self._written(document, operation, given, actor)
            except NeedsConcrete as needs:
                # Counted over all who ask: whether it compiles must not depend on who asked first.
                if len(document.decisive) == MOST_DECISIVE:
                    return "not compiled: too many values decide about its form"
                document.decisive[needs.path] = needs.aspect
            except (Uncompilable, HubError, GraphQLError) as why:
                return f"not compiled: {why}"

    def _written(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        actor: Actor,
    ) -> Plan:
        root = self.schema.get_root_type(operation.operation)
        assert root is not None
        emitter = Emitter(self.schema, document.fragments, operation, variables, Context(actor=actor))
        selected = collect_fields(
            self.schema, emitter.fragments, emitter.variables, root, operation
        ).grouped_field_set
        others = {
            key: nodes for key, nodes in selected.items() if nodes[0].node.name.value not in root.fields
        }
        constants = self._introspected(document, operation, others, variables)
        if len(others) == len(selected):
            known = zip(others, constants, strict=True)
            whole = b",".join(b'"%s":%s' % (key.encode(), value) for key, value in known)
            return Plan(None, (b"{%s}" % whole,), ())
        pairs: list[tuple[str, Piece]] = []
        for key, nodes in selected.items():
            name = nodes[0].node.name.value
            is_read = key not in others
            pairs.append((key, emitter.field(root.fields[name], nodes, None, root.name) if is_read else HOLE))
        compiled = rendered(select(json_object(pairs)))
        sources = emitter.binds.sources
        names = compiled.positiontup or []
        parameters: list[tuple[str, Any, Convert | None]] = []
        for parameter in names:
            if parameter in ACTOR_BINDS:
                parameters.append(("actor", ACTOR_BINDS[parameter], None))
            elif parameter == EVENT:
                parameters.append(("event", None, None))
            elif parameter in sources:
                parameters.append(("given", *sources[parameter]))
            else:
                parameters.append(("constant", compiled.params[parameter], None))
        checks = tuple(source for name, source in sources.items() if name not in names)
        return Plan(str(compiled), constants, tuple(parameters), checks)

    def _introspected(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        selected: Mapping[str, list[FieldDetails]],
        variables: Mapping[str, Any],
    ) -> tuple[bytes, ...]:
        """The JSON of each key that the schema itself answers; it is the same until the process ends."""
        nodes = [details.node for merged in selected.values() for details in merged]
        if not nodes:
            return ()
        if any(names_variable(argument.value) for node in nodes for argument in node.arguments or ()):
            raise Uncompilable("introspection by a variable")
        switches = {name: v for name, v in variables.items() if v is None or isinstance(v, bool)}
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
        given = found.data
        return tuple(
            json.dumps(given[key], ensure_ascii=False, separators=(",", ":")).encode() for key in selected
        )


def _shapes(variables: Mapping[str, Any], document: Document) -> Any:
    """What the plans of a document depend on of its variables."""
    return tuple((name, shape(value, (name,), document.decisive)) for name, value in variables.items())
