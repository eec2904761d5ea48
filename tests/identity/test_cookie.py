"""The portal's cookie speaks for somebody only in requests from the portal's own pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from starlette.applications import Starlette

from hub.database import Place
from hub.identity.authentication import SESSION_COOKIE
from hub.proposals.models import Proposal
from tests.conftest import Client, session_of
from tests.policy.clones import as_owner

VIEWER = {"query": "{ viewer { name } }"}
CREATE = {"query": 'mutation { createProposal(input: { title: "Forged" }) { __typename } }'}
SIGNED_IN = {"data": {"viewer": {"name": "Demo Officer, Demo Alliance"}}}
DONE = {"data": {"createProposal": {"__typename": "CreateProposalSuccess"}}}

OWN_PAGES: tuple[dict[str, str], ...] = (
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://hub.test"},
    {"Origin": "http://hub.test"},
)
OTHER_SITES: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://hub.test"},
    {"Origin": "http://evil.example.org"},
    {"Origin": "http://hub.test.evil.example.org"},
    {"Origin": "http://hub.test:8080"},
    {"Origin": "http://evil.example.org/hub.test"},
    {"Origin": "http://hub.test@evil.example.org"},
    {"Origin": "null"},
    {"Origin": ""},
)


async def posted(
    http: httpx.AsyncClient, token: str | None, headers: dict[str, str], body: Any
) -> httpx.Response:
    """The answer to a browser that holds the cookie."""
    return await http.post("/graphql", json=body, headers={**headers, "Cookie": f"{SESSION_COOKIE}={token}"})


async def forged(place: Place) -> int:
    """How many proposals the forger made."""
    async with as_owner(place) as owner:
        statement = select(func.count()).select_from(Proposal).where(Proposal.title == "Forged")
        return (await owner.scalars(statement)).one()


@pytest.mark.parametrize("headers", OWN_PAGES, ids=str)
async def test_a_request_of_our_own_pages_is_accepted(
    headers: dict[str, str], http: httpx.AsyncClient, app: Starlette
) -> None:
    token = await session_of(app, "partner")
    assert (await posted(http, token, headers, VIEWER)).json() == SIGNED_IN
    assert (await posted(http, token, headers, CREATE)).json() == DONE


@pytest.mark.parametrize("headers", OTHER_SITES, ids=str)
async def test_a_request_of_another_site_is_refused(
    headers: dict[str, str], http: httpx.AsyncClient, app: Starlette, place: Place
) -> None:
    token, before = await session_of(app, "partner"), await forged(place)
    response = await posted(http, token, headers, CREATE)
    assert response.status_code == 403
    assert response.json() == {
        "errors": [{"message": "This came from another site. Use the portal's own pages."}]
    }
    assert await forged(place) == before


async def test_a_bearer_token_needs_no_page(http: httpx.AsyncClient, people: Client) -> None:
    person = await people("partner")
    headers = {**person.headers, "Origin": "http://elsewhere.example.org"}
    assert (await http.post("/graphql", json=VIEWER, headers=headers)).json() == SIGNED_IN


async def test_nothing_is_changed_by_a_get(http: httpx.AsyncClient, app: Starlette, place: Place) -> None:
    token, before = await session_of(app, "partner"), await forged(place)
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}):
        sent = {**headers, "Cookie": f"{SESSION_COOKIE}={token}"}
        response = await http.get("/graphql", params=CREATE, headers=sent)
        assert "errors" in response.json()
        assert "data" not in response.json()
    assert await forged(place) == before


@pytest.mark.parametrize(
    "cookie", ["hubs_unknown", "", "x" * 10_240, "hubs_\\303", '"', ";;;="], ids=range(6)
)
async def test_a_cookie_that_is_no_good_signs_nobody_in(cookie: str, http: httpx.AsyncClient) -> None:
    response = await posted(http, cookie, {}, VIEWER)
    assert response.json() == {"data": {"viewer": None}}
    refused = await posted(http, cookie, {}, CREATE)
    assert refused.json() == {"data": {"createProposal": {"__typename": "NotAllowed"}}}


async def test_a_bearer_token_that_is_no_good_is_not_made_good_by_a_cookie(
    http: httpx.AsyncClient, app: Starlette
) -> None:
    token = await session_of(app, "partner")
    headers = {"Authorization": "Bearer hub_unknown", "Cookie": f"{SESSION_COOKIE}={token}"}
    assert (await http.post("/graphql", json=VIEWER, headers=headers)).status_code == 401


async def test_a_cookie_is_no_token_and_a_token_no_cookie(
    http: httpx.AsyncClient, app: Starlette, people: Client
) -> None:
    secret, person = await session_of(app, "partner"), await people("partner")
    assert (await posted(http, person.token, {}, VIEWER)).json() == {"data": {"viewer": None}}
    as_token = {"Authorization": f"Bearer {secret}"}
    assert (await http.post("/graphql", json=VIEWER, headers=as_token)).status_code == 401
