"""From a request to an actor: a bearer token, or the portal's cookie, which holds a token too."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.db.failures import known_error
from hub.identity.actor import PUBLIC
from hub.identity.recognition import Recognition

COOKIE = "hub_session"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class Authentication:
    """Sets `scope["state"]["actor"]`. A bad bearer token is refused; an old cookie is the public's."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["actor"], state["session"] = PUBLIC, None
        bearer, cookie = _bearer(headers), _cookie(headers)
        if bearer is None and not _is_same_site(scope, headers):
            await _refuse(403, "This came from another site. Use the portal's own pages.")(
                scope, receive, send
            )
            return
        token = bearer if bearer is not None else cookie
        if token is not None:
            recognition: Recognition = scope["app"].state.recognition
            try:
                actor = await recognition.actor(token)
            except Exception as error:
                known = known_error(error)
                if known is None:
                    raise
                refusal = _refuse(503, known.message)
                refusal.headers["Retry-After"] = "5"
                await refusal(scope, receive, send)
                return
            if actor is not None:
                state["actor"], state["session"] = actor, cookie if bearer is None else None
            elif bearer is not None:
                refusal = _refuse(401, "This token is unknown, expired or revoked. Get a new one.")
                refusal.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _bearer(headers: Headers) -> str | None:
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _cookie(headers: Headers) -> str | None:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return morsel.value if morsel else None


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
