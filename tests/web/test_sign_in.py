"""Signing in to the demonstration, signing out, and what a session that has ended does: nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.app import build_app
from hub.config import Settings
from hub.web.sign_in.page import local_path
from hub.web.templating import NAVIGATION
from tests.web.browsing import PAGES, Shown
from tests.web.conftest import Visit


async def test_one_signs_in_by_choosing_and_out_again(visit: Visit) -> None:
    public = await visit(None)
    page = await public.open("/demo/sign-in?next=/work/proposals")
    assert page.text.count("Sign in Demo") + page.text.count("Sign in") >= 10
    signed_in = await public.send(page.form("/demo/sign-in"), persona="partner")
    assert (signed_in.status, signed_in.response.headers["location"]) == (303, "/work/proposals")
    cookie = signed_in.response.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie, "the test server is plain HTTP"
    public.token = re.match(r"hub_session=([^;]+)", cookie)[1]  # type: ignore[index]
    home = await public.open("/")
    assert "Signed in as Demo Officer, Demo Alliance" in home.text
    out = await public.send(home.form("/sign-out"))
    assert (out.status, out.response.headers["location"]) == (303, "/")
    assert 'hub_session=""' in out.response.headers["set-cookie"]
    after = await public.open("/")
    assert "Signed in as" not in after.text, "the token itself has ended, not only the cookie"


async def test_over_https_the_cookie_is_secure(app: Starlette) -> None:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="https://hub.test") as http:
        response = await http.post("/demo/sign-in", data={"persona": "staff"})
    assert "Secure" in response.headers["set-cookie"]


async def test_an_unknown_persona_signs_nobody_in(visit: Visit) -> None:
    public = await visit(None)
    form = (await public.open("/demo/sign-in")).form("/demo/sign-in")
    for persona in ("nobody", "", "\x00"):
        refused = await public.send(form, persona=persona)
        assert refused.status == 404, persona
        assert "set-cookie" not in refused.response.headers


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "",
        " /x",
        "/%0d%0aSet-Cookie:x=y\r\nX: y",
    ],
)
def test_nobody_is_sent_to_another_site(target: str) -> None:
    assert local_path(target) == "/"


def test_a_path_of_the_portal_is_kept() -> None:
    assert local_path("/work/proposals?state=DRAFT#main") == "/work/proposals?state=DRAFT#main"


async def test_a_sign_in_with_an_address_elsewhere_leads_home(visit: Visit) -> None:
    public = await visit(None)
    page = await public.open("/demo/sign-in?next=//evil.example/")
    assert page.form("/demo/sign-in").values["next"] == "/"
    signed_in = await public.send(page.form("/demo/sign-in"), persona="staff", next="https://evil.example")
    assert signed_in.response.headers["location"] == "/"


async def test_outside_a_demonstration_there_is_no_way_to_sign_in_as(place: Any, tmp_path: Path) -> None:
    real = build_app(Settings(data_dir=tmp_path, base_url="http://hub.test"), place.login)
    async with real.router.lifespan_context(real):
        transport = httpx.ASGITransport(app=real)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            assert (await http.get("/demo/sign-in")).status_code == 404
            assert (await http.post("/demo/sign-in", data={"persona": "admin"})).status_code == 404
            assert (await http.post("/sign-out")).status_code == 404
            for item in NAVIGATION:
                page = Shown(await http.get(item.href))
                assert page.status == 200
                assert not [link for link in page.links if "/demo/" in link or link == "/graphiql"]


async def test_a_stale_cookie_is_taken_for_the_public_and_cleared(visit: Visit) -> None:
    stale = await visit(None)
    stale.token = "hub_ended"
    for path in (*PAGES, "/nowhere", "/contributions.csv"):
        page = await stale.open(path)
        assert page.status == (404 if path == "/nowhere" else 200)
        assert 'hub_session=""; ' in page.response.headers["set-cookie"], path
        assert "Signed in as" not in page.text
    good = await (await visit("partner")).open("/")
    assert "set-cookie" not in good.response.headers
