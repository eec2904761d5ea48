"""How much an organisation and a person may keep, whoever asks at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.config import read_settings
from hub.database import Place
from hub.errors import SetUpError
from hub.files.limits import LOOSE_DAYS, Limits
from tests.conftest import Client, Person, clients, running, session_of
from tests.files.conftest import hand_in
from tests.files.samples import PDF
from tests.files.test_files import kept, problems_of, rows
from tests.organisations.applications import saved, set_vetting
from tests.policy.clones import as_owner
from tests.web.browsing import Visitor
from tests.web.test_vetting import APPLY, TYPED, send_application

OVER = [("file", "OVER_QUOTA")]
WIDE = {"kept": 10**9, "own_loose_files": 99, "own_loose": 10**9, "loose_files": 99, "loose": 10**9}


def pdf(size: int, mark: bytes = b"0") -> bytes:
    """A PDF of so many bytes."""
    return PDF[:9] + b"%" + mark * (size - len(PDF) - 2) + b"\n" + PDF[9:]


def narrow(app: Starlette, **limits: int) -> None:
    """Let nothing but these be narrow."""
    app.state.limits = Limits(**{**WIDE, **limits})


async def announced(place: Place) -> int:
    """How many objects no row refers to."""
    async with as_owner(place) as owner:
        return int(await owner.scalar(text("select count(*) from hub.unowned_objects")) or 0)


async def test_an_organisation_keeps_so_much_and_no_more(
    app: Starlette, place: Place, people: Client, tmp_path: Path
) -> None:
    narrow(app, kept=3_000_000)
    partner, focal_point = await people("partner"), await people("focal-point")
    assert (await hand_in(partner, pdf(2_000_000))).status_code == 201
    refused = await hand_in(focal_point, pdf(1_000_001))
    assert (refused.status_code, problems_of(refused)) == (409, OVER)
    assert "take 2 MB of the 3 MB that they may" in refused.text
    assert "ask the RSO" in refused.text
    assert (await hand_in(focal_point, pdf(1_000_000))).status_code == 201, "to the last byte"
    assert len(await rows(place)) == len(kept(tmp_path)) == 2
    assert await announced(place) == 0


async def test_attached_to_nothing_one_has_few(app: Starlette, place: Place, people: Client) -> None:
    await set_vetting(place, "APPLIED")
    narrow(app, own_loose_files=2, loose_files=3)
    partner, focal_point = await people("partner"), await people("focal-point")
    ids = [(await hand_in(focal_point, PDF)).json()["id"] for _ in range(2)]
    refused = await hand_in(focal_point, PDF)
    assert (refused.status_code, problems_of(refused)) == (409, OVER)
    assert "you have 2 files (0 MB) attached to nothing, and may have 2" in refused.text
    assert f"removed {LOOSE_DAYS} days after" in refused.text
    assert (await hand_in(partner, PDF)).status_code == 201
    refused = await hand_in(partner, PDF)
    assert "your organisation has 3 files" in refused.text
    draft = await saved(focal_point, documentIds=ids)
    assert (await hand_in(partner, PDF)).status_code == 201, "what is attached counts no more"
    await saved(focal_point, documentIds=ids[:1], expectedVersion=draft["version"])
    refused = await hand_in(focal_point, PDF)
    assert problems_of(refused) == OVER, "what was taken off counts again"


@pytest.mark.parametrize("which", ["own_loose", "loose"])
async def test_attached_to_nothing_one_has_few_bytes(which: str, app: Starlette, people: Client) -> None:
    narrow(app, **{which: 1_500_000})
    partner = await people("partner")
    assert (await hand_in(partner, pdf(1_000_000))).status_code == 201
    assert problems_of(await hand_in(partner, pdf(500_001))) == OVER
    assert (await hand_in(partner, pdf(500_000))).status_code == 201


async def test_many_at_once_get_no_more_than_one_after_the_other(
    app: Starlette, place: Place, people: Client, tmp_path: Path
) -> None:
    narrow(app, kept=2_500_000)
    both = [await people("partner"), await people("focal-point")] * 2
    answers = await asyncio.gather(*(hand_in(person, pdf(1_000_000)) for person in both))
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409, 409]
    assert len(await rows(place)) == len(kept(tmp_path)) == 2
    assert await announced(place) == 0


async def test_what_there_is_no_room_for_is_refused_before_it_is_read(app: Starlette, people: Client) -> None:
    partner, taken = await people("partner"), 0

    async def parts(content: bytes) -> AsyncIterator[bytes]:
        nonlocal taken
        for place in range(0, len(content), 65_536):
            taken += 1
            yield content[place : place + 65_536]

    async def sent(size: int, **more: str) -> Any:
        return await partner.http.post(
            "/files?name=a.pdf", content=parts(pdf(size)), headers=partner.headers | more
        )

    narrow(app, kept=1_000_000)
    assert problems_of(await sent(1_000_001, **{"Content-Length": "1000001"})) == OVER
    assert taken == 0
    assert problems_of(await sent(1_000_001)) == OVER, "unannounced, it is refused when it has come"
    assert taken > 0
    assert (await sent(1_000_000)).status_code == 201
    taken = 0
    assert problems_of(await sent(1_000)) == OVER
    assert taken == 0, "there is no room for anything"


async def test_what_was_handed_in_before_needs_no_room(app: Starlette, place: Place, people: Client) -> None:
    partner = await people("partner")
    first = await hand_in(partner, PDF, idempotencyKey="once")
    narrow(app, kept=0)
    again = await hand_in(partner, PDF, idempotencyKey="once")
    assert (again.status_code, again.json()) == (201, first.json())
    assert problems_of(await hand_in(partner, PDF, idempotencyKey="twice")) == OVER
    assert await announced(place) == 0


async def test_another_organisation_has_its_own_room(app: Starlette, place: Place, people: Client) -> None:
    partner = await people("partner")
    await hand_in(partner, PDF)
    async with as_owner(place) as owner:
        other = "(select id from hub.organisations where short_name = 'Demo Foundation')"
        await owner.execute(text(f"update hub.files set organisation_id = {other}"))
    narrow(app, kept=len(PDF))
    assert (await hand_in(partner, PDF)).status_code == 201
    assert problems_of(await hand_in(partner, PDF)) == OVER


async def test_the_page_tells_it_at_the_field(place: Place, tmp_path: Path) -> None:
    await set_vetting(place, "APPLIED")
    async with running(place, tmp_path, files_mb_per_organisation=0) as app, clients(app) as client:
        person: Person = await client()
        visitor = Visitor(person.http, await session_of(app, "focal-point"))
        page = await visitor.open(APPLY)
        refused = await send_application(visitor, page, "save", file=("a.pdf", PDF), typed=TYPED)
        assert refused.status == 422
        assert "Add a document: the files of your organisation take 0 MB of the 0 MB" in refused.text
        assert refused.form(APPLY).values["purpose"] == TYPED["purpose"]
    assert await rows(place) == []


def test_the_operator_sets_what_an_organisation_may_keep() -> None:
    name = "HUB_FILES_MB_PER_ORGANISATION"
    assert Limits.of(read_settings({})).kept == 500_000_000
    assert Limits.of(read_settings({name: "20000"})).kept == 20_000_000_000
    for wrong in ("9", "a", "1000001"):
        with pytest.raises(SetUpError, match=f"{name} .* from 10 to 1000000"):
            read_settings({name: wrong})
