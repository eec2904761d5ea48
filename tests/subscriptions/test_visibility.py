"""Nobody hears of what is not his to see: neither the row nor that there is one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import text

from hub.database import Place
from tests.conftest import PERSONAS, Person
from tests.policy.clones import as_owner
from tests.subscriptions.conftest import People, Worker
from tests.subscriptions.listening import Socket, socket

BOTH_STREAMS = {
    "proposals": "subscription { proposalChanged { kind proposal { id state reviews { id } } } }",
    "contributions": "subscription { contributionRecorded { kind contribution { id state isPublished } } }",
}
OFFICE = {"co-manager-au", "co-manager-id", "co-chair", "staff"}
WHOLE = {
    "title": "To be submitted",
    "summary": "Five days.",
    "objectives": "Officers interview with care.",
    "kind": "WORKSHOP",
    "scope": "REGIONAL",
    "startsOn": "2027-03-01",
    "endsOn": "2027-03-05",
    "budget": {"amount": "1000", "currency": "AUD"},
}


class Ears:
    """A socket of each persona, which listens to both streams."""

    def __init__(self, sockets: dict[str, Socket]) -> None:
        self.sockets = sockets

    async def until(self, marker: str) -> dict[str, list[dict[str, Any]]]:
        """What each persona heard until the contribution was told to it."""
        found: dict[str, list[dict[str, Any]]] = {}
        for persona, open_ in self.sockets.items():
            found[persona] = []
            while True:
                (payload,) = (await open_.hear())["payload"]["data"].values()
                assert payload["kind"] == "CHANGED"
                row = payload.get("proposal") or payload.get("contribution")
                assert row is not None, "no hint of what is not seen"
                if row["id"] == marker:
                    break
                found[persona].append(row)
        return found


@pytest.fixture
async def ears(workers: tuple[Worker, Worker], people: People) -> AsyncIterator[Ears]:
    """Everybody listens at one worker; what is done is done at the other."""
    async with AsyncExitStack() as stack:
        sockets = {}
        for persona in PERSONAS:
            open_ = await stack.enter_async_context(socket(workers[1].address))
            await open_.introduce(await people.token(persona))
            for id, document in BOTH_STREAMS.items():
                await open_.subscribe(id, document)
            assert {(await open_.hear())["id"] for _ in BOTH_STREAMS} == BOTH_STREAMS.keys()
            sockets[persona] = open_
        yield Ears(sockets)


async def told_to_all(database_place: Place, staff: Person) -> str:
    """An act upon a published contribution, which everybody sees: the id of the contribution."""
    async with as_owner(database_place) as owner:
        key = await owner.scalar(
            text(
                "select id from hub.contributions where is_published and is_demonstration"
                " and state in ('COMMITTED', 'PARTLY_RECEIVED') and kind = 'DIRECT_FUNDING'"
                " order by id limit 1"
            )
        )
        found = await owner.execute(
            text("select reference, currency from hub.contributions where id = :id"), {"id": key}
        )
        reference, currency = found.one()
    data = await staff.data("query($r: String) { contribution(reference: $r) { id } }", r=reference)
    done = await staff.do(
        "recordReceipt",
        "contribution { id }",
        id=data["contribution"]["id"],
        valueOn="2026-11-04",
        amount={"amount": "1", "currency": currency},
    )
    assert done["__typename"] == "RecordReceiptSuccess", done
    found_id: str = done["contribution"]["id"]
    return found_id


async def test_a_draft_is_told_to_its_organisation_alone(
    ears: Ears, workers: tuple[Worker, Worker], people: People, shared_place: Place
) -> None:
    partner, staff = await people.at(workers[0], "partner"), await people.at(workers[0], "staff")
    made = (await partner.do("createProposal", "proposal { id }", title="A draft"))["proposal"]["id"]
    heard = await ears.until(await told_to_all(shared_place, staff))
    own = {persona for persona, rows in heard.items() if rows}
    assert own == await same_organisation(people, workers[0], "partner")
    assert all(
        rows == [{"id": made, "state": "DRAFT", "reviews": []}] for p, rows in heard.items() if p in own
    )


async def same_organisation(people: People, worker: Worker, persona: str) -> set[str]:
    """The personas who speak for the same organisation, and may see its proposals."""
    asked = "{ viewer { roles organisation { id } } }"
    mine = (await (await people.at(worker, persona)).data(asked))["viewer"]["organisation"]
    found = set()
    for other in PERSONAS:
        viewer = (await (await people.at(worker, other)).data(asked))["viewer"]
        if viewer["organisation"] == mine and set(viewer["roles"]) & {"PARTNER", "FOCAL_POINT"}:
            found.add(other)
    return found


async def test_a_submitted_proposal_is_told_to_the_office_too(
    ears: Ears, workers: tuple[Worker, Worker], people: People, shared_place: Place
) -> None:
    partner, staff = await people.at(workers[0], "partner"), await people.at(workers[0], "staff")
    made = (await partner.do("createProposal", "proposal { id }", **WHOLE))["proposal"]["id"]
    assert (await partner.do("submitProposal", id=made))["__typename"] == "SubmitProposalSuccess"
    heard = await ears.until(await told_to_all(shared_place, staff))
    proposers = await same_organisation(people, workers[0], "partner")
    for persona, rows in heard.items():
        states = [row["state"] for row in rows]
        if persona in proposers:
            assert states in (["DRAFT", "SUBMITTED"], ["SUBMITTED"], ["SUBMITTED", "SUBMITTED"]), persona
        elif persona in OFFICE:
            assert set(states) == {"SUBMITTED"}, persona
        else:
            assert states == [], persona


@pytest.fixture
async def assigned(workers: tuple[Worker, Worker], people: People) -> str:
    """A review of a proposal of the partner's, which the reviewer has still to write."""
    partner, staff = await people.at(workers[0], "partner"), await people.at(workers[0], "staff")
    reviewer = await people.at(workers[0], "reviewer")
    id = (await partner.do("createProposal", "proposal { id }", **WHOLE))["proposal"]["id"]
    who = (await reviewer.data("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    await partner.do("submitProposal", id=id)
    await staff.do("startScreening", id=id)
    await staff.do("screenProposal", id=id, finding="TO_REVIEW", reasons="It fits.")
    done = await staff.do("assignReviewer", "proposal { reviews { id } }", id=id, reviewerId=who)
    assert done["__typename"] == "AssignReviewerSuccess", done
    found: str = done["proposal"]["reviews"][0]["id"]
    return found


async def test_a_review_is_told_to_those_who_see_it_and_not_to_the_proposer(
    assigned: str, ears: Ears, workers: tuple[Worker, Worker], people: People, shared_place: Place
) -> None:
    """The proposal is unchanged by it: its organisation does not learn that somebody has reviewed."""
    reviewer, staff = await people.at(workers[0], "reviewer"), await people.at(workers[0], "staff")
    done = await reviewer.do("submitReview", id=assigned, recommendation="ENDORSE", comment="Sound.")
    assert done["__typename"] == "SubmitReviewSuccess", done
    heard = await ears.until(await told_to_all(shared_place, staff))
    assert {persona for persona, rows in heard.items() if rows} == {"reviewer", *OFFICE}
