"""Running one operation: a read by its compiled statement, all else by the normal executor."""

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionResult

from hub.db.engine import Database
from hub.identity.actor import Actor
from schema.api import PLANNER, schema
from schema.compiler import transport
from schema.compiler.plan import Document
from schema.context import OperationContext
from schema.http.refusals import BadRequest
from schema.masking import refusal


async def execute(
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    is_read_only: bool = False,
) -> dict[str, Any]:
    """Run one operation as the actor; the response as GraphQL gives it, `data` and `errors`.

    `data` is missing where the document could not be run at all.
    """
    answer = await respond(database, actor, document, variables, operation_name, is_read_only=is_read_only)
    found: dict[str, Any] = json.loads(answer) if isinstance(answer, bytes) else answer
    return found


async def respond(
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
    *,
    is_read_only: bool,
    compiles: bool = True,
) -> bytes | dict[str, Any]:
    """The response: of a read that compiles its text in UTF-8, of anything else the object."""
    try:
        text = await answered(database, actor, document, variables, operation_name) if compiles else None
    except Exception as error:  # stopped (the executor would wait as long again), or a bug: masked and logged
        return {"errors": [refusal(GraphQLError("", original_error=error))], "data": None}
    if text is not None:
        return text
    return await executed(database, actor, document, variables, operation_name, is_read_only=is_read_only)


async def answered(
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
) -> bytes | None:
    """The response of a read that compiles, in UTF-8."""
    return await transport.answer(PLANNER, database, actor, document, variables or {}, operation_name)


async def executed(
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any] | None = None,
    operation_name: str | None = None,
    *,
    is_read_only: bool = False,
) -> dict[str, Any]:
    """The response of the normal executor, which reads each root field by one compiled statement."""
    errors = _not_run(PLANNER.read(document), operation_name, is_read_only=is_read_only)
    if errors:
        return {"errors": errors}
    result = await schema.execute(
        document,
        variable_values=dict(variables or {}),
        context_value=OperationContext(actor=actor, database=database),
        operation_name=operation_name,
    )
    assert isinstance(result, ExecutionResult)
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        answer["data"] = result.data
    return answer


def _not_run(asked: Document, name: str | None, *, is_read_only: bool) -> list[dict[str, Any]]:
    """Why no operation of the document can be run; BadRequest where it can, by another method."""
    errors = not_clear(asked, name)
    operation = asked.operation(name)
    if errors or operation is None:
        return errors
    if operation.operation is OperationType.SUBSCRIPTION:
        said = "Subscribe over a WebSocket (graphql-transport-ws), or accept text/event-stream."
        return [refusal(GraphQLError(said))]
    if is_read_only and operation.operation is not OperationType.QUERY:
        raise BadRequest("Send a mutation by POST: a GET only reads.", 405, headers=[(b"allow", b"POST")])
    return []


def not_clear(asked: Document, name: str | None) -> list[dict[str, Any]]:
    """Why the document cannot be run, or which of its operations is not clear."""
    if asked.errors:
        return [refusal(_explained(error)) for error in asked.errors]
    if asked.operation(name) is not None:
        return []
    said = (
        f'Unknown operation named "{name}".'
        if name
        else "Say by operationName which of the operations to run."
    )
    return [refusal(GraphQLError(said))]


def _explained(error: GraphQLError) -> GraphQLError:
    """The error; where Python refuses to read a literal number, in words for the client."""
    if isinstance(error.original_error, ValueError):
        return GraphQLError("A number has several thousand digits; send fewer.", error.nodes)
    return error
