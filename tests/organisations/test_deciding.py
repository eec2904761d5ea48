"""Two people of the office decide: what holds whoever asks, and when two ask at once."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.database import Place
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.organisations.applications import (
    AGREED,
    CONTENT,
    FIELDS,
    problems_of,
    saved,
    state_of,
    submitted,
    under_vetting,
)
from tests.organisations.conftest import Employ
from tests.organisations.staffing import recorded
from tests.policy.clones import IDENTITIES, as_owner

DECISION = {"verdict": "VETTED", "reason": "Known and trusted."}


async def test_who_took_it_up_does_not_decide(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    staff, co_manager = await people("staff"), await people("co-manager-au")
    node = "query($id: ID!) { node(id: $id) { ... on VettingApplication { allowedActions } } }"
    assert (await staff.data(node, id=id))["node"] == {"allowedActions": ["RETURN"]}
    assert (await co_manager.data(node, id=id))["node"] == {"allowedActions": ["RETURN", "DECIDE"]}
    refused = await staff.do("decideVetting", id=id, **DECISION)
    assert refused["__typename"] == "NotAllowed"
    assert await state_of(place) == ("UNDER_VETTING", False)
    done = await co_manager.do("decideVetting", FIELDS, id=id, **DECISION)
    assert done["vettingApplication"]["state"] == "ACCEPTED"
    assert await state_of(place) == ("VETTED", True)


async def test_the_table_itself_wants_two_people(people: Client, place: Place) -> None:
    await under_vetting(people, place)
    change = "update hub.vetting_applications set state = 'ACCEPTED', decided_by_id = started_by_id"
    async with as_owner(place) as owner:
        with pytest.raises(DBAPIError, match="decided_by_another"):
            await owner.execute(text(f"{change} where state = 'UNDER_VETTING'"))
        await owner.rollback()


async def test_another_of_the_staff_decides_but_nobody_about_the_own_organisation(
    employed: Employ, people: Client, place: Place
) -> None:
    id = await under_vetting(people, place)
    insider = await employed("STAFF", organisation="Demo Alliance")
    for mutation, given in (
        ("decideVetting", {"id": id, **DECISION}),
        ("returnVettingApplication", {"id": id, "reasons": "x"}),
    ):
        payload = await insider.browser.do(mutation, **given)
        assert payload["__typename"] == "NotAllowed", mutation
    colleague = await employed("STAFF", organisation="RSO")
    payload = await colleague.program.do("decideVetting", id=id, **DECISION)
    assert payload["__typename"] == "DecideVettingSuccess"
    partner = (await insider.browser.data("{ viewer { organisation { id } } }"))["viewer"]["organisation"]
    payload = await insider.browser.do("suspendPartner", id=partner["id"], reason="x")
    assert payload["__typename"] == "NotAllowed"
    assert await state_of(place) == ("VETTED", True)


async def test_of_two_who_decide_at_once_one_decides(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    clients = [await people(name) for name in ("co-manager-au", "co-manager-id")]
    given = ({"verdict": "VETTED", "reason": "Yes."}, {"verdict": "REJECTED", "reason": "No."})
    answers = await asyncio.gather(
        *(client.do("decideVetting", id=id, **one) for client, one in zip(clients, given, strict=True))
    )
    assert sorted(answer["__typename"] for answer in answers) == ["Conflict", "DecideVettingSuccess"]
    async with as_owner(place) as owner:
        key = parse(id)
        assert key is not None
        outcomes = await owner.scalars(
            text("select outcome from hub.vetting_decisions where application_id = :id"), {"id": key[1]}
        )
        assert [(await state_of(place))[0]] == outcomes.all()


async def test_a_decision_is_made_once_for_one_key(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    co_manager = await people("co-manager-id")
    answers = await asyncio.gather(
        *(co_manager.do("decideVetting", FIELDS, id=id, **DECISION, idempotencyKey="a") for _ in range(3))
    )
    assert {answer["__typename"] for answer in answers} == {"DecideVettingSuccess"}
    assert [action for action, _ in await recorded(place, id)].count("vetting:decide") == 1


async def test_a_reason_is_wanted_and_read_by_the_applicant_and_the_office_alone(
    people: Client, place: Place
) -> None:
    id = await under_vetting(people, place)
    co_manager = await people("co-manager-au")
    for mutation, field, given in (
        ("decideVetting", "reason", {"verdict": "REJECTED", "reason": " "}),
        ("returnVettingApplication", "reasons", {"reasons": ""}),
    ):
        assert problems_of(await co_manager.do(mutation, id=id, **given)) == [(field, "REQUIRED")]
    await co_manager.do("decideVetting", id=id, verdict="REJECTED", reason="Secret reason.")
    reading = "{ partners(first: 100) { nodes { vettingDecisions { reason } } } }"
    readers = {"focal-point", "co-manager-au", "co-manager-id", "co-chair", "staff"}
    for name in IDENTITIES:
        answer = await (await people(name)).ask(reading)
        assert ("Secret reason." in str(answer)) == (name in readers), name
    record = await recorded(place, id)
    assert [action for action, _ in record][-1] == "vetting:decide"
    assert "Secret reason." not in str(record), "the record has other readers"
    async with as_owner(place) as owner:
        told = await owner.scalar(text("select string_agg(payload::text, '') from hub.outbox_messages"))
        assert "Secret reason." not in str(told)


async def test_who_was_rejected_applies_again_and_the_history_stays(people: Client, place: Place) -> None:
    first = await under_vetting(people, place)
    co_manager, focal_point = await people("co-manager-au"), await people("focal-point")
    await co_manager.do("decideVetting", id=first, verdict="REJECTED", reason="Too new.")
    assert await state_of(place) == ("REJECTED", False)
    viewer = "{ viewer { allowedActions } }"
    assert "SAVE_VETTING_APPLICATION" in (await focal_point.data(viewer))["viewer"]["allowedActions"]
    draft = await saved(focal_point, **CONTENT, statements=AGREED)
    assert draft["id"] != first
    await focal_point.do("submitVettingApplication", id=draft["id"])
    assert await state_of(place) == ("REJECTED", False), "the office alone moves a partner"
    assert "SAVE_VETTING_APPLICATION" not in (await focal_point.data(viewer))["viewer"]["allowedActions"]
    await (await people("staff")).do("startVetting", id=draft["id"])
    await co_manager.do("decideVetting", id=draft["id"], **DECISION)
    assert await state_of(place) == ("VETTED", True)
    own = "{ viewer { organisation { ... on Partner { vettingApplications { state } } } } }"
    states = (await focal_point.data(own))["viewer"]["organisation"]["vettingApplications"]
    assert [one["state"] for one in states][-2:] == ["REJECTED", "ACCEPTED"]


async def test_who_is_returned_writes_another_application(people: Client, place: Place) -> None:
    first = await under_vetting(people, place)
    staff, focal_point = await people("staff"), await people("focal-point")
    payload = await staff.do("returnVettingApplication", FIELDS, id=first, reasons="Name your directors.")
    assert payload["vettingApplication"]["state"] == "RETURNED"
    assert await state_of(place) == ("APPLIED", False)
    assert (await staff.do("startVetting", id=first))["__typename"] == "Conflict"
    draft = await saved(focal_point, **CONTENT, statements=AGREED)
    assert draft["id"] != first


async def test_a_version_that_was_read_before_is_refused(people: Client, place: Place) -> None:
    id = await submitted(people, place)
    staff = await people("staff")
    payload = await staff.do("startVetting", id=id, expectedVersion=1)
    assert payload["__typename"] == "Conflict"
    assert await state_of(place) == ("APPLIED", False)
