"""Sessions of browsers: listed and ended by their person, ending by themselves, kept as a hash."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.app import build_app
from hub.config import OidcIssuer, Settings
from hub.database import Place
from hub.db.models import metadata
from hub.identity import sessions
from hub.identity.actor import Actor
from hub.identity.recognition import FRESH_SECONDS
from tests.conftest import Client, session_of
from tests.identity.conftest import SECRET_KEY
from tests.identity.test_tokens import dumped
from tests.policy.clones import actor_of, as_owner
from tests.web.browsing import Shown, assert_whole

LIST = "{ viewer { sessions { id browser isCurrent expiresAt lastSeenAt signedInAt revokedAt } } }"
REVOKE = (
    "mutation($id: ID!) { revokeSession(input: { id: $id }) { __typename"
    " ... on RevokeSessionSuccess { session { revokedAt isCurrent } } } }"
)


async def asked(http: httpx.AsyncClient, secret: str | None, document: str, **variables: Any) -> Any:
    """The data of an operation asked by a browser with the session's cookie."""
    headers = {"Cookie": f"hub_session={secret}"} if secret else {}
    response = await http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
    body = response.json()
    assert "errors" not in body, body
    return body["data"]


async def is_open(http: httpx.AsyncClient, secret: str) -> bool:
    """Whether the session speaks for anybody, asked once nobody remembers."""
    await asyncio.sleep(FRESH_SECONDS)
    return (await asked(http, secret, "{ viewer { name } }"))["viewer"] is not None


async def test_a_person_lists_the_own_sessions_and_ends_one(http: httpx.AsyncClient, app: Starlette) -> None:
    mine, other, foreign = [await session_of(app, name) for name in ("analyst", "analyst", "stakeholder")]
    listed = (await asked(http, mine, LIST))["viewer"]["sessions"]
    assert [one["isCurrent"] for one in listed].count(True) == 1
    assert {one["browser"] for one in listed} == {"a test"}
    assert {one["revokedAt"] for one in listed} == {None}
    by_other = (await asked(http, other, LIST))["viewer"]["sessions"]
    (theirs,) = [one for one in by_other if one["isCurrent"]]
    refused = await asked(http, foreign, REVOKE, id=theirs["id"])
    assert refused == {"revokeSession": {"__typename": "NotFound"}}
    assert await is_open(http, other)
    done = (await asked(http, mine, REVOKE, id=theirs["id"]))["revokeSession"]
    assert done["__typename"] == "RevokeSessionSuccess"
    assert done["session"]["isCurrent"] is False
    again = (await asked(http, mine, REVOKE, id=theirs["id"]))["revokeSession"]
    assert again["session"] == done["session"], "ended once, at one instant"
    assert not await is_open(http, other)
    left = (await asked(http, mine, LIST))["viewer"]["sessions"]
    assert [one for one in listed if one["id"] != theirs["id"]] == left


async def test_a_token_is_no_session(people: Client) -> None:
    before = (await (await people("co-chair")).data(LIST))["viewer"]["sessions"]
    listed = (await (await people("co-chair")).data(LIST))["viewer"]["sessions"]
    assert listed == before, "signing in by a token opens no session"
    assert not any(one["isCurrent"] for one in listed)


CHANGES = {
    "as it is": ("ends_at = ends_at", True),
    "not used for long": ("ends_at = now() - interval '1 second'", False),
    "too old": ("ends_at = now(), expires_at = now()", False),
    "revoked": ("revoked_at = now()", False),
}


