"""Tokens that no honest provider makes, at each of three doors: the callback, the API, the back channel."""

from __future__ import annotations

import asyncio
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse, Response

from hub.app import build_app
from hub.config import Settings
from hub.database import Place
from hub.doctor import examine
from hub.identity.recognition import FRESH_SECONDS
from tests.identity.conftest import free_address, settings_for
from tests.identity.fake_issuer import (
    NEWER_KEY,
    OTHER_KEY,
    PUBLIC_KEY_AS_SECRET,
    SAME_KEY,
    FakeIssuer,
    begun,
    fake_issuer,
)
from tests.identity.inviting import address, invited, people_at

HUB = "http://hub.test"
COOKIE = "hub_session"
VIEWER = {"query": "{ viewer { name } }"}


@pytest.fixture
async def issuer() -> AsyncIterator[FakeIssuer]:
    """The provider."""
    async with fake_issuer() as running:
        yield running


@pytest.fixture
async def http(place: Place, issuer: FakeIssuer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the hub of production that trusts the provider."""
    app = build_app(settings_for(HUB, issuer.issuer, tmp_path), place.login)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=HUB) as client:
            yield client


async def came_back(
    http: httpx.AsyncClient, issuer: FakeIssuer, asked: dict[str, str], **changes: str | None
) -> httpx.Response:
    """The hub's answer when the browser comes back from the provider."""
    given = {"code": "a-code", "state": asked["state"], "iss": issuer.issuer} | changes
    sent = {name: value for name, value in given.items() if value is not None}
    return await http.get("/auth/callback", params=sent)


async def signed_in(
    http: httpx.AsyncClient, issuer: FakeIssuer, subject: str, *, nonce: str | None = None, **signing: Any
) -> int:
    """Sign in with an id token of these claims; 303 where the hub takes it. Signs out again."""
    asked = await begun(http)
    header = signing.pop("header", {})
    claims = issuer.id_claims(asked["nonce"] if nonce is None else nonce, subject, **signing)
    issuer.answer(issuer.sign(claims, **header))
    response = await came_back(http, issuer, asked)
    assert (COOKIE in http.cookies) == (response.status_code == 303)
    http.cookies.clear()
    return response.status_code


NOW = int(time.time())
ID_TOKENS: dict[str, tuple[dict[str, Any], bool]] = {
    # what is odd about it: the claims or the signing, and whether it passes
    "nothing": ({}, True),
    "audience in a list": ({"aud": ["hub"]}, True),
    "two audiences, and the hub its party": ({"aud": ["hub", "b"], "azp": "hub"}, True),
    "signed with PS256": ({"header": {"alg": "PS256", "key": NEWER_KEY, "kid": "two"}}, True),
    "two audiences, no party": ({"aud": ["hub", "b"]}, False),
    "another party": ({"azp": "b"}, False),
    "another audience": ({"aud": "b"}, False),
    "no audience": ({"aud": None}, False),
    "another issuer": ({"iss": "https://evil.example.org"}, False),
    "the issuer with a slash": ({"iss": "SLASH"}, False),
    "no issuer": ({"iss": None}, False),
    "another nonce": ({"nonce": "another"}, False),
    "no expiry": ({"exp": None}, False),
    "expiry as text": ({"exp": "2999-01-01"}, False),
    "no instant of issue": ({"iat": None}, False),
    "no subject": ({"sub": None}, False),
    "a subject of 256 characters": ({"sub": "a" * 256}, False),
    "a subject with NUL": ({"sub": "a\x00"}, False),
    "a subject that is a number": ({"sub": 1}, False),
    "a hash of another access token": ({"at_hash": "AAAA"}, False),
    "alg none": ({"header": {"alg": "none", "key": None}}, False),
    "HS256 with the public key": ({"header": {"alg": "HS256", "key": PUBLIC_KEY_AS_SECRET}}, False),
    "RS512": ({"header": {"alg": "RS512", "key": NEWER_KEY, "kid": "two"}}, False),
    "another's key under the same name": ({"header": {"key": OTHER_KEY}}, False),
    "an unknown key": ({"header": {"kid": "three"}}, False),
}


async def test_an_id_token_is_believed_only_if_it_is_whole(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    issuer.keys.append(NEWER_KEY)
    email = address()
    await invited(place, email)
    outcomes = {}
    for name, (odd, _) in ID_TOKENS.items():
        changes = odd | ({"iss": f"{issuer.issuer}/"} if odd.get("iss") == "SLASH" else {})
        outcomes[name] = await signed_in(http, issuer, email, **changes)
    assert outcomes == {name: 303 if passes else 400 for name, (_, passes) in ID_TOKENS.items()}
    assert [person["accounts"] for person in await people_at(place, email)] == [[f"{issuer.issuer} {email}"]]


CLOCKS = {
    "expired 50 s ago": ("exp", -50, True),
    "expired 90 s ago": ("exp", -90, False),
    "issued in 50 s": ("iat", 50, True),
    "issued in 90 s": ("iat", 90, False),
    "valid in 50 s": ("nbf", 50, True),
    "valid in 90 s": ("nbf", 90, False),
}


async def test_clocks_may_differ_by_a_minute_in_both_kinds_of_token(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    email = address()
    await invited(place, email)
    outcomes = {}
    for name, (claim, seconds, _) in CLOCKS.items():
        odd: dict[str, Any] = {claim: int(time.time()) + seconds}
        in_order = await signed_in(http, issuer, email, **odd)
        token = issuer.sign(issuer.access_claims(email, HUB, **odd), typ="at+jwt")
        outcomes[name] = (in_order, await asked_by(http, token))
    assert outcomes == {name: (303, 200) if passes else (400, 401) for name, (_, _, passes) in CLOCKS.items()}


async def asked_by(http: httpx.AsyncClient, token: str) -> int:
    """The status with which the API answers the bearer."""
    response = await http.post("/graphql", json=VIEWER, headers={"Authorization": f"Bearer {token}"})
    return response.status_code


async def test_the_answer_must_come_from_the_provider_that_was_asked(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    email = address()
    await invited(place, email)
    outcomes = []
    for iss in (None, "https://evil.example.org", f"{issuer.issuer}/", issuer.issuer):
        asked = await begun(http)
        issuer.answer(issuer.sign(issuer.id_claims(asked["nonce"], email)))
        outcomes.append((await came_back(http, issuer, asked, iss=iss)).status_code)
    assert outcomes == [400, 400, 400, 303]
    assert issuer.asked.count("token") == 1, "no code is given to anybody before"


async def test_a_provider_that_says_no_is_heard(http: httpx.AsyncClient, issuer: FakeIssuer) -> None:
    asked = await begun(http)
    response = await came_back(http, issuer, asked, code=None, error="access_denied")
    assert response.status_code == 400
    assert "The sign-in did not work" in response.text
    asked = await begun(http)
    assert (await came_back(http, issuer, asked, code=None)).status_code == 400


TOKEN_ANSWERS: dict[str, tuple[Any, int]] = {
    "an error": ({"error": "invalid_grant"}, 400),
    "no id token": ({"access_token": "a", "token_type": "Bearer"}, 400),
    "no access token": ({"id_token": "a.b.c", "token_type": "Bearer"}, 400),
    "an id token that is none": ({"access_token": "a", "token_type": "Bearer", "id_token": "a.b.c"}, 400),
    "an id token of 10 KB": ({"access_token": "a", "token_type": "Bearer", "id_token": "a" * 10_000}, 400),
    "a list": ([], 400),
    "text": (PlainTextResponse("no"), 400),
    "a failure": (Response(status_code=502), 503),
}


@pytest.mark.parametrize(("answer", "status"), TOKEN_ANSWERS.values(), ids=TOKEN_ANSWERS.keys())
async def test_whatever_a_provider_answers_there_is_a_page(
    answer: Any, status: int, http: httpx.AsyncClient, issuer: FakeIssuer
) -> None:
    asked = await begun(http)
    issuer.token = answer
    response = await came_back(http, issuer, asked)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert "Sign in again" in response.text
    assert COOKIE not in http.cookies


async def test_userinfo_of_somebody_else_is_not_believed(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    email, other = address(), address("other")
    await invited(place, email)
    await invited(place, other)
    issuer.userinfo = {"sub": other, "email": other, "email_verified": True}
    assert await signed_in(http, issuer, email, email=None, email_verified=None) == 400
    issuer.userinfo = {"sub": email, "email": email, "email_verified": "true"}
    assert await signed_in(http, issuer, email, email=None, email_verified=None) == 403
    issuer.userinfo = {"sub": email, "email": email.upper(), "email_verified": True, "name": "\x00\ud800"}
    assert await signed_in(http, issuer, email, email=None, email_verified=None) == 303
    assert (await people_at(place, email))[0]["name"] == email.upper().partition("@")[0]
    assert await people_at(place, other) == []


async def test_a_provider_that_is_somebody_else_or_nobody_is_not_asked_on(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place, tmp_path: Path
) -> None:
    issuer.metadata["issuer"] = "https://evil.example.org"
    response = await http.get("/auth/login")
    assert (response.status_code, "You cannot sign in now" in response.text) == (503, True)
    app = build_app(settings_for(HUB, free_address(), tmp_path), place.login)
    async with app.router.lifespan_context(app):
        silent = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HUB)
        response = await silent.get("/auth/login")
    assert (response.status_code, "You cannot sign in now" in response.text) == (503, True)


ACCESS_TOKENS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    # what is odd about it: the claims, the signing, and whether it passes
    "nothing": ({}, {}, True),
    "the long type": ({}, {"typ": "application/at+jwt"}, True),
    "the type in capitals": ({}, {"typ": "AT+JWT"}, True),
    "one audience of several": ({"aud": ["b", HUB]}, {}, True),
    "an id token": ({"nonce": "n"}, {"typ": "JWT"}, False),
    "no type": ({}, {"typ": None}, False),
    "a logout token": ({}, {"typ": "logout+jwt"}, False),
    "another audience": ({"aud": "https://elsewhere.example.org"}, {}, False),
    "the audience of an id token": ({"aud": "hub"}, {}, False),
    "no audience": ({"aud": None}, {}, False),
    "another issuer": ({"iss": "https://evil.example.org"}, {}, False),
    "no issuer": ({"iss": None}, {}, False),
    "the issuer in a list": ({"iss": ["http://a"]}, {}, False),
    "no expiry": ({"exp": None}, {}, False),
    "an endless expiry": ({"exp": 10**400}, {}, True),
    "no client": ({"client_id": None}, {}, False),
    "no name of its own": ({"jti": None}, {}, False),
    "nobody bound": ({"sub": "nobody"}, {}, False),
    "alg none": ({}, {"alg": "none", "key": None}, False),
    "HS256 with the public key": ({}, {"alg": "HS256", "key": PUBLIC_KEY_AS_SECRET}, False),
    "RS512": ({}, {"alg": "RS512", "key": NEWER_KEY, "kid": "two"}, False),
    "a key for RS256 used with PS256": ({}, {"alg": "PS256", "key": SAME_KEY}, False),
    "another's key": ({}, {"key": OTHER_KEY}, False),
    "a critical extension": ({}, {"crit": ["odd"], "odd": "a"}, False),
    "an unknown key": ({}, {"kid": "three"}, False),
    "its own key": ({}, {"kid": None, "jwk": OTHER_KEY.as_dict(private=False), "key": OTHER_KEY}, False),
    "keys elsewhere": ({}, {"jku": "https://evil.example.org/jwks", "key": OTHER_KEY}, False),
}


async def test_an_access_token_is_believed_only_if_it_is_for_this_hub(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    email = address()
    await invited(place, email)
    assert await signed_in(http, issuer, email) == 303
    issuer.keys.append(NEWER_KEY)
    outcomes = {}
    for name, (claims, signing, _) in ACCESS_TOKENS.items():
        signed = issuer.sign(issuer.access_claims(email, HUB, **claims), **({"typ": "at+jwt"} | signing))
        outcomes[name] = await asked_by(http, signed)
    assert outcomes == {name: 200 if passes else 401 for name, (_, _, passes) in ACCESS_TOKENS.items()}


async def test_what_is_no_token_at_all_is_refused_without_asking_the_provider(
    http: httpx.AsyncClient, issuer: FakeIssuer
) -> None:
    good = issuer.sign(issuer.access_claims("a", HUB), typ="at+jwt")
    head, body, _ = good.split(".")
    deep = urlsafe_b64encode(b'{"iss":' + b"[" * 4_000).rstrip(b"=").decode()
    for odd in (
        f"{head}.{deep}.a",
        f"{deep}.{body}.a",
        "a.b.c",
        "..",
        "e30.e30.",
        good[:-1] + "!",
        f"{head}.{body}",
        f"{good}.x",
        "[" * 5_000,
        "a" * 9_000,
    ):
        assert await asked_by(http, odd) == 401, odd[:20]
    assert issuer.asked.count("keys") <= 1


async def test_keys_that_cannot_be_used_spoil_no_others(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place, tmp_path: Path
) -> None:
    secret = urlsafe_b64encode(b"a shared secret of thirty-two by").decode()
    issuer.odd_keys = [
        *(
            {"kty": "RSA", "n": "%"},
            {"kty": "EC", "crv": "P-0"},
            {"kty": "AKP", "alg": "ML-DSA-44"},
            {},
            1,
            None,
        ),
        {"kty": "oct", "k": secret, "kid": "secret"},
    ]
    email = address()
    await invited(place, email)
    assert await signed_in(http, issuer, email) == 303
    shared = issuer.sign(issuer.access_claims(email, HUB), typ="at+jwt", alg="HS256", kid="secret", key=b"a")
    assert await asked_by(http, shared) == 401
    settings = settings_for(HUB, issuer.issuer, tmp_path)
    assert await asyncio.to_thread(provider_findings, settings) == [
        ("ok", f"{issuer.issuer} signs people in.")
    ]
    issuer.keys = []
    findings = await asyncio.to_thread(provider_findings, settings)
    assert findings == [
        ("error", f"Nobody can sign in at {issuer.issuer}: {issuer.issuer}/jwks holds no usable keys")
    ]


def provider_findings(settings: Settings) -> list[tuple[str, str]]:
    """What `hub doctor` says about the provider."""
    return [(f.level, f.message) for f in examine(settings) if (settings.oidc_issuers[0].issuer in f.message)]


async def test_a_flood_of_unknown_keys_asks_the_provider_once(
    http: httpx.AsyncClient, issuer: FakeIssuer
) -> None:
    for number in range(20):
        token = issuer.sign(issuer.access_claims("a", HUB), typ="at+jwt", kid=f"k{number}")
        assert await asked_by(http, token) == 401
    assert issuer.asked == ["metadata", "keys", "keys"]


EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_TOKENS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "another type": ({}, {"typ": "JWT"}),
    "an access token": ({}, {"typ": "at+jwt"}),
    "no type": ({}, {"typ": None}),
    "a nonce": ({"nonce": "n"}, {}),
    "no event": ({"events": None}, {}),
    "another event": ({"events": {"http://a": {}}}, {}),
    "an event that is no object": ({"events": {EVENT: True}}, {}),
    "events in a list": ({"events": [EVENT]}, {}),
    "nobody's session": ({"sub": None, "sid": None}, {}),
    "a session that is a number": ({"sid": 1}, {}),
    "a subject with NUL": ({"sub": "a\x00"}, {}),
    "no name of its own": ({"jti": None}, {}),
    "another audience": ({"aud": "b"}, {}),
    "another issuer": ({"iss": "https://evil.example.org"}, {}),
    "no expiry": ({"exp": None}, {}),
    "expiry beyond the calendar": ({"exp": 10**300}, {}),
    "expired 90 s ago": ({"exp": NOW - 90}, {}),
    "alg none": ({}, {"alg": "none", "key": None}),
    "HS256 with the public key": ({}, {"alg": "HS256", "key": PUBLIC_KEY_AS_SECRET}),
    "another's key": ({}, {"key": OTHER_KEY}),
}


def logout_claims(issuer: FakeIssuer, subject: str, **more: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"iss": issuer.issuer, "aud": "hub", "sub": subject, "iat": now, "exp": now + 60}
    return given | {"jti": str(uuid.uuid4()), "events": {EVENT: {}}} | more


async def logged_out(http: httpx.AsyncClient, token: str) -> int:
    """The status with which the back channel answers."""
    response = await http.post("/auth/backchannel-logout", data={"logout_token": token})
    assert response.headers["cache-control"] == "no-store"
    if response.status_code == 400:
        assert response.json()["error"] == "invalid_request"
    return response.status_code


async def test_a_logout_token_ends_what_it_names_once_and_no_other_ends_anything(
    http: httpx.AsyncClient, issuer: FakeIssuer, place: Place
) -> None:
    email, other = address(), address("other")
    sessions = {}
    for who, sid in ((email, "sid-1"), (email, "sid-2"), (other, "sid-3")):
        await invited(place, who)
        asked = await begun(http)
        issuer.answer(issuer.sign(issuer.id_claims(asked["nonce"], who, sid=sid)))
        await came_back(http, issuer, asked)
        sessions[sid] = http.cookies[COOKIE]
        http.cookies.clear()

    async def are_open() -> set[str]:
        """Asks as a worker that remembers nobody: half a second is what one may remember."""
        found = set()
        for sid, secret in sessions.items():
            response = await http.post("/graphql", json=VIEWER, headers={"Cookie": f"{COOKIE}={secret}"})
            if response.json()["data"]["viewer"]:
                found.add(sid)
        return found

    outcomes = {
        name: await logged_out(
            http, issuer.sign(logout_claims(issuer, email, **claims), **({"typ": "logout+jwt"} | signing))
        )
        for name, (claims, signing) in LOGOUT_TOKENS.items()
    }
    assert outcomes == dict.fromkeys(LOGOUT_TOKENS, 400)
    for odd in ("", "a.b.c", "a" * 9_000):
        assert await logged_out(http, odd) == 400
    assert (await http.post("/auth/backchannel-logout", json={"logout_token": "a"})).status_code == 400
    assert await are_open() == {"sid-1", "sid-2", "sid-3"}

    one = issuer.sign(logout_claims(issuer, email, sid="sid-1"), typ="logout+jwt")
    assert await logged_out(http, one) == 200
    assert await logged_out(http, one) == 400, "it was used"
    await forgotten()
    assert await are_open() == {"sid-2", "sid-3"}
    mixed = logout_claims(issuer, email, sid="sid-3")
    assert await logged_out(http, issuer.sign(mixed, typ="logout+jwt")) == 200
    await forgotten()
    assert await are_open() == {"sid-2", "sid-3"}, "another's session is not named by one's own subject"
    whole = logout_claims(issuer, other)
    assert await logged_out(http, issuer.sign(whole, typ="logout+jwt")) == 200
    await forgotten()
    assert await are_open() == {"sid-2"}


async def forgotten() -> None:
    """Wait until no worker remembers whom a cookie spoke for."""
    await asyncio.sleep(FRESH_SECONDS)
