"""`/graphql`, as an ASGI application: a compiled read passes through no request and no response object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from schema.http.documents import PersistedDocuments
from schema.http.media import JSON, Media, accepted
from schema.http.operations import respond
from schema.http.reading import from_address, from_body, read_headers
from schema.http.refusals import BadRequest, Header
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
        media = JSON
        try:
            if scope["method"] == "OPTIONS":
                await send({"type": "http.response.start", "status": 204, "headers": [ALLOWED]})
                await send({"type": "http.response.body"})
                return
            media = accepted(headers[b"accept"]) if headers.get(b"accept") else JSON
            answer = await self._answer(scope, headers, receive)
        except BadRequest as refused:
            status = refused.status or media.request_error
            await _send(send, status, [*media.headers, *refused.headers], _encoded(refused.answer))
        except ClientDisconnect:
            raise
        except Exception as error:  # a bug: the log has all of it, the client a reference
            masked = {"errors": [refusal(GraphQLError("", original_error=error))]}
            await _send(send, 500, media.headers, _encoded(masked))
        else:
            if isinstance(answer, str):
                await _send(send, 200, media.headers, answer.encode())
                return
            status = _status(answer, media)
            more = [RETRY_AFTER] if status == 503 else []
            await _send(send, status, [*media.headers, *more], _encoded(answer))

    async def _answer(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive
    ) -> str | dict[str, Any]:
        is_post = scope["method"] == "POST"
        if is_post:
            asked = await from_body(headers, receive)
        elif scope["method"] in ("GET", "HEAD"):
            asked = from_address(scope["query_string"])
        else:
            message = "Send a POST with a JSON body, or a GET with ?query=."
            raise BadRequest(message, 405, headers=[ALLOWED])
        state, actor = scope["app"].state, scope["state"]["actor"]
        is_limited = self.registered_only and actor.is_public
        return await respond(
            state.database,
            actor,
            self.documents.document(asked, is_limited=is_limited),
            asked.variables,
            asked.operation_name,
            is_read_only=not is_post,
            compiles=state.compiles,
        )


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
