"""GraphQL over HTTP: one operation a request, POST or (for queries) GET, JSON in and out."""

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as AllowedOperation

from hub.db.engine import Database
from hub.identity.actor import Actor
from schema.api import PLANNER, schema
from schema.compiler import transport
from schema.context import OperationContext
from schema.masking import refusal

LARGEST_BODY = 1_000_000
RESPONSE_JSON = "application/graphql-response+json"

READ_ONLY = {AllowedOperation.QUERY}
READ_AND_WRITE = {AllowedOperation.QUERY, AllowedOperation.MUTATION}


class BadRequest(Exception):
    """The request is not a GraphQL request; the message says what to send instead."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.status = message, status


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
    found: dict[str, Any] = json.loads(answer) if isinstance(answer, str) else answer
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
) -> str | dict[str, Any]:
    """The response: of a read that compiles its text, of anything else the object."""
    try:
        text = await answered(database, actor, document, variables, operation_name) if compiles else None
    except (asyncpg.QueryCanceledError, TimeoutError) as stopped:  # the executor would wait as long again
        return {"errors": [refusal(GraphQLError("", original_error=stopped))], "data": None}
    if text is not None:
        return text
    return await executed(database, actor, document, variables, operation_name, is_read_only=is_read_only)


async def answered(
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any] | None,
    operation_name: str | None,
) -> str | None:
    """The response of a read that compiles, as text."""
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
    asked = PLANNER.read(document)
    if asked.errors:
        return {"errors": [refusal(error) for error in asked.errors]}
    if operation_name is None and len(asked.operations) > 1:
        return {"errors": [refusal(GraphQLError("Say by operationName which of the operations to run."))]}
    result = await schema.execute(
        document,
        variable_values=dict(variables or {}),
        context_value=OperationContext(actor=actor, database=database),
        operation_name=operation_name,
        allowed_operation_types=READ_ONLY if is_read_only else READ_AND_WRITE,
    )
    assert isinstance(result, ExecutionResult)
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        answer["data"] = result.data
    return answer


async def endpoint(request: Request) -> Response:
    """`/graphql`."""
    try:
        if request.method == "GET":
            parameters = _from_query(request)
        elif request.method == "POST":
            parameters = await _from_body(request)
        else:
            raise BadRequest("Send a POST with a JSON body, or a GET with ?query=.", 405)
        document, variables, name = _checked(parameters)
        state, actor = request.app.state, request.state.actor
        answer = await respond(
            state.database,
            actor,
            document,
            variables,
            name,
            is_read_only=request.method == "GET",
            compiles=state.compiles,
        )
        if isinstance(answer, str):
            return _sent(request, answer.encode(), 200)
    except InvalidOperationTypeError:
        refused = BadRequest(
            "Send this operation by POST: a GET only reads, and subscriptions are not served.", 405
        )
        return _answer(request, {"errors": [{"message": refused.message}]}, refused.status)
    except CannotGetOperationTypeError as unknown:
        return _answer(request, {"errors": [{"message": unknown.as_http_error_reason()}]}, 400)
    except BadRequest as refused:
        return _answer(request, {"errors": [{"message": refused.message}]}, refused.status)
    return _answer(request, answer, _status(request, answer))


def _from_query(request: Request) -> Any:
    given = dict(request.query_params)
    if "variables" in given:
        given["variables"] = _json(given["variables"], "The variables in the address")
    return given


async def _from_body(request: Request) -> Any:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest("Send the body as application/json.", 415)
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST_BODY:
        raise _too_large()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise _too_large()
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    return _json(text, "The body")


def _too_large() -> BadRequest:
    return BadRequest(f"The body is larger than {LARGEST_BODY:,} bytes; send less at once.", 413)


def _json(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadRequest(f"{what} cannot be read as JSON.") from None


def _checked(parameters: Any) -> tuple[str, Mapping[str, Any] | None, str | None]:
    if not isinstance(parameters, dict):
        raise BadRequest("Send one JSON object with query, and optionally variables and operationName.")
    document, variables = parameters.get("query"), parameters.get("variables")
    name = parameters.get("operationName")
    if not isinstance(document, str) or not document.strip():
        raise BadRequest("query is missing: send the GraphQL document as text.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables must be a JSON object.")
    if name is not None and not isinstance(name, str):
        raise BadRequest("operationName must be text.")
    return document, variables, name or None


def _status(request: Request, answer: Mapping[str, Any]) -> int:
    """400 for a request error where the client takes the GraphQL media type; 503 where nothing answers."""
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", [])}
    if "UNAVAILABLE" in codes:
        return 503
    return 400 if "data" not in answer and _takes_graphql_json(request) else 200


def _takes_graphql_json(request: Request) -> bool:
    return RESPONSE_JSON in request.headers.get("accept", "")


def _answer(request: Request, body: Mapping[str, Any], status: int) -> Response:
    return _sent(request, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), status)


def _sent(request: Request, body: bytes, status: int) -> Response:
    media_type = RESPONSE_JSON if _takes_graphql_json(request) else "application/json"
    response = Response(body, status_code=status, media_type=f"{media_type}; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "5"
    if status == 405:
        response.headers["Allow"] = "GET, POST"
    return response
