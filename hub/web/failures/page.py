"""What is answered where there is no page to see: 404, a bug (500) under a reference, 503, and the like.

A person gets a page, a program at /graphql or /files the errors of a GraphQL response.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.config import Settings
from hub.edge.headers import ALWAYS, OVER_TLS
from hub.errors import Unavailable
from hub.identity.actor import PUBLIC
from hub.web.answering import show
from hub.web.operations import Broken

log = structlog.get_logger("hub.web")

RETRY_AFTER_SECONDS: Final = 5
TEXTS: Final = {
    404: (
        "Page not found",
        "There is no such page, or it is not yours to see. Check the address, or sign in.",
    ),
    405: ("This address does not take that", "Go back to the page and use its own buttons."),
    408: (
        "This came too slowly",
        "Nothing of it was kept. Send it again from a faster line, or choose a smaller file.",
    ),
    413: (
        "That was too much at once",
        "Shorten what you typed, or choose a smaller file, then send it again.",
    ),
    415: ("This form cannot be read", "Send it from the portal's own page."),
    429: (
        "Too many files at once",
        "You are sending as many files already as one person may at a time. Wait until one of them has come, "
        "then send this again.",
    ),
    500: ("Something went wrong on our side", ""),
    503: (
        "The hub is busy",
        "It, or its database, does not answer now. Nothing was lost that had been saved. "
        "Try again in a few seconds.",
    ),
}
CODES: Final = {404: "NOT_FOUND", 408: "TOO_SLOW", 429: "TOO_MANY", 500: "INTERNAL", 503: "UNAVAILABLE"}
"""Of a GraphQL error."""
OTHERWISE: Final = ("This request cannot be answered", "Go back to the page and try again.")


async def not_done(request: Request, error: Exception) -> Response:
    """The page of an HTTP error, such as an address that leads nowhere."""
    if not isinstance(error, HTTPException):
        raise error
    response = _page(request, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def unavailable(request: Request, error: Exception) -> Response:
    """The database does not answer: 503, with when to try again."""
    if not isinstance(error, Unavailable):
        raise error
    response = _page(request, 503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


async def broken(request: Request, error: Exception) -> Response:
    """A bug that the API met, and has logged."""
    if not isinstance(error, Broken):
        raise error
    return _page(request, 500, reference=error.reference)


async def crashed(request: Request, error: Exception) -> Response:
    """Any other bug: everything goes to the log, the person gets a reference."""
    reference = secrets.token_hex(4)
    log.error("unexpected error", reference=reference, path=request.url.path, exc_info=error)
    response = _page(request, 500, reference=reference)
    # The layers of the edge are behind us: they were stopped as well.
    settings: Settings = request.app.state.settings
    for name, value in {**ALWAYS, **(OVER_TLS if settings.base_url.startswith("https:") else {})}.items():
        response.headers.setdefault(name.decode(), value.decode())
    return response


def _page(request: Request, status: int, *, reference: str = "") -> Response:
    heading, text = TEXTS.get(status, OTHERWISE)
    if request.url.path.startswith("/graphql") or request.url.path == "/files":
        return _errors(status, f"{heading}. {text}".strip(), reference)
    return show(
        request,
        "failures/template.html",
        {"viewer": viewer_of(request)},
        status_code=status,
        heading=heading,
        text=text,
        reference=reference,
    )


def _errors(status: int, message: str, reference: str) -> Response:
    """A response as GraphQL writes it; a bug is told in the same words as one in a resolver."""
    extensions = {"code": CODES.get(status, "BAD_REQUEST")}
    if reference:
        message = f"Something went wrong on our side. Please tell us the reference {reference}."
        extensions["reference"] = reference
    return JSONResponse({"errors": [{"message": message, "extensions": extensions}]}, status_code=status)


def viewer_of(request: Request) -> dict[str, Any] | None:
    """Who is signed in, as far as it is known without asking a database that may not answer."""
    actor = getattr(request.state, "actor", PUBLIC)
    if actor.is_public:
        return None
    return {"name": actor.name, "organisation": None, "roles": sorted(role.value for role in actor.roles)}


HANDLERS: Final = {
    HTTPException: not_done,
    Unavailable: unavailable,
    Broken: broken,
    Exception: crashed,
}
