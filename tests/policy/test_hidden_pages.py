"""A page of something hidden is the page of something missing; other sites change nothing through a form."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.database import Place
from hub.db.models import metadata
from hub.identity.authentication import SESSION_COOKIE
from schema.compiler.ids import global_id
from tests.conftest import session_of
from tests.policy.clones import IDENTITIES, as_owner, clone
from tests.policy.oracle import Row, Rows, load
from tests.policy.outcomes import fingerprint
from tests.policy.stage import DAY

MISSING = {"proposals": "PRO-2097-0001", "initiatives": "RSO-2097-001"}
PAGES = {
    "/work/proposals/{}": "proposals",
    "/work/proposals/{}/edit": "proposals",
    "/initiatives/{}": "initiatives",
}
FORMS = {
    "vote": {"revision": "1", "vote.choice": "ENDORSE", "vote.reasons": "Good."},
    "withdraw": {"withdraw.reason": "No."},
    "submit": {},
    "start-screening": {},
}


@pytest.fixture(scope="module")
def paged_place(server: Any, template: str) -> Iterator[Place]:
    """A database that nobody changes here."""
    with clone(server, template, "hub_policy_pages") as place:
        yield place


@pytest.fixture
def place(paged_place: Place) -> Place:
    """Under `app`."""
    return paged_place


async def browser(app: Starlette, name: str | None) -> httpx.AsyncClient:
    """Somebody's browser, signed in or not."""
    transport = httpx.ASGITransport(app=app)
    cookies = {} if name is None else {SESSION_COOKIE: await session_of(app, name)}
    return httpx.AsyncClient(transport=transport, base_url="http://hub.test", cookies=cookies)


def of_others(rows: Rows, name: str | None, table: str) -> Row | None:
    """A row that is hidden from the persona."""
    who = rows.who(name, DAY)
    return next((row for row in rows.tables[table] if not rows.sees(table, who, row)), None)


async def rows_of(place: Place) -> Rows:
    """Every row of every table."""
    async with as_owner(place) as owner:
        return await load(owner, metadata)


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_a_hidden_page_is_a_missing_one(name: str | None, app: Starlette, place: Place) -> None:
    rows, tried = await rows_of(place), 0
    async with await browser(app, name) as client:
        for path, table in PAGES.items():
            hidden = of_others(rows, name, table)
            if hidden is None:
                continue
            found = await client.get(path.format(hidden.reference))
            absent = await client.get(path.format(MISSING[table]))
            assert same(found, absent, hidden.reference, MISSING[table]), path
            assert found.status_code in ((303, 404) if name is None else (404,)), path
            assert hidden.title not in found.text
            tried += 1
    assert tried


def same(found: httpx.Response, absent: httpx.Response, hidden: str, missing: str) -> bool:
    """Whether the two say the same, the reference that was asked for apart."""
    said = (found.status_code, found.headers.get("location", "").replace(hidden, missing))
    if said != (absent.status_code, absent.headers.get("location", "")):
        return False
    return found.text.replace(hidden, missing) == absent.text


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_a_form_about_something_hidden_is_answered_like_one_about_nothing(
    name: str | None, app: Starlette, place: Place
) -> None:
    hidden = of_others(await rows_of(place), name, "proposals")
    assert hidden is not None
    async with await browser(app, name) as client:
        async with as_owner(place) as owner:
            before = await fingerprint(owner)
        for action, fields in FORMS.items():
            form = {"expectedVersion": "1", "idempotencyKey": action, **fields}
            of_hidden = {**form, "id": global_id("Proposal", hidden.id)}
            found = await client.post(f"/work/proposals/{hidden.reference}/{action}", data=of_hidden)
            of_nothing = {**form, "id": global_id("Proposal", uuid.uuid4())}
            absent = await client.post(f"/work/proposals/{MISSING['proposals']}/{action}", data=of_nothing)
            assert found.status_code in ((303, 403) if name is None else (404,)), action
            assert same(found, absent, hidden.reference, MISSING["proposals"]), action
            assert hidden.title not in found.text
        async with as_owner(place) as owner:
            assert await fingerprint(owner) == before


async def test_a_form_of_another_site_changes_nothing(app: Starlette, place: Place) -> None:
    rows = await rows_of(place)
    mine = next(
        row
        for row in rows.tables["proposals"]
        if row.state == "DRAFT" and rows.sees("proposals", rows.who("partner", DAY), row)
    )
    async with await browser(app, "partner") as client:
        assert (await client.get(f"/work/proposals/{mine.reference}")).status_code == 200
        async with as_owner(place) as owner:
            before = await fingerprint(owner)
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example.org"}):
            for path in (f"/work/proposals/{mine.reference}/withdraw", "/work/proposals/new", "/auth/logout"):
                response = await client.post(
                    path, data={"title": "Forged", "withdraw.reason": "x"}, headers=headers
                )
                assert response.status_code == 403, path
        async with as_owner(place) as owner:
            assert await fingerprint(owner) == before
