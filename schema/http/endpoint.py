"""`/graphql`, as an ASGI application: a compiled read passes through no request and no response object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from schema.api import PLANNER
from schema.http.documents import PersistedDocuments
from schema.http.media import JSON, Media, accepted
from schema.http.operations import respond
from schema.http.reading import Asked, from_address, from_body, read_headers
from schema.http.refusals import BadRequest, Header
from schema.http.streams.selection import Refused, Selection
from schema.http.streams.sending import Gone
from schema.http.streams.sse import EVENT_STREAM, EventStream, require_person
from schema.masking import refusal

ALLOWED = (b"allow", b"GET, HEAD, POST, OPTIONS")
RETRY_AFTER = (b"retry-after", b"5")


class Endpoint:
    """Answers GET and POST. `registered_only`: whoever is not signed in runs registered documents only."""

    def __init__(self, documents: PersistedDocuments, *, registered_only: bool = False) -> None:
        self.documents, self.registered_only = documents, registered_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request. ClientDisconnect where the client went away before all of it was sent."""
        headers = read_headers(scope["headers"])
        media, accept = JSON, headers.get(b"accept")
        try:
            if scope["method"] == "OPTIONS":
                await send({"type": "http.response.start", "status": 204, "headers": [ALLOWED]})
                await send({"type": "http.response.body"})
                return
            if accept and EVENT_STREAM in accept:
                document, asked = await self._asked(scope, headers, receive)
                if _is_for_stream(document, asked, accept):
                    await self._stream(scope, receive, send, document, asked)
                    return
                media = accepted(accept)
            else:
                media = accepted(accept) if accept else JSON
                document, asked = await self._asked(scope, headers, receive)
            answer = await self._answer(scope, document, asked)
        except BadRequest as refused:
            status = refused.status or media.request_error
            await _send(send, status, [*media.headers, *refused.headers], _encoded(refused.answer))
        except ClientDisconnect:
            raise
        except Exception as error:  # a bug: the log has all of it, the client a reference
            masked = {"errors": [refusal(GraphQLError("", original_error=error))]}
            await _send(send, 500, media.headers, _encoded(masked))
        else:
            if isinstance(answer, bytes):
                await _send(send, 200, media.headers, answer)
                return
            status = _status(answer, media)
            more = [RETRY_AFTER] if status == 503 else []
            await _send(send, status, [*media.headers, *more], _encoded(answer))

    async def _asked(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> tuple[str, Asked]:
        """The document to run, and what else the request says of it."""
        if scope["method"] == "POST":
            asked = await from_body(headers, receive)
        elif scope["method"] in ("GET", "HEAD"):
            asked = from_address(scope["query_string"])
        else:
            message = "Send a POST with a JSON body, or a GET with ?query=."
            raise BadRequest(message, 405, headers=[ALLOWED])
        is_limited = self.registered_only and scope["state"]["actor"].is_public
        return self.documents.document(asked, is_limited=is_limited), asked

    async def _answer(self, scope: Scope, document: str, asked: Asked) -> bytes | dict[str, Any]:
        state = scope["app"].state
        return await respond(
            state.database,
            scope["state"]["actor"],
            document,
            asked.variables,
            asked.operation_name,
            is_read_only=scope["method"] != "POST",
            compiles=state.compiles,
        )

    async def _stream(self, scope: Scope, receive: Receive, send: Send, document: str, asked: Asked) -> None:
        """Answer by server-sent events: a subscription, or whatever a client takes in no other form."""
        stream, actor = EventStream(scope, receive, send), scope["state"]["actor"]
        try:
            if not _is_subscription(document, asked):
                answer = await self._answer(scope, document, asked)
                await stream.answer(answer.decode() if isinstance(answer, bytes) else answer)
                return
            require_person(actor.is_public)
            selection = Selection(actor, document, asked.variables or {}, asked.operation_name)
            await stream.follow(scope["app"].state.streams, selection)
        except Refused as refused:
            await stream.answer({"errors": refused.errors})
        except Gone:
            return


def _is_for_stream(document: str, asked: Asked, accept: bytes) -> bool:
    """Whether to answer by events: clients that take them name them beside JSON for every operation."""
    if _is_subscription(document, asked):
        return True
    try:
        accepted(accept)
    except BadRequest:
        return True
    return False


def _is_subscription(document: str, asked: Asked) -> bool:
    operation = PLANNER.read(document).operation(asked.operation_name)
    return operation is not None and operation.operation is OperationType.SUBSCRIPTION


def _status(answer: Mapping[str, Any], media: Media) -> int:
    """503 where the database does not answer; the media type's status where nothing was run."""
    codes = {error.get("extensions", {}).get("code") for error in answer.get("errors", ())}
    if "UNAVAILABLE" in codes:
        return 503
    return 200 if "data" in answer else media.request_error


def _encoded(answer: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # half a character that the client sent and an error repeats
        return json.dumps(answer, separators=(",", ":")).encode()


async def _send(send: Send, status: int, headers: tuple[Header, ...] | list[Header], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})
