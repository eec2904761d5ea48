"""From a request to an actor: a bearer token of a program, or the cookie of a browser's session."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.db.failures import known_error
from hub.identity.actor import PUBLIC, Actor
from hub.identity.cookies import Cookie
from hub.identity.recognition import Credential, Recognition

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
SESSION_COOKIE = "hub_session"


class Authentication:
    """Sets `scope["state"]["actor"]`. A bad bearer token is refused; an old cookie is the public's."""

    def __init__(self, app: ASGIApp, *, cookie: Cookie) -> None:
        self.app, self.cookie = app, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        recognition: Recognition = scope["app"].state.recognition
        bearer = _bearer(scope)
        if bearer is not None:
            actor = recognition.known(bearer)
            if actor is not None:
                state["actor"] = actor
                await self.app(scope, receive, send)
                return
        state["actor"] = PUBLIC
        headers = Headers(scope=scope)
        if bearer is None and not _is_same_site(scope, headers):
            await _refuse(403, "This came from another site. Use the portal's own pages.")(
                scope, receive, send
            )
            return
        try:
            if bearer is not None:
                actor = await recognition.by_token(bearer)
            else:
                actor = await self._of_session(recognition, headers)
        except Exception as error:
            known = known_error(error)
            if known is None:
                raise
            refusal = _refuse(503, known.message)
            refusal.headers["Retry-After"] = "5"
            await refusal(scope, receive, send)
            return
        if actor is not None:
            state["actor"] = actor
        elif bearer is not None:
            refusal = _refuse(401, "This token is unknown, expired or revoked. Get a new one.")
            refusal.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            await refusal(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _of_session(self, recognition: Recognition, headers: Headers) -> Actor | None:
        """Whose session the browser shows; None for the public, and for a session that has ended."""
        secret = self.cookie.read(headers)
        return None if secret is None else await recognition.by_cookie(secret)


def credential_of(scope: Scope, cookie: Cookie) -> Credential | None:
    """What the request shows of who asks: its bearer token, else its cookie."""
    bearer = _bearer(scope)
    if bearer is not None:
        return Credential("token", bearer)
    secret = cookie.read(Headers(scope=scope))
    return None if secret is None else Credential("cookie", secret)


def _bearer(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bearer_in(value.decode("latin-1"))
    return None


def bearer_in(header: str) -> str | None:
    """The token of an Authorization header; None where it holds none."""
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _is_same_site(scope: Scope, headers: Headers) -> bool:
    """Whether a request that can change things came from our own pages.

    Programs send neither header; browsers send at least one with every such request.
    """
    if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
        return True
    fetch_site = headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")


def _refuse(status: int, message: str) -> JSONResponse:
    return JSONResponse({"errors": [{"message": message}]}, status_code=status)
