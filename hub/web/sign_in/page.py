"""Signing in to the demonstration by choosing a persona, and signing out. Mounted in a demonstration only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hub.db.engine import Database
from hub.identity import tokens
from hub.identity.authentication import COOKIE
from hub.web.answering import go, show
from hub.web.failures.page import viewer_of
from hub.web.forms import posted_form

# What each persona is for; in the order in which one meets them.
PURPOSES: Final = {
    "partner": "Drafts and submits proposals for a partner organisation",
    "focal-point": "Speaks for the same organisation: accepts endorsements, commits contributions",
    "staff": "The RSO’s staff: screen proposals, enter them in the work plan, record receipts",
    "co-manager-au": "Votes for Australia",
    "co-manager-id": "Votes for Indonesia",
    "co-chair": "Gives strategic guidance",
    "reviewer": "Gives an opinion of the proposals that he or she is asked about",
    "stakeholder": "Answers for an organisation that is consulted",
    "analyst": "Reads every contribution, published or not",
    "admin": "Looks after people and organisations",
}


async def sign_in(request: Request) -> Response:
    """`/demo/sign-in`: GET lists the personas, POST signs in as one and goes on to `next`."""
    if request.method != "POST":
        return await _choices(request)
    form = await posted_form(request, ("persona", "next"))
    database: Database = request.app.state.database
    if form.value("persona") not in await _personas(database):
        raise HTTPException(404)
    now = datetime.now(UTC)
    secret = await tokens.issue_for_persona(database, form.value("persona"), label="portal", now=now)
    if secret is None:
        raise HTTPException(404)
    response = go(local_path(form.value("next")))
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(tokens.DEMONSTRATION_LIFE.total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


async def sign_out(request: Request) -> Response:
    """`/sign-out`: the token ends now, and the cookie goes."""
    if request.state.session is not None:
        database: Database = request.app.state.database
        async with database.writing(request.state.actor) as session:
            await tokens.revoke(session, request.state.session, datetime.now(UTC))
        request.app.state.recognition.forget(request.state.session)
    response = go("/")
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
    return response


def local_path(target: str) -> str:
    """The target where it is a path of this portal; the home page for whatever might lead elsewhere."""
    is_plain = target.isascii() and target.isprintable() and "\\" not in target
    if not is_plain or not target.startswith("/") or target.startswith("//"):
        return "/"
    parts = urlsplit(target)
    return "/" if parts.scheme or parts.netloc else target


async def _choices(request: Request) -> Response:
    found = await _personas(request.app.state.database)
    order = [name for name in PURPOSES if name in found] + sorted(set(found) - set(PURPOSES))
    return show(
        request,
        "sign_in/template.html",
        {"viewer": viewer_of(request)},
        personas=[found[name] | {"purpose": PURPOSES.get(name, "")} for name in order],
        next=local_path(request.query_params.get("next", "/")),
    )


async def _personas(database: Database) -> dict[str, dict[str, str]]:
    """The invented people, by persona."""
    async with database.app.connect() as connection:
        return {persona["persona"]: persona for persona in await tokens.personas(connection)}
