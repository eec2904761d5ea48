"""What one subscription selects, ready to be read for one change after the other."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    execute_sync,
    get_named_type,
)
from graphql.execution.collect_fields import FieldDetails, collect_fields
from graphql.execution.values import VariableValues, get_variable_values

from hub.db.engine import Database
from hub.errors import HubError
from hub.identity.actor import Actor
from schema.api import PLANNER
from schema.compiler.emit import Emitter, Uncompilable, field_mapping
from schema.compiler.mapping import Context, EventField
from schema.compiler.plan import Document
from schema.compiler.resolve import read_event
from schema.compiler.text import MARK
from schema.http.operations import not_clear
from schema.masking import refusal

LARGEST_EVENT = 100_000
"""Characters. One event may wait for each slow reader."""

Payload = str | dict[str, Any]
"""A GraphQL response: its text, or the object."""


class Refused(Exception):
    """The subscription cannot begin; `errors` as GraphQL words them."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.errors = errors


class Selection:
    """A subscription of one actor. Refused where the document, a variable or an argument cannot be used."""

    def __init__(self, actor: Actor, text: str, variables: Mapping[str, Any], name: str | None) -> None:
        self.actor, self._name, self._given = actor, name, variables
        self._document = PLANNER.read(text)
        self._operation = _operation(self._document, name)
        self._variables = _coerced(self._operation, variables)
        self._emitter = self._new_emitter()
        self._root = PLANNER.schema.subscription_type
        assert self._root is not None
        self._key, self._details, self._field = self._selected(self._root)
        mapping = field_mapping(self._field, self._root.name)
        assert isinstance(mapping, EventField)
        self.types = mapping.types
        """The types of changes to listen for."""
        self._plan = PLANNER.plan(text, name, variables, actor, OperationType.SUBSCRIPTION)
        self._check()

    def _check(self) -> None:
        """Find out now what is wrong with an argument."""
        try:
            if self._plan is None:
                self._new_emitter().field(self._field, self._details, None, "Subscription")
            else:
                self._plan[0].arguments(self._plan[1], self.actor)
        except (HubError, GraphQLError, Uncompilable) as error:
            raise Refused([refusal(GraphQLError(str(error), original_error=error))]) from None

    def _new_emitter(self) -> Emitter:
        fragments, context = self._document.fragments, Context(actor=self.actor)
        return Emitter(PLANNER.schema, fragments, self._operation, self._variables, context, marks_types=True)

    def _selected(self, root: GraphQLObjectType) -> tuple[str, list[FieldDetails], GraphQLField]:
        """The response key and the declaration of the one field; validation has refused more than one."""
        found = collect_fields(
            PLANNER.schema, self._emitter.fragments, self._emitter.variables, root, self._operation
        ).grouped_field_set
        for key, details in found.items():
            return key, details, root.fields[details[0].node.name.value]
        raise Refused([refusal(GraphQLError("Nothing is selected: leave out @skip and @include here."))])

    def resync(self) -> Payload:
        """The event that tells to read everything again."""
        type_ = get_named_type(self._field.type)
        assert isinstance(type_, GraphQLObjectType)
        known = {"kind": "RESYNC", "__typename": type_.name}
        selected = self._emitter.fields(type_, self._details).items()
        value = {key: known.get(details[0].node.name.value) for key, details in selected}
        return json.dumps({"data": {self._key: value}}, separators=(",", ":"))

    async def read(self, database: Database, id: UUID) -> Payload | None:
        """The event of the row's change, as the actor may see it now; None where he or she may not."""
        if self._plan is not None:
            plan, given = self._plan
            assert plan.sql is not None
            sent = await database.fetch_text(self.actor, plan.sql, plan.arguments(given, self.actor, id))
            if sent is None:
                return None
            text = sent.decode()
            if len(text) > LARGEST_EVENT:
                message = f"This event is longer than {LARGEST_EVENT:,} characters. Select less."
                return {"data": None, "errors": [refusal(GraphQLError(message))]}
            if MARK not in text:
                return f'{{"data":{text}}}'
        return await self._executed(database, id)

    async def _executed(self, database: Database, id: UUID) -> Payload | None:
        """The same by the normal executor, which says what is wrong where a null stands that must not."""
        event = await read_event(database, self._new_emitter(), self._field, self._details, id)
        if event is None:
            return None
        assert self._document.node is not None
        done = execute_sync(
            PLANNER.schema,
            self._document.node,
            root_value={self._key: event},
            variable_values=dict(self._given),
            operation_name=self._name,
        )
        answer: dict[str, Any] = {"data": done.data}
        if done.errors:
            answer["errors"] = [refusal(error) for error in done.errors]
        return answer


def _operation(document: Document, name: str | None) -> OperationDefinitionNode:
    errors = not_clear(document, name)
    operation = document.operation(name)
    if errors or operation is None:
        raise Refused(errors)
    if operation.operation is not OperationType.SUBSCRIPTION:
        said = "This is no subscription. Send queries and mutations by POST, without a stream."
        raise Refused([refusal(GraphQLError(said))])
    return operation


def _coerced(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> VariableValues:
    definitions = operation.variable_definitions or ()
    found = get_variable_values(PLANNER.schema, definitions, dict(variables))
    if not isinstance(found, VariableValues):
        raise Refused([refusal(error) for error in found])
    return found