@pytest.mark.parametrize(("change", "open_"), CHANGES.values(), ids=CHANGES.keys())
async def test_a_session_ends(
    change: str, open_: bool, http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    secret = await session_of(app, "reviewer")
    await _changed(place, secret, change)
    assert await is_open(http, secret) is open_


async def _changed(place: Place, secret: str, change: str) -> None:
    async with as_owner(place) as owner:
        statement = text(f"update hub.login_sessions set {change} where token_hash = :hash")
        hashed = hashlib.sha256(secret.encode()).digest()
        assert (await owner.execute(statement, {"hash": hashed})).rowcount == 1


async def _instants(place: Place, secret: str) -> tuple[timedelta, timedelta]:
    """How long ago the session was seen, and how long it still lasts."""
    statement = text(
        "select now() - last_seen_at, ends_at - now() from hub.login_sessions where token_hash = :hash"
    )
    async with as_owner(place) as owner:
        row = await owner.execute(statement, {"hash": hashlib.sha256(secret.encode()).digest()})
        seen, left = row.one()
    return seen, left


def nearly(span: timedelta, **given: int) -> bool:
    return abs(span - timedelta(**given)) < timedelta(seconds=20)


async def test_use_moves_the_end_on_but_never_beyond_the_last(
    http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    secret = await session_of(app, "reviewer")
    ago = "last_seen_at = now() - interval '50 minutes', ends_at = now() + interval '10 minutes'"
    await _changed(place, secret, ago)
    assert await is_open(http, secret)
    seen, left = await _instants(place, secret)
    assert nearly(seen, seconds=0)
    assert nearly(left, hours=1)
    await _changed(place, secret, f"{ago}, expires_at = now() + interval '20 minutes'")
    assert await is_open(http, secret)
    _, left = await _instants(place, secret)
    assert nearly(left, minutes=20)


async def test_use_is_noted_once_a_minute_at_most(
    http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    secret = await session_of(app, "reviewer")
    await _changed(place, secret, "last_seen_at = now() - interval '40 seconds'")
    assert await is_open(http, secret)
    seen, _ = await _instants(place, secret)
    assert nearly(seen, seconds=40)


async def test_no_session_is_kept_anywhere_in_the_database(
    http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    secret = await session_of(app, "staff")
    await asked(http, secret, LIST)
    async with as_owner(place) as owner:
        whole = "".join([await dumped(owner, name) for name in sorted(metadata.tables)])
    assert hashlib.sha256(secret.encode()).hexdigest() in whole, "the scan sees binary columns"
    kept = secret.removeprefix(sessions.PREFIX)
    assert [form for form in (kept, kept.encode().hex()) if form in whole] == []


async def test_an_invented_person_has_no_session_outside_a_demonstration(
    production: httpx.AsyncClient, app: Starlette
) -> None:
    secret = await session_of(app, "admin")
    assert await asked(production, secret, "{ viewer { name } }") == {"viewer": None}


async def test_the_page_lists_the_sessions_and_ends_them(http: httpx.AsyncClient, app: Starlette) -> None:
    mine, other = await session_of(app, "co-manager-id"), await session_of(app, "co-manager-id")
    cookie = {"Cookie": f"hub_session={mine}"}
    page = Shown(await http.get("/account/sessions", headers=cookie))
    assert_whole(page)
    assert page.text.count("This browser") == 1
    assert "Another browser" in page.text
    ids = [one["id"] for one in (await asked(http, other, LIST))["viewer"]["sessions"] if one["isCurrent"]]
    done = await http.post("/account/sessions", data={"id": ids[0]}, headers=cookie)
    assert done.status_code == 303
    assert "The session has ended" in (await http.get(done.headers["location"], headers=cookie)).text
    assert not await is_open(http, other)
    assert await is_open(http, mine)
    for odd, status in (("", 422), ("nonsense", 422), (ids[0], 303)):
        response = await http.post("/account/sessions", data={"id": odd}, headers=cookie)
        assert response.status_code == status, odd
    public = Shown(await http.get("/account/sessions"))
    assert_whole(public)
    assert "You are not signed in" in public.text


async def test_what_a_browser_calls_itself_is_shown_and_never_run(
    http: httpx.AsyncClient, app: Starlette
) -> None:
    async with app.state.database.app.connect() as connection:
        actor: Actor = await actor_of(connection, "stakeholder")
    lifetime = sessions.Lifetime(timedelta(hours=1), timedelta(hours=1))
    async with app.state.database.writing(actor) as session:
        secret = await sessions.begin(
            session,
            actor,
            lifetime,
            now=datetime.now(UTC),
            browser="<script>x</script>" + "y" * 1_000,
            account=None,
        )
    page = await http.get("/account/sessions", headers={"Cookie": f"hub_session={secret}"})
    assert "&lt;script&gt;x&lt;/script&gt;" + "y" * (sessions.LONGEST_BROWSER - 18) + "<" in page.text


async def test_with_several_providers_one_chooses_and_over_https_cookies_are_of_this_host(
    place: Place, tmp_path: Path
) -> None:
    providers = tuple(
        OidcIssuer(issuer=f"https://{name}.example.org", client_id="hub", label=label)
        for name, label in (("one", "The First"), ("two", None))
    )
    settings = Settings(
        data_dir=tmp_path, base_url="https://hub.test", secret_key=SECRET_KEY, oidc_issuers=providers
    )
    app = build_app(settings, place.login)
    async with app.router.lifespan_context(app):
        assert app.state.session_cookie.name == "__Host-hub_session"
        assert app.state.session_cookie.is_secure
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="https://hub.test") as http:
            page = Shown(await http.get("/auth/login?next=/contributions"))
            assert_whole(page)
            assert "The First" in page.text
            assert "two.example.org" in page.text
            assert "/auth/login?issuer=https%3A%2F%2Ftwo.example.org&next=%2Fcontributions" in page.links
            assert "/auth/login?next=/contributions" in Shown(await http.get("/contributions")).links
            elsewhere = Shown(await http.get("/auth/login?next=//evil.example.org"))
            assert "/auth/login?issuer=https%3A%2F%2Ftwo.example.org&next=%2F" in elsewhere.links
