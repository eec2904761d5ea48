"""A person signs in at a certified provider, in a browser without pixels, and out again."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from starlette.applications import Starlette

from hub.app import build_app
from hub.database import Place
from tests.identity.browsing import Browser, viewer_name
from tests.identity.conftest import CLIENT_SECRET, settings_for
from tests.identity.inviting import address, invited, people_at
from tests.identity.provider_process import ProviderProcess

COOKIE = "hub_session"


def query_of(url: str) -> Mapping[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_an_invited_person_signs_in_and_arrives_where_he_wanted_to_go(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email, role="FOCAL_POINT")
    page = await browser.log_in(email, "/auth/login?next=/work/proposals%3Fstate=DRAFT")
    assert (page.status_code, str(page.url)) == (200, f"{browser.hub}/work/proposals?state=DRAFT")
    assert f"Owner of {email}" in page.text
    asked = next(query_of(url) for url in browser.way if "code_challenge" in url)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid email profile"
    assert asked["redirect_uri"] == f"{browser.hub}/auth/callback"
    assert len(asked["code_challenge"]) == 43
    assert min(len(asked["state"]), len(asked["nonce"])) >= 43
    answered = next(query_of(url) for url in browser.way if "/auth/callback" in url)
    assert answered["iss"] == provider.issuer
    assert await people_at(place, email) == [
        {
            "name": f"Owner of {email}",
            "organisation": "Demo Alliance",
            "roles": ["FOCAL_POINT"],
            "accounts": [f"{provider.issuer} {email}"],
        }
    ]


async def test_the_cookie_holds_nothing_but_an_opaque_id(browser: Browser, place: Place) -> None:
    email = address()
    await invited(place, email)
    answer = await browser.log_in(email, until="/auth/callback")
    callback = await browser.http.get(answer.headers["location"])
    given = [value for name, value in callback.headers.multi_items() if name == "set-cookie"]
    session = next(value for value in given if value.startswith(f"{COOKIE}="))
    assert re.fullmatch(rf"{COOKIE}=hubs_[\w-]{{43}}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax", session)
    gone = next(value for value in given if value.startswith("hub_attempt="))
    assert 'hub_attempt=""' in gone
    assert "Max-Age=0" in gone
    assert callback.headers["cache-control"] == "no-store"


async def test_the_second_sign_in_needs_no_invitation(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email)
    await browser.log_in(email)
    first = browser.http.cookies[COOKIE]
    await browser.get("/auth/login")
    assert browser.http.cookies[COOKIE] != first, "every sign-in is a new session"
    assert await browser.viewer() == f"Owner of {email}"
    copied = httpx.AsyncClient(cookies={COOKIE: first})
    assert await viewer_name(copied, browser.hub) is None, "and ends the one before"
    assert len(await people_at(place, email)) == 1


async def test_who_is_not_invited_is_told_what_to_do_and_no_person_is_made(
    browser: Browser, place: Place
) -> None:
    email = address("stranger")
    page = await browser.log_in(email)
    assert page.status_code == 403
    assert "You have not been invited yet" in page.text
    assert email in page.text
    assert "ask its focal point to invite this address" in page.text
    assert COOKIE not in browser.http.cookies
    assert await people_at(place, email) == []
    again = re.search(r'href="(/auth/login\?[^"]*again=1[^"]*)"', page.text)
    assert again is not None
    await invited(place, other := address("invited"))
    await browser.log_in(other, again[1].replace("&amp;", "&"))
    assert await browser.viewer() == f"Owner of {other}"


async def test_an_address_that_is_not_verified_is_nobodys(browser: Browser, place: Place) -> None:
    email = address("unverified")
    await invited(place, email)
    page = await browser.log_in(email)
    assert page.status_code == 403
    assert "Your e-mail address is not confirmed" in page.text
    assert await people_at(place, email) == []


async def test_a_code_serves_once(browser: Browser, place: Place) -> None:
    email = address()
    await invited(place, email)
    answer = await browser.log_in(email, until="/auth/callback")
    attempt = browser.http.cookies["hub_attempt"]
    callback = answer.headers["location"]
    assert (await browser.http.get(callback)).status_code == 303
    replayed = await browser.http.get(callback)
    assert replayed.status_code == 400
    assert "This sign-in cannot be finished" in replayed.text
    thief = httpx.AsyncClient(cookies={"hub_attempt": attempt})
    refused = await thief.get(callback)
    assert refused.status_code == 400
    assert "The sign-in did not work" in refused.text, "the provider knows the code as used"
    assert COOKIE not in thief.cookies


async def test_an_answer_counts_in_the_browser_that_asked_only(browser: Browser, place: Place) -> None:
    email = address()
    await invited(place, email)
    answer = await browser.log_in(email, until="/auth/callback")
    stranger = httpx.AsyncClient()
    for client in (stranger, httpx.AsyncClient(cookies={"hub_attempt": "forged.aaaa.bbbb"})):
        response = await client.get(answer.headers["location"])
        assert response.status_code == 400
        assert COOKIE not in client.cookies
    await browser.http.get(f"{browser.hub}/auth/callback?state=another&code=a")
    assert COOKIE not in browser.http.cookies
    assert (await browser.http.get(answer.headers["location"])).status_code == 303, (
        "a forged one takes nothing"
    )


async def test_keys_that_were_rotated_are_fetched_anew(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email)
    await browser.log_in(email)
    provider.rotate_keys()
    await browser.post("/auth/logout")
    assert await browser.viewer() is None
    await browser.log_in(email)
    assert await browser.viewer() == f"Owner of {email}"


@pytest.mark.parametrize(("seconds", "passes"), [(50, True), (90, False), (-50, True)])
async def test_a_clock_may_be_a_minute_off(
    seconds: int, passes: bool, browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email)
    provider.set_clock(seconds)
    page = await browser.log_in(email)
    assert (page.status_code, COOKIE in browser.http.cookies) == ((200, True) if passes else (400, False))


async def test_one_signs_out_here_and_at_the_provider(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email)
    await browser.log_in(email)
    copied = httpx.AsyncClient(cookies={COOKIE: browser.http.cookies[COOKIE]})
    page = await browser.post("/auth/logout")
    assert "You are signed out here" in page.text
    assert COOKIE not in browser.http.cookies
    assert await viewer_name(copied, browser.hub) is None
    refresh = re.search(r'<meta http-equiv="refresh" content="0; url=([^"]+)">', page.text)
    assert refresh is not None
    there = refresh[1].replace("&amp;", "&")
    given = query_of(there)
    assert there.startswith(f"{provider.issuer}/session/end?")
    assert given["post_logout_redirect_uri"] == f"{browser.hub}/"
    assert given["id_token_hint"].count(".") == 2
    home = await browser.log_out_there(there)
    assert str(home.url) == f"{browser.hub}/"
    asked = await browser.get("/auth/login")
    assert "/interaction/" in str(asked.url), "the provider asks who it is"


async def test_signing_out_at_the_provider_ends_a_copied_cookie_within_a_second(
    browser: Browser, provider: ProviderProcess, place: Place, hub: Starlette, tmp_path: Path
) -> None:
    email = address()
    await invited(place, email)
    await browser.log_in(email)
    cookies = {COOKIE: browser.http.cookies[COOKIE]}
    copied = httpx.AsyncClient(cookies=cookies)
    second = build_app(settings_for(browser.hub, provider.issuer, tmp_path), place.login)
    async with second.router.lifespan_context(second):
        transport = httpx.ASGITransport(app=second)
        elsewhere = httpx.AsyncClient(transport=transport, cookies=cookies)
        for worker in (copied, elsewhere):
            assert await viewer_name(worker, browser.hub) == f"Owner of {email}"
        other = Browser(browser.hub)
        await other.log_in(email)
        await browser.log_out_there(f"{provider.issuer}/session/end")
        ended = time.monotonic()
        for worker in (copied, elsewhere):
            while await viewer_name(worker, browser.hub) is not None:
                assert time.monotonic() - ended < 1
                await asyncio.sleep(0.02)
    assert await other.viewer() == f"Owner of {email}", "another session of the same person goes on"


async def test_a_dashboard_asks_with_an_access_token_of_the_provider(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email, role="ANALYST")
    await browser.log_in(email)
    tokens = await dashboard_tokens(browser, provider, email)
    assert await viewer_name(httpx.AsyncClient(), browser.hub, **bearer(tokens["access_token"])) == (
        f"Owner of {email}"
    )
    refused = await httpx.AsyncClient().post(
        f"{browser.hub}/graphql", json={"query": "{ viewer { name } }"}, headers=bearer(tokens["id_token"])
    )
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
    elsewhere = await dashboard_tokens(browser, provider, email, resource="https://elsewhere.example.org")
    refused = await httpx.AsyncClient().post(
        f"{browser.hub}/graphql",
        json={"query": "{ viewer { name } }"},
        headers=bearer(elsewhere["access_token"]),
    )
    assert refused.status_code == 401


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def dashboard_tokens(
    browser: Browser, provider: ProviderProcess, email: str, resource: str | None = None
) -> dict[str, str]:
    """What the provider issues to a dashboard for the person, for the hub or another resource."""
    verifier, redirect = "v" * 43, "http://127.0.0.1/dashboard"
    challenge = create_s256_code_challenge(verifier)
    resource = resource or browser.hub
    answer = await browser.log_in(
        email,
        f"{provider.issuer}/auth?client_id=dashboard&response_type=code&scope=openid%20read&state=s"
        f"&redirect_uri={redirect}&code_challenge={challenge}&code_challenge_method=S256&resource={resource}",
        until="127.0.0.1/dashboard",
    )
    code = query_of(answer.headers["location"])["code"]
    response = await httpx.AsyncClient().post(
        f"{provider.issuer}/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "resource": resource,
        },
        auth=("dashboard", "the-secret-of-a-dashboard"),
    )
    assert response.status_code == 200, response.text
    found: dict[str, str] = response.json()
    return found


async def test_without_the_verifier_of_the_attempt_a_code_is_worth_nothing(
    browser: Browser, provider: ProviderProcess, place: Place
) -> None:
    email = address()
    await invited(place, email)
    answer = await browser.log_in(email, until="/auth/callback")
    given = {"grant_type": "authorization_code", "redirect_uri": f"{browser.hub}/auth/callback"}
    response = await httpx.AsyncClient().post(
        f"{provider.issuer}/token",
        data=given | {"code": query_of(answer.headers["location"])["code"], "code_verifier": "a" * 43},
        auth=("hub", "the-secret-of-the-hub-at-the-provider"),
    )
    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


async def test_no_secret_of_a_sign_in_is_logged(
    browser: Browser,
    provider: ProviderProcess,
    place: Place,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    email = address()
    await invited(place, email, role="ANALYST")
    answer = await browser.log_in(email, until="/auth/callback")
    callback = query_of(answer.headers["location"])
    secrets = {"code": callback["code"], "state": callback["state"], "client": CLIENT_SECRET}
    secrets["attempt"] = browser.http.cookies["hub_attempt"]
    await browser.get(answer.headers["location"])
    secrets["session"] = browser.http.cookies[COOKIE]
    tokens = await dashboard_tokens(browser, provider, email)
    secrets |= {"access token": tokens["access_token"], "id token": tokens["id_token"]}
    for token in (tokens["access_token"], tokens["id_token"]):
        await browser.http.post(f"{browser.hub}/graphql", json={"query": "{"}, headers=bearer(token))
    page = await browser.post("/auth/logout")
    secrets["hint"] = re.findall(r"id_token_hint=([\w.-]+)", page.text)[0]
    own = {"httpx", "httpcore"}  # the test's browser, which is not the hub's client httpx2
    records = [record for record in caplog.records if record.name.partition(".")[0] not in own]
    assert any(record.name.startswith("httpx2") for record in records), "the hub's own client is heard"
    written = "\n".join([*(record.getMessage() for record in records), *capfd.readouterr()])
    assert "path=/auth/callback" in written
    assert [name for name, secret in secrets.items() if secret in written] == []
