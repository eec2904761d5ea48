"""Bearer tokens: refused unless known and in force, kept as a hash, never logged, and worth today's roles."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.applications import Starlette

from hub.database import Place
from hub.db.engine import Database
from hub.db.models import metadata
from hub.identity import tokens
from hub.identity.recognition import FRESH_SECONDS
from hub.maintenance import issue_token_in
from tests.conftest import PERSONAS, Client
from tests.policy.clones import actor_of, as_owner

VIEWER = {"query": "{ viewer { name roles } }"}
NOW = datetime.now(UTC)


async def asked(http: httpx.AsyncClient, token: str | bytes) -> httpx.Response:
    """The answer to somebody with the token."""
    sent = token if isinstance(token, bytes) else token.encode()
    return await http.post("/graphql", json=VIEWER, headers={b"Authorization": b"Bearer " + sent})


def assert_refused(response: httpx.Response) -> None:
    """401, in JSON, saying what to do, and nothing of the data."""
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/json"
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    message = "This token is unknown, expired or revoked. Get a new one."
    assert response.json() == {"errors": [{"message": message}]}


async def issued(app: Starlette, persona: str, **life: Any) -> str:
    """A token of the persona, with another life than usual."""
    database: Database = app.state.database
    async with database.app.connect() as connection:
        actor = await actor_of(connection, persona)
    assert actor.person_id is not None
    async with database.writing(actor) as session:
        _, secret = await tokens.issue(
            session, person_id=actor.person_id, label="test", expires_at=NOW + timedelta(**life)
        )
    return secret


async def test_a_token_in_force_speaks_for_its_person(http: httpx.AsyncClient, app: Starlette) -> None:
    response = await asked(http, await issued(app, "staff", hours=1))
    viewer = {"name": "Demo Programme Officer, RSO", "roles": ["STAFF"]}
    assert (response.status_code, response.json()) == (200, {"data": {"viewer": viewer}})


USELESS = {
    "unknown": tokens.new_secret(),
    "empty": "",
    "prefix alone": "hub_",
    "other prefix": "ghp_" + "a" * 43,
    "too short": "hub_a",
    "10 KB": "hub_" + "a" * 10_240,
    "SQL": "hub_' or true --",
    "JSON": '{"token": 1}',
    "spaces": "hub_a hub_b",
    "percent": "hub_%",
    "UTF-8": "hub_\u0e01\U0001f600",
    "not UTF-8": b"hub_\xff\xfe\x80",
    "wildcard": "*",
    "a hash": hashlib.sha256(b"x").hexdigest(),
}


@pytest.mark.parametrize("sent", USELESS.values(), ids=USELESS.keys())
async def test_a_useless_token_is_refused_and_not_logged(
    sent: str | bytes,
    http: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logs:
        assert_refused(await asked(http, sent))
    text_ = sent.decode("latin-1") if isinstance(sent, bytes) else sent
    if len(text_) > len("hub_a"):
        output = "".join([*capfd.readouterr(), caplog.text, str(logs)])
        assert text_ not in output


async def test_an_expired_token_is_refused(http: httpx.AsyncClient, app: Starlette) -> None:
    token = await issued(app, "staff", seconds=-1)
    assert_refused(await asked(http, token))
    assert (await asked(http, await issued(app, "staff", hours=5))).status_code == 200


async def test_a_token_issued_for_a_persona_ends_after_twelve_hours(app: Starlette, place: Place) -> None:
    token = await issue_token_in(app.state.database, "partner")
    async with as_owner(place) as owner:
        life = await owner.scalar(
            text("select expires_at - created_at from hub.api_tokens where token_hash = :hash"),
            {"hash": hashlib.sha256(token.encode()).digest()},
        )
    assert isinstance(life, timedelta)
    assert abs(life - timedelta(hours=12)) < timedelta(seconds=5)


async def test_a_revoked_token_is_refused_from_then_on(http: httpx.AsyncClient, app: Starlette) -> None:
    token, other = await issued(app, "staff", hours=1), await issued(app, "staff", hours=1)
    assert (await asked(http, token)).status_code == 200
    database: Database = app.state.database
    async with database.app.connect() as connection:
        staff, partner = await actor_of(connection, "staff"), await actor_of(connection, "partner")
    async with database.writing(partner) as session:
        await tokens.revoke(session, token, NOW)
    assert (await asked(http, token)).status_code == 200, "nobody revokes another's token"
    async with database.writing(staff) as session:
        await tokens.revoke(session, token, NOW)
    await asyncio.sleep(FRESH_SECONDS)
    assert_refused(await asked(http, token))
    assert (await asked(http, other)).status_code == 200


async def test_nothing_near_a_token_is_a_token(http: httpx.AsyncClient, app: Starlette) -> None:
    token = await issued(app, "staff", hours=1)
    hashed = hashlib.sha256(token.encode()).hexdigest()
    for near in (
        token[:-1],
        token + "a",
        token.upper(),
        token.swapcase(),
        token[4:],
        hashed,
        f"hub_{hashed}",
    ):
        assert_refused(await asked(http, near))


async def test_no_token_is_kept_anywhere_in_the_database(
    http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    token = await issued(app, "staff", hours=1)
    await asked(http, token)
    secret = token.removeprefix(tokens.PREFIX)
    forms = (secret, secret.encode().hex())
    async with as_owner(place) as owner:
        whole = "".join([await dumped(owner, name) for name in sorted(metadata.tables)])
    assert hashlib.sha256(token.encode()).hexdigest() in whole, "the scan sees binary columns"
    assert [form for form in forms if form in whole] == []


async def dumped(owner: AsyncConnection, table: str) -> str:
    """Every row of the table as text, bytes in hexadecimal."""
    return str(await owner.scalar(text(f"select coalesce(string_agg(t::text, E'\\n'), '') from {table} t")))


@pytest.mark.parametrize("persona", PERSONAS)
async def test_an_invented_person_is_nobody_outside_a_demonstration(
    persona: str, production: httpx.AsyncClient, app: Starlette, http: httpx.AsyncClient
) -> None:
    token = await issued(app, persona, hours=1)
    assert (await asked(http, token)).status_code == 200
    assert_refused(await asked(production, token))
    public = await production.post("/graphql", json=VIEWER)
    assert public.json() == {"data": {"viewer": None}}


PERIODS = {
    # starts, ends (days from today) and whether the role counts
    "open": (-10, None, True),
    "from today": (0, None, True),
    "until today": (-10, 0, True),
    "until yesterday": (-10, -1, False),
    "from tomorrow": (1, None, False),
}


@pytest.mark.parametrize(("starts", "ends", "counts"), PERIODS.values(), ids=PERIODS.keys())
async def test_a_role_counts_within_its_dates_only(
    starts: int, ends: int | None, counts: bool, place: Place, http: httpx.AsyncClient, app: Starlette
) -> None:
    token = await issued(app, "co-chair", hours=1)
    await _hold(place, "co-chair", "CO_CHAIR", starts=starts, ends=ends)
    proposals = {"query": "{ viewer { roles } proposals { totalCount } }"}
    response = await http.post("/graphql", json=proposals, headers={"Authorization": f"Bearer {token}"})
    data = response.json()["data"]
    assert data["viewer"]["roles"] == (["CO_CHAIR"] if counts else [])
    assert (data["proposals"]["totalCount"] > 0) is counts
    async with app.state.database.app.connect() as connection:
        persona = await actor_of(connection, "co-chair")
    assert bool(persona.roles) is counts
    await _hold(place, "co-chair", "CO_CHAIR", starts=-10, ends=None)


async def _hold(place: Place, persona: str, role: str, *, starts: int, ends: int | None) -> None:
    """Let the persona hold the role alone, for another time."""
    gone = text(
        "delete from hub.role_grants g using hub.persons p where p.id = g.person_id and p.persona = :persona"
    )
    held = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on, ends_on)"
        " select id, organisation_id, :role, current_date + cast(:starts as int),"
        " current_date + cast(:ends as int) from hub.persons where persona = :persona"
    )
    async with as_owner(place) as owner:
        assert (await owner.execute(gone, {"persona": persona})).rowcount == 1
        given = {"persona": persona, "role": role, "starts": starts, "ends": ends}
        assert (await owner.execute(held, given)).rowcount == 1


async def test_other_schemes_are_nobodys_identity(http: httpx.AsyncClient, people: Client) -> None:
    token = (await people("staff")).token
    for header in (f"Basic {token}", f"Token {token}", str(token)):
        response = await http.post("/graphql", json=VIEWER, headers={"Authorization": header})
        assert response.json() == {"data": {"viewer": None}}
