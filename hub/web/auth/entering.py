"""What every sign-in comes to: a session in the database, its secret in a cookie, and the next page."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from hub.config import Settings
from hub.db.engine import Database
from hub.identity import sessions
from hub.identity.actor import Actor
from hub.identity.cookies import Cookie
from hub.identity.models import LoginSession
from hub.identity.oidc.claims import Account
from hub.identity.recognition import Recognition
from hub.web.answering import go


async def welcome(
    request: Request, actor: Actor, *, next: str, now: datetime, account: Account | None = None
) -> Response:
    """Sign the actor in: a new session always, and the one that the browser had before ends."""
    await leave(request, now)
    database: Database = request.app.state.database
    settings: Settings = request.app.state.settings
    async with database.writing(actor) as session:
        secret = await sessions.begin(
            session,
            actor,
            sessions.Lifetime(settings.session_idle, settings.session_life),
            now=now,
            browser=request.headers.get("user-agent"),
            account=account,
        )
    response = go(local_path(next))
    life = int(settings.session_life.total_seconds())
    request.app.state.session_cookie.put(response, secret, max_age=life)
    return response


async def leave(request: Request, now: datetime) -> LoginSession | None:
    """End the session by which the browser asks, at once for this worker; None where it has none."""
    if request.state.actor.session_id is None:
        return None
    database: Database = request.app.state.database
    async with database.writing(request.state.actor) as session:
        ended = await sessions.end(session, request.state.actor, now)
    cookie: Cookie = request.app.state.session_cookie
    recognition: Recognition = request.app.state.recognition
    recognition.forget_cookie(cookie.read(request.headers) or "")
    return ended


def local_path(target: str) -> str:
    """The target where it is a path of this portal; the home page for whatever might lead elsewhere."""
    is_plain = target.isascii() and target.isprintable() and "\\" not in target
    if not is_plain or not target.startswith("/") or target.startswith("//"):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target
