"""Suspending a partner, and what one that is not vetted may not do."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from hub.database import Place
from tests.conftest import Client
from tests.organisations.applications import (
    partner_id,
    problems_of,
    set_vetting,
    state_of,
)
from tests.policy.clones import as_owner
from tests.policy.stage import Stage


async def test_a_suspended_partner_is_reinstated_and_told_both_times(people: Client, place: Place) -> None:
    staff, id = await people("staff"), await partner_id(people)
    for mutation in ("suspendPartner", "reinstatePartner"):
        assert problems_of(await staff.do(mutation, id=id, reason="")) == [("reason", "REQUIRED")]
    fields = "partner { vettingState allowedActions vettingDecisions { outcome } version }"
    gone = await staff.do("suspendPartner", fields, id=id, reason="A complaint.", expectedVersion=1)
    assert gone["partner"]["vettingState"] == "SUSPENDED"
    assert gone["partner"]["allowedActions"] == ["REINSTATE"]
    assert await state_of(place) == ("SUSPENDED", False)
    again = await staff.do("suspendPartner", id=id, reason="Again.")
    assert again["__typename"] == "Conflict"
    late = await staff.do("reinstatePartner", id=id, reason="Settled.", expectedVersion=1)
    assert late["__typename"] == "Conflict"
    back = await staff.do("reinstatePartner", fields, id=id, reason="Settled.")
    assert [one["outcome"] for one in back["partner"]["vettingDecisions"]][-2:] == ["SUSPENDED", "REINSTATED"]
    assert await state_of(place) == ("VETTED", True)
    async with as_owner(place) as owner:
        topics = await owner.scalars(text("select topic from hub.outbox_messages order by id"))
        assert topics.all() == ["PartnerSuspended", "PartnerReinstated"]


async def test_vetting_does_not_apply_to_everybody(people: Client) -> None:
    staff = await people("staff")
    found = await staff.data('{ partners(filter: { search: "UNHCR" }) { nodes { id vettingState } } }')
    (unhcr,) = found["partners"]["nodes"]
    assert unhcr["vettingState"] is None
    payload = await staff.do("suspendPartner", id=unhcr["id"], reason="x")
    assert payload["__typename"] == "NotAllowed"


PLEDGE: dict[str, Any] = {
    "title": "Support",
    "kind": "DIRECT_FUNDING",
    "year": 2027,
    "valueOn": "2026-11-02",
    "amount": {"amount": "100.00", "currency": "USD"},
}
OFFER = {
    "title": "Adviser",
    "expertise": "Law",
    "secondeeKind": "GOVERNMENT_OFFICIAL",
    "startsOn": "2027-03-01",
    "endsOn": "2027-06-30",
}
PROPOSALS = "proposals(first: 50, filter: { state: [DRAFT] }) { nodes { id allowedActions } }"


@pytest.mark.parametrize("state", ["APPLIED", "UNDER_VETTING", "REJECTED", "SUSPENDED", "VETTED"])
async def test_who_is_not_vetted_drafts_and_does_no_more(state: str, people: Client, place: Place) -> None:
    async with as_owner(place) as owner:
        stage = Stage(owner)
        draft, contribution = await stage.proposal("DRAFT"), await stage.contribution("PLEDGED", committed=0)
        endorsed = await stage.proposal("LETTER_ISSUED")
    await set_vetting(place, state)
    partner, focal_point = await people("partner"), await people("focal-point")
    assert (await partner.do("createProposal", title="A draft"))["__typename"] == "CreateProposalSuccess"
    entry = {"amount": PLEDGE["amount"], "valueOn": "2026-11-02"}
    attempts = {
        "submitProposal": await partner.do("submitProposal", id=draft),
        "pledgeContribution": await partner.do("pledgeContribution", **PLEDGE),
        "offerSecondment": await partner.do("offerSecondment", **OFFER),
        "commitContribution": await focal_point.do("commitContribution", id=contribution, **entry),
        "acceptEndorsement": await focal_point.do("acceptEndorsement", id=endorsed),
    }
    for mutation, payload in attempts.items():
        if state == "VETTED":
            assert payload["__typename"] == f"{mutation[0].upper()}{mutation[1:]}Success", payload
        else:
            assert payload["__typename"] == "NotAllowed", mutation
            assert "vett" in payload["message"]


@pytest.mark.parametrize("state", ["APPLIED", "VETTED"])
async def test_what_is_allowed_says_so(state: str, people: Client, place: Place) -> None:
    async with as_owner(place) as owner:
        draft = await Stage(owner).proposal("DRAFT")
    await set_vetting(place, state)
    partner = await people("partner")
    query = f"{{ viewer {{ allowedActions }} {PROPOSALS} }}"
    found = await partner.data(query)
    (actions,) = [one["allowedActions"] for one in found["proposals"]["nodes"] if one["id"] == draft]
    assert ("SUBMIT" in actions) == (state == "VETTED")
    begins = set(found["viewer"]["allowedActions"])
    needing = {"PLEDGE_CONTRIBUTION", "OFFER_SECONDMENT"}
    assert begins == {"CREATE_PROPOSAL", "EXPRESS_INTEREST"} | (needing if state == "VETTED" else set())
