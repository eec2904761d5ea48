"""`/files`: handing a file in by its raw bytes, and getting one that one may see."""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import MappingProxyType
from typing import IO, Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from hub.db.engine import Database
from hub.db.failures import known_error
from hub.errors import Conflict, HubError, InvalidInput, NotAllowed, NotFound, Problem, Unavailable
from hub.files.actions import TOO_LARGE, find, require_room_for, require_uploader
from hub.files.actions import upload as keep_upload
from hub.files.limits import OVER_QUOTA, Limits
from hub.files.media import LARGEST
from hub.files.models import StoredFile
from hub.files.names import disposition
from hub.files.store import Store
from hub.identity.actor import Actor
from schema.compiler.ids import global_id

IN_MEMORY: Final = 1 << 20
"""Bytes of an upload before it goes to the disk."""
UNCACHED: Final = MappingProxyType({"Cache-Control": "private, no-store", "Vary": "Cookie, Authorization"})
"""Whether the file is there, and whose it is, depends on who asks."""
POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"


async def upload(request: Request) -> Response:
    """`POST /files?name=...`: 201 with the file, or the errors as GraphQL writes them."""
    actor, state = request.state.actor, request.app.state
    try:
        require_uploader(actor)
        await _require_room(request)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
            await _receive(request, spool)
            params = request.query_params
            made = await keep(
                state.database,
                state.store,
                state.limits,
                actor,
                name=params.get("name"),
                file=spool,
                key=params.get("idempotencyKey"),
            )
    except Exception as error:
        known = known_error(error)
        if known is None:
            raise
        return _refusal(known, actor)
    return JSONResponse(
        made, status_code=201, headers={"Location": made["path"], "Cache-Control": "no-store"}
    )


async def keep(
    database: Database,
    store: Store,
    limits: Limits,
    actor: Actor,
    *,
    name: str | None,
    file: IO[bytes],
    field: str = "file",
    key: str | None = None,
) -> dict[str, Any]:
    """Hand the file in; what the API says of it."""
    made = await keep_upload(
        database, store, limits, actor, datetime.now(UTC), name=name, file=file, field=field, key=key
    )
    return {
        "id": global_id("File", made.id),
        "name": made.name,
        "mediaType": made.media_type,
        "size": made.size,
        "sha256": made.sha256.hex(),
        "path": f"/files/{made.id}",
    }


async def download(request: Request) -> Response:
    """`GET /files/{id}`: the file, to be kept and never to be shown; 404 where it is not one's to see."""
    state = request.app.state
    try:
        found = await find(state.database, request.state.actor, uuid.UUID(request.path_params["id"]))
    except (NotFound, ValueError):
        raise HTTPException(404, headers=UNCACHED) from None
    except Exception as error:
        known = known_error(error)
        raise error if known is None else known from None
    content = await state.store.get(found.object_key)
    return StreamingResponse(content, headers=_headers(found))


def _headers(file: StoredFile) -> dict[str, str]:
    return {
        "Content-Type": file.media_type,
        "Content-Length": str(file.size),
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        **UNCACHED,
    }


async def _require_room(request: Request) -> None:
    """Refuse by what is announced, before any of it is read; what is not announced is at least something."""
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() else 1
    if size > LARGEST:
        raise _too_large()
    state, key = request.app.state, request.query_params.get("idempotencyKey")
    now = datetime.now(UTC)
    await require_room_for(state.database, state.limits, request.state.actor, now, size=size, key=key)


async def _receive(request: Request, spool: IO[bytes]) -> None:
    """The body, as far as a file may be large."""
    size = 0
    async for chunk in _chunks(request):
        size += len(chunk)
        if size > LARGEST:
            raise _too_large()
        await asyncio.to_thread(spool.write, chunk)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _too_large() -> InvalidInput:
    return InvalidInput([Problem(("file",), "TOO_LARGE", TOO_LARGE)])


def _refusal(error: HubError, actor: Actor) -> Response:
    """The error with its problems; the status says of which kind it is."""
    extensions: dict[str, Any] = {"code": error.code}
    headers = {}
    match error:
        case InvalidInput(problems=problems):
            codes = {problem.code for problem in problems}
            # A quota says nothing of the file: the same one is taken once there is room.
            status = 413 if "TOO_LARGE" in codes else 409 if OVER_QUOTA in codes else 422
            extensions["problems"] = [
                {"path": list(p.path), "code": p.code, "message": p.message} for p in problems
            ]
        case NotAllowed():
            status = 401 if actor.is_public else 403
            headers = {"WWW-Authenticate": "Bearer"} if actor.is_public else {}
        case Conflict():
            status = 409
        case Unavailable():
            status, headers = 503, {"Retry-After": "5"}
        case _:
            raise error
    answer = {"errors": [{"message": error.message, "extensions": extensions}]}
    return JSONResponse(answer, status_code=status, headers=headers)
