"""Two people at once: one outcome, no vote lost, nothing done twice."""

from __future__ import annotations

import asyncio

from tests.conftest import Client
from tests.test_main_job import COMPLETE, PROPOSAL, drafted_and_screened, vote


async def test_both_votes_at_once_decide_once(people: Client) -> None:
    id, _, _, australia, indonesia = await drafted_and_screened(people)
    answers = await asyncio.gather(vote(australia, id, 1), vote(indonesia, id, 1))
    assert sorted(answer["proposal"]["state"] for answer in answers) == ["AWAITING_DECISION", "ENDORSED"]
    document = "query($id: ID!) { proposal(id: $id) { state votes { choice } decisions { outcome } } }"
    found = (await australia.data(document, id=id))["proposal"]
    assert found["state"] == "ENDORSED"
    assert len(found["votes"]) == 2
    assert found["decisions"] == [{"outcome": "ENDORSED"}]


async def test_one_government_votes_once_however_often_it_clicks(people: Client) -> None:
    id, _, _, australia, _ = await drafted_and_screened(people)
    answers = await asyncio.gather(*(vote(australia, id, 1) for _ in range(6)))
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["Conflict"] * 5 + ["VoteOnProposalSuccess"]


async def test_a_vote_and_a_revision_at_once_never_leave_a_vote_on_what_it_did_not_see(
    people: Client,
) -> None:
    id, partner, _, australia, indonesia = await drafted_and_screened(people)
    await asyncio.gather(
        vote(australia, id, 1), indonesia.do("requestRevision", PROPOSAL, id=id, reasons="State the costs.")
    )
    await partner.do("updateProposal", PROPOSAL, id=id, summary="With the costs.")
    await partner.do("submitProposal", PROPOSAL, id=id)
    document = "query($id: ID!) { proposal(id: $id) { revisionNumber votes { counts } } }"
    found = (await australia.data(document, id=id))["proposal"]
    assert found["revisionNumber"] == 2
    assert [cast for cast in found["votes"] if cast["counts"]] == []


async def test_the_same_key_at_once_makes_one_proposal(people: Client) -> None:
    partner = await people("partner")
    count = "{ proposals { totalCount } }"
    before = (await partner.data(count))["proposals"]["totalCount"]
    answers = await asyncio.gather(
        *(partner.do("createProposal", PROPOSAL, **COMPLETE, idempotencyKey="together") for _ in range(5))
    )
    assert len({answer["proposal"]["id"] for answer in answers}) == 1
    assert (await partner.data(count))["proposals"]["totalCount"] == before + 1


async def test_of_two_edits_of_one_version_one_is_a_conflict(people: Client) -> None:
    partner, focal_point = await people("partner"), await people("focal-point")
    made = (await partner.do("createProposal", PROPOSAL, **COMPLETE))["proposal"]
    answers = await asyncio.gather(
        *(
            person.do("updateProposal", PROPOSAL, id=made["id"], expectedVersion=1, summary=f"by {number}")
            for number, person in enumerate((partner, focal_point))
        )
    )
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["Conflict", "UpdateProposalSuccess"]


async def test_references_are_never_given_twice(people: Client) -> None:
    partner = await people("partner")
    answers = await asyncio.gather(
        *(partner.do("createProposal", "proposal { reference }", **COMPLETE) for _ in range(10))
    )
    assert len({answer["proposal"]["reference"] for answer in answers}) == 10


async def test_allocations_at_once_never_exceed_the_contribution(people: Client) -> None:
    partner, focal_point, staff = await people("partner"), await people("focal-point"), await people("staff")
    amount = {"amount": "100.00", "currency": "AUD"}
    pledged = await partner.do(
        "pledgeContribution",
        "contribution { id }",
        title="Support",
        kind="DIRECT_FUNDING",
        amount=amount,
        year=2026,
        valueOn="2026-11-01",
    )
    id = pledged["contribution"]["id"]
    await focal_point.do("commitContribution", id=id, amount=amount, valueOn="2026-11-01")
    nodes = (await staff.data("{ initiatives(first: 5) { nodes { id } } }"))["initiatives"]["nodes"]
    answers = await asyncio.gather(
        *(
            staff.do(
                "allocateContribution",
                id=id,
                initiativeId=node["id"],
                amount={"amount": "40.00", "currency": "AUD"},
            )
            for node in nodes
        )
    )
    kinds = sorted(answer["__typename"] for answer in answers)
    assert kinds == ["AllocateContributionSuccess"] * 2 + ["InvalidInput"] * 3
