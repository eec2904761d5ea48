"""The whole main job over HTTP, as the README tells it."""

from __future__ import annotations

from typing import Any

from tests.conftest import Client, Person

COMPLETE = {
    "title": "Regional workshop on interviewing victims of trafficking",
    "summary": "A workshop for front-line officers.",
    "objectives": "Officers of ten states interview victims with care.",
    "kind": "WORKSHOP",
    "scope": "REGIONAL",
    "startsOn": "2027-03-01",
    "endsOn": "2027-03-05",
    "budget": {"amount": "120000.00", "currency": "AUD"},
}
PROPOSAL = "proposal { id state version revisionNumber }"


async def vote(person: Person, id: str, revision: int, choice: str = "ENDORSE") -> dict[str, Any]:
    return await person.do(
        "voteOnProposal", PROPOSAL, id=id, revision=revision, choice=choice, reasons="It meets a need."
    )


async def votes(person: Person, id: str) -> list[tuple[int, str, bool]]:
    document = "query($id: ID!) { proposal(id: $id) { votes { revisionNumber seat { shortName } counts } } }"
    found = (await person.data(document, id=id))["proposal"]["votes"]
    return [(v["revisionNumber"], v["seat"]["shortName"], v["counts"]) for v in found]


async def drafted_and_screened(people: Client) -> tuple[str, Person, Person, Person, Person]:
    partner, staff = await people("partner"), await people("staff")
    australia, indonesia = await people("co-manager-au"), await people("co-manager-id")
    drafted = await partner.do("createProposal", PROPOSAL, **COMPLETE)
    id = drafted["proposal"]["id"]
    submitted = await partner.do("submitProposal", PROPOSAL, id=id)
    assert submitted["proposal"]["state"] == "SUBMITTED"
    await staff.do("startScreening", PROPOSAL, id=id)
    screened = await staff.do(
        "screenProposal", PROPOSAL, id=id, finding="TO_DECISION", reasons="Within the core purposes."
    )
    assert screened["proposal"]["state"] == "AWAITING_DECISION"
    return id, partner, staff, australia, indonesia


async def test_a_proposal_becomes_an_initiative_of_the_work_plan(people: Client) -> None:
    id, partner, staff, australia, indonesia = await drafted_and_screened(people)
    assert (await vote(australia, id, 1))["proposal"]["state"] == "AWAITING_DECISION"
    assert (await vote(indonesia, id, 1))["proposal"]["state"] == "ENDORSED"

    await staff.do("issueLetter", PROPOSAL, id=id)
    await (await people("focal-point")).do("acceptEndorsement", PROPOSAL, id=id)
    entered = await staff.do(
        "enterWorkplan", "proposal { state initiative { reference title state kind } }", id=id
    )
    assert entered["proposal"]["state"] == "IN_WORKPLAN"
    initiative = entered["proposal"]["initiative"]
    assert initiative["title"] == COMPLETE["title"]
    assert (initiative["state"], initiative["kind"]) == ("PIPELINE", "WORKSHOP")

    by_reference = "query($r: String!) { initiative(reference: $r) { title } }"
    seen = await partner.data(by_reference, r=initiative["reference"])
    assert seen["initiative"]["title"] == COMPLETE["title"]
    unseen = await (await people(None)).data(by_reference, r=initiative["reference"])
    assert unseen["initiative"] is None, "the public sees it once it is published"


async def test_an_edited_revision_voids_both_votes(people: Client) -> None:
    id, partner, staff, australia, indonesia = await drafted_and_screened(people)
    await vote(australia, id, 1, "DEFER")
    assert (await vote(indonesia, id, 1, "DEFER"))["proposal"]["state"] == "DEFERRED"
    await australia.do("requestRevision", PROPOSAL, id=id, reasons="State the cost of travel.")
    assert await votes(australia, id) == [(1, "Australia", True), (1, "Indonesia", True)]

    await partner.do("updateProposal", PROPOSAL, id=id, summary="With the cost of travel.")
    resubmitted = await partner.do("submitProposal", PROPOSAL, id=id)
    assert resubmitted["proposal"]["revisionNumber"] == 2
    assert await votes(australia, id) == [(1, "Australia", False), (1, "Indonesia", False)]

    resumed = await staff.do("resumeProposal", PROPOSAL, id=id)
    assert resumed["proposal"]["state"] == "AWAITING_DECISION"
    stale = await vote(indonesia, id, 1)
    assert stale["__typename"] == "Conflict"
    assert (await vote(indonesia, id, 2))["proposal"]["state"] == "AWAITING_DECISION"
    assert (await vote(australia, id, 2))["proposal"]["state"] == "ENDORSED"


