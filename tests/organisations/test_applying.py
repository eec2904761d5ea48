"""A partner's focal point drafts and submits: what holds whoever asks, and when two ask at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.database import Place
from hub.organisations.declaration import whole
from tests.conftest import Client, Person
from tests.files.conftest import fetched, hand_in
from tests.files.samples import PDF
from tests.organisations.applications import (
    AGREED,
    CONTENT,
    FIELDS,
    problems_of,
    saved,
    set_vetting,
    submitted,
    under_vetting,
)
from tests.organisations.conftest import Employ
from tests.policy.clones import IDENTITIES, as_owner
from tests.policy.stage import Stage


async def content_of(person: Person, id: str, fields: str = "description purpose") -> dict[str, Any]:
    """What the application says."""
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on VettingApplication {{ {fields} }} }} }}"
    found: dict[str, Any] = (await person.data(node, id=id))["node"]
    return found


async def test_a_draft_is_seen_by_its_focal_points_and_nobody_else(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    draft = await saved(await people("focal-point"), **CONTENT)
    assert (draft["state"], draft["allowedActions"]) == ("DRAFT", ["SAVE", "SUBMIT"])
    for name in IDENTITIES:
        found = await (await people(name)).data(
            "query($r: String!) { vettingApplication(reference: $r) { id }"
            " vettingApplications(filter: { state: [DRAFT] }) { totalCount } }",
            r=draft["reference"],
        )
        is_own = name == "focal-point"
        assert (found["vettingApplication"] is not None) == is_own, name
        assert found["vettingApplications"]["totalCount"] == int(is_own), name


async def test_a_draft_is_replaced_as_a_whole_by_whoever_read_it_last(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    first = await saved(focal_point, **CONTENT, website="https://example.org", idempotencyKey="a")
    assert first == await saved(focal_point, **CONTENT, website="https://example.org", idempotencyKey="a")
    second = await saved(focal_point, purpose="Another.", expectedVersion=first["version"])
    assert second["id"] == first["id"]
    late = await focal_point.do("saveVettingApplication", purpose="x", expectedVersion=first["version"])
    assert late["__typename"] == "Conflict"
    found = await content_of(focal_point, first["id"], "description purpose website statements")
    assert found == {"description": None, "purpose": "Another.", "website": None, "statements": []}


async def test_who_has_not_read_the_draft_does_not_replace_it(
    employed: Employ, people: Client, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point, colleague = await people("focal-point"), (await employed("FOCAL_POINT")).browser
    draft = await saved(focal_point, **CONTENT)
    late = await colleague.do("saveVettingApplication", purpose="Mine.", description="\x00")
    assert late["__typename"] == "Conflict", "said before anything else is"
    assert draft["reference"] in late["message"]
    assert "version 1" in late["message"]
    assert await content_of(focal_point, draft["id"]) == CONTENT
    done = await saved(colleague, purpose="Mine.", expectedVersion=draft["version"])
    assert done["id"] == draft["id"]


async def test_what_was_submitted_and_came_back_is_not_begun_again_unread(
    people: Client, place: Place
) -> None:
    id = await under_vetting(people, place)
    returned = await (await people("staff")).do("returnVettingApplication", id=id, reasons="Say more.")
    assert returned["__typename"] == "ReturnVettingApplicationSuccess"
    focal_point = await people("focal-point")
    late = await focal_point.do("saveVettingApplication", **CONTENT, expectedVersion=1)
    assert late["__typename"] == "Conflict"
    assert "came back" in late["message"]
    assert (await saved(focal_point, **CONTENT))["id"] != id


async def test_two_who_begin_at_once_begin_one_draft(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    purposes = [f"Purpose {number}" for number in range(4)]
    answers = await asyncio.gather(
        *(focal_point.do("saveVettingApplication", FIELDS, purpose=purpose) for purpose in purposes)
    )
    outcomes = [answer["__typename"] for answer in answers]
    assert sorted(outcomes) == ["Conflict"] * 3 + ["SaveVettingApplicationSuccess"]
    first = outcomes.index("SaveVettingApplicationSuccess")
    kept = await content_of(focal_point, answers[first]["vettingApplication"]["id"])
    assert kept["purpose"] == purposes[first], "nobody wrote over the first"


async def test_a_draft_is_changed_and_submitted_at_once_by_one_after_the_other(
    people: Client, place: Place
) -> None:
    focal_point = await people("focal-point")
    for _ in range(3):
        await set_vetting(place, "APPLIED")
        draft = await saved(focal_point, **CONTENT, statements=AGREED)
        given = {**CONTENT, "statements": AGREED, "expectedVersion": draft["version"]}
        answers = await asyncio.gather(
            *(focal_point.do("saveVettingApplication", **given) for _ in range(2)),
            *(focal_point.do("submitVettingApplication", id=draft["id"]) for _ in range(2)),
        )
        outcomes = [answer["__typename"] for answer in answers]
        assert outcomes.count("SubmitVettingApplicationSuccess") == 1
        assert set(outcomes[:2]) <= {"SaveVettingApplicationSuccess", "Conflict"}
        assert outcomes.count("SaveVettingApplicationSuccess") <= 1
        async with as_owner(place) as owner:
            stage = Stage(owner)
            await stage.withdraw_drafts(await stage.organisation("APPLIED"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"website": "example.org"}, [("website", "MALFORMED")]),
        ({"website": "javascript:alert(1)//a.b"}, [("website", "MALFORMED")]),
        ({"website": "https://user@example.org"}, [("website", "MALFORMED")]),
        ({"registrationNumber": "1" * 201}, [("registrationNumber", "TOO_LONG")]),
        ({"description": "a\x00"}, [("description", "CONTROL_CHARACTER")]),
    ],
)
async def test_what_cannot_be_kept_is_refused_by_name(
    given: dict[str, str], expected: list[tuple[str, str]], people: Client, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    payload = await (await people("focal-point")).do("saveVettingApplication", **given)
    assert problems_of(payload) == expected


async def test_what_is_incomplete_is_not_submitted(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    draft = await saved(focal_point, statements=AGREED[:-1])
    payload = await focal_point.do("submitVettingApplication", id=draft["id"])
    assert problems_of(payload) == [
        ("description", "REQUIRED"),
        ("purpose", "REQUIRED"),
        ("statements", "REQUIRED"),
    ]


async def test_the_declaration_is_kept_with_who_made_it_and_when(people: Client, place: Place) -> None:
    id = await submitted(people, place)
    fields = "declaration submittedAt submittedBy { name } state allowedActions"
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on VettingApplication {{ {fields} }} }} }}"
    found = (await (await people("staff")).data(node, id=id))["node"]
    assert found.pop("submittedAt") is not None
    assert found == {
        "declaration": whole(),
        "submittedBy": {"name": "Demo Focal Point, Demo Alliance"},
        "state": "SUBMITTED",
        "allowedActions": ["START"],
    }


async def test_what_was_submitted_does_not_change_even_for_its_owner(people: Client, place: Place) -> None:
    focal_point = await people("focal-point")
    await set_vetting(place, "APPLIED")
    file, _ = [(await hand_in(focal_point, PDF)).json()["id"] for _ in range(2)]
    id = await submitted(people, place, documentIds=[file])
    for mutation, given in (
        ("saveVettingApplication", CONTENT),
        ("submitVettingApplication", {"id": id}),
    ):
        assert (await focal_point.do(mutation, **given))["__typename"] == "Conflict", mutation
    changes = (
        "update hub.vetting_applications set purpose = 'x' where state = 'SUBMITTED'",
        "update hub.vetting_documents set removed_at = now()",
        "insert into hub.vetting_documents (application_id, file_id, organisation_id)"
        " select d.application_id, f.id, d.organisation_id from hub.vetting_documents d"
        " join hub.files f on f.organisation_id = d.organisation_id and f.id <> d.file_id",
    )
    for change in changes:
        async with as_owner(place) as owner:
            with pytest.raises(DBAPIError, match="was submitted"):
                await owner.execute(text(change))
            await owner.rollback()


async def test_an_organisation_that_need_not_or_may_not_apply_is_told_so(
    employed: Employ, people: Client, place: Place
) -> None:
    focal_point = await people("focal-point")
    said = {
        "VETTED": "vetted already; there is nothing to apply for",
        "SUSPENDED": "suspended",
        "UNDER_VETTING": "under vetting",
    }
    for state, words in said.items():
        await set_vetting(place, state)
        payload = await focal_point.do("saveVettingApplication", **CONTENT, website="nonsense")
        assert payload["__typename"] == "Conflict", state
        assert words in payload["message"]
    official = await employed("FOCAL_POINT", organisation="Fiji")
    payload = await official.browser.do("saveVettingApplication", **CONTENT)
    assert payload["message"].startswith("Vetting does not apply to your organisation")


# -- documents -----------------------------------------------------------------------------------------


async def test_documents_are_seen_with_the_application(people: Client, place: Place) -> None:
    await set_vetting(place, "APPLIED")
    partner, focal_point, staff = [await people(name) for name in ("partner", "focal-point", "staff")]
    kept = (await hand_in(partner, PDF, "kept.pdf")).json()
    gone = (await hand_in(partner, PDF, "gone.pdf")).json()
    draft = await saved(focal_point, **CONTENT, documentIds=[kept["id"], gone["id"], kept["id"]])
    assert [document["name"] for document in draft["documents"]] == ["kept.pdf", "gone.pdf"]
    assert (await fetched(staff, kept["path"])).status_code == 404, "a draft's document is nobody else's"
    id = await submitted(people, place, documentIds=[kept["id"]], expectedVersion=draft["version"])
    allowed = {"partner", "focal-point", "co-manager-au", "co-manager-id", "co-chair", "staff"}
    for name in IDENTITIES:
        person = await people(name)
        assert (await fetched(person, kept["path"])).status_code == (200 if name in allowed else 404), name
        own = 200 if name in ("partner", "focal-point") else 404
        assert (await fetched(person, gone["path"])).status_code == own, (name, "what was taken out")
    node = "query($id: ID!) { node(id: $id) { ... on VettingApplication { documents { name } } } }"
    assert (await staff.data(node, id=id))["node"] == {"documents": [{"name": "kept.pdf"}]}


async def test_only_ones_own_files_are_attached_and_ten_at_most(
    employed: Employ, people: Client, place: Place
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    other = await employed("PARTNER", organisation="Demo Foundation")
    theirs = (await hand_in(other.browser, PDF)).json()["id"]
    own = [(await hand_in(focal_point, PDF)).json()["id"] for _ in range(11)]
    payload = await focal_point.do("saveVettingApplication", documentIds=[own[0], theirs])
    assert problems_of(payload) == [("documentIds.1", "UNKNOWN")]
    payload = await focal_point.do("saveVettingApplication", documentIds=own)
    assert problems_of(payload) == [("documentIds", "TOO_MANY")]
    payload = await focal_point.do("saveVettingApplication", documentIds=["x"])
    assert problems_of(payload) == [("documentIds.0", "MALFORMED_ID")]