async def test_one_vote_is_voided_by_a_revision_that_the_other_asks_for(people: Client) -> None:
    id, partner, staff, australia, indonesia = await drafted_and_screened(people)
    await vote(australia, id, 1)
    await indonesia.do("requestRevision", PROPOSAL, id=id, reasons="State the cost of travel.")
    await partner.do("updateProposal", PROPOSAL, id=id, summary="With the cost of travel.")
    await partner.do("submitProposal", PROPOSAL, id=id)
    await staff.do("resumeProposal", PROPOSAL, id=id)
    assert (await vote(indonesia, id, 2))["proposal"]["state"] == "AWAITING_DECISION"
    assert (await vote(australia, id, 2))["proposal"]["state"] == "ENDORSED"


async def test_a_split_vote_goes_to_the_co_chairs_and_begins_anew(people: Client) -> None:
    id, _, _, australia, indonesia = await drafted_and_screened(people)
    await vote(australia, id, 1)
    split = await vote(indonesia, id, 1, "NOT_ENDORSE")
    assert split["proposal"]["state"] == "AWAITING_GUIDANCE"
    chair = await people("co-chair")
    guided = await chair.do("giveGuidance", PROPOSAL, id=id, answer="It serves the second core purpose.")
    assert guided["proposal"]["state"] == "AWAITING_DECISION"
    assert await votes(australia, id) == [(1, "Australia", False), (1, "Indonesia", False)]
    await vote(australia, id, 1)
    assert (await vote(indonesia, id, 1))["proposal"]["state"] == "ENDORSED"


SUMMARY = """query { contributionSummary(groupBy: [STATE, CURRENCY], filter: { year: 2031 }) {
  groups { state currency contributionCount pledged { amount } committed { amount } received { amount } }
  totals { state currency contributionCount pledged { amount } committed { amount } received { amount } }
} }"""


async def contribute(people: Client, currency: str, pledge: str, receipt: str | None) -> None:
    partner, focal_point, staff = await people("partner"), await people("focal-point"), await people("staff")
    pledged = await partner.do(
        "pledgeContribution",
        "contribution { id state }",
        title="Support to the workshop",
        kind="DIRECT_FUNDING",
        amount={"amount": pledge, "currency": currency},
        year=2031,
        valueOn="2026-11-02",
    )
    assert pledged["contribution"]["state"] == "PLEDGED"
    if receipt is None:
        return
    id = pledged["contribution"]["id"]
    committed = await focal_point.do(
        "commitContribution",
        "contribution { state }",
        id=id,
        amount={"amount": pledge, "currency": currency},
        valueOn="2026-11-03",
    )
    assert committed["contribution"]["state"] == "COMMITTED"
    received = await staff.do(
        "recordReceipt",
        "contribution { state }",
        id=id,
        amount={"amount": receipt, "currency": currency},
        valueOn="2026-11-04",
    )
    assert received["contribution"]["state"] == "PARTLY_RECEIVED"


async def test_the_summary_shows_exactly_what_was_recorded_by_currency_and_state(people: Client) -> None:
    await contribute(people, "AUD", "50000.10", "20000.05")
    await contribute(people, "AUD", "7.25", None)
    await contribute(people, "JPY", "900000", "100000")
    summary = (await (await people("analyst")).data(SUMMARY))["contributionSummary"]

    def row(group: dict[str, Any]) -> tuple[Any, ...]:
        sums = (group[name]["amount"] for name in ("pledged", "committed", "received"))
        return (group["state"], group["currency"], group["contributionCount"], *sums)

    assert sorted(map(row, summary["groups"])) == [
        ("PARTLY_RECEIVED", "AUD", 1, "50000.10", "50000.10", "20000.05"),
        ("PARTLY_RECEIVED", "JPY", 1, "900000", "900000", "100000"),
        ("PLEDGED", "AUD", 1, "7.25", "0.00", "0.00"),
    ]
    assert sorted(map(row, summary["totals"]), key=str) == [
        (None, "AUD", 2, "50007.35", "50000.10", "20000.05"),
        (None, "JPY", 1, "900000", "900000", "100000"),
    ]
    public = (await (await people(None)).data(SUMMARY))["contributionSummary"]
    assert public == {"groups": [], "totals": []}, "nothing of it is published"
