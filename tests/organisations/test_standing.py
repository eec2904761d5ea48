"""What an organisation may do whose vetting is not done, or went wrong; and when that changes meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.act import acting
from hub.database import Place
from hub.organisations import vetting
from hub.proposals.actions import drafting
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.organisations.applications import partner_id, set_vetting
from tests.policy.clones import actor_of, as_owner
from tests.policy.mutations import INTEREST, MUTATIONS, PLEDGE
from tests.policy.stage import AT, Stage

OUTSIDE: Final = ("partner", "focal-point", "reviewer", "stakeholder")
"""The personas whose organisations are partners."""

STATES: Final = ("APPLIED", "REJECTED", "SUSPENDED")
DONE, REFUSED, CONFLICT = "done", "NotAllowed", "Conflict"

DRAFTS = (DONE, DONE, DONE)
"""Nobody else sees it."""
TAKES_BACK = (DONE, DONE, DONE)
"""It asks for nothing, and binds nobody to more."""
OWN = (DONE, DONE, DONE)
"""Among its own people, and about their own credentials: somebody has to answer for the organisation."""
SPEAKS = (DONE, REFUSED, REFUSED)
"""It says something to others, and binds nobody: who is not vetted yet may."""
BINDS = (REFUSED, REFUSED, REFUSED)
"""It binds the organisation, or asks for a decision."""
APPLIES = (DONE, DONE, CONFLICT)
"""Who is suspended is reinstated, and applies no more."""

DECIDED: Final[dict[str, tuple[str, str, str]]] = {
    # mutation: while it applies, once it was rejected, while it is suspended
    "createProposal": DRAFTS,
    "updateProposal": DRAFTS,
    "submitProposal": BINDS,
    "withdrawProposal": TAKES_BACK,
    "acceptEndorsement": BINDS,
    "submitReview": SPEAKS,
    "declareConflict": TAKES_BACK,
    "respondToConsultation": SPEAKS,
    "expressInterest": SPEAKS,
    "withdrawInterest": TAKES_BACK,
    "pledgeContribution": BINDS,
    "commitContribution": BINDS,
    "cancelContribution": TAKES_BACK,
    "offerSecondment": BINDS,
    "saveVettingApplication": APPLIES,
    "submitVettingApplication": APPLIES,
    "invitePerson": SPEAKS,
    "resendInvitation": SPEAKS,
    "withdrawInvitation": OWN,
    "confirmPerson": OWN,
    "removePerson": OWN,
    "grantRole": OWN,
    "endRole": OWN,
    "handOverRole": OWN,
    "createApiToken": OWN,
    "revokeApiToken": OWN,
    "revokeSession": OWN,
}


def test_it_is_decided_for_every_mutation_of_a_partner() -> None:
    theirs = {name for name, case in MUTATIONS.items() if not set(case.allowed).isdisjoint(OUTSIDE)}
    assert set(DECIDED) == theirs, "decide what one may do who is not vetted"


async def set_standing(place: Place, persona: str, state: str) -> None:
    """Let the persona's organisation be in the state."""
    moved = text(
        "update hub.organisations o set vetting_state = :state, is_listed = false from hub.persons p"
        " where p.persona = :persona and p.organisation_id = o.id"
    )
    async with as_owner(place) as owner:
        await owner.execute(moved, {"state": state, "persona": persona})


async def written(place: Place) -> tuple[int, int]:
    """How much is on record, and how much was told."""
    counts = "select (select count(*) from hub.audit_events), (select count(*) from hub.outbox_messages)"
    async with as_owner(place) as owner:
        recorded, told = (await owner.execute(text(counts))).one()
    return recorded, told


@pytest.mark.parametrize("mutation", DECIDED)
async def test_who_is_not_vetted_does_what_was_decided(mutation: str, people: Client, place: Place) -> None:
    case = MUTATIONS[mutation]
    for persona in (name for name in OUTSIDE if name in case.allowed):
        person = await people(persona, in_person=case.in_person)
        for state, expected in zip(STATES, DECIDED[mutation], strict=True):
            async with as_owner(place) as owner:
                given = await case.prepare(Stage(owner))
            await set_standing(place, persona, state)
            before = await written(place)
            payload = await person.do(mutation, **given)
            success = f"{mutation[0].upper()}{mutation[1:]}Success"
            about = (persona, state, payload)
            assert payload["__typename"] == (success if expected == DONE else expected), about
            if expected == DONE:
                assert (await written(place))[0] == before[0] + case.acts, about
            else:
                assert await written(place) == before, about
                assert any(word in payload["message"] for word in ("vett", "suspended")), about


@pytest.mark.parametrize(
    ("state", "offered"),
    [("APPLIED", True), ("UNDER_VETTING", True), ("REJECTED", False), ("SUSPENDED", False)],
)
async def test_interest_is_offered_to_whom_it_is_allowed(
    state: str, offered: bool, people: Client, place: Place
) -> None:
    await set_vetting(place, state)
    partner = await people("partner")
    found = await partner.data("{ viewer { allowedActions } }")
    assert ("EXPRESS_INTEREST" in found["viewer"]["allowedActions"]) == offered
    payload = await partner.do("expressInterest", **INTEREST)
    assert payload["__typename"] == ("ExpressInterestSuccess" if offered else "NotAllowed")


# -- when it changes meanwhile -------------------------------------------------------------------------


async def wait(place: Place, *tasks: asyncio.Task[Any]) -> bool:
    """Whether all the tasks come to wait for what another transaction holds, and none ends before."""
    waiting = text("select count(*) from pg_locks where locktype = 'advisory' and not granted")
    while not any(task.done() for task in tasks):
        async with as_owner(place) as owner:
            if await owner.scalar(waiting) == len(tasks):
                return True
        await asyncio.sleep(0.02)
    return False


def key_of(id: str) -> Any:
    """The key in an id."""
    found = parse(id)
    assert found is not None
    return found[1]


async def test_what_is_submitted_while_a_suspension_is_under_way_waits_and_is_refused(
    app: Starlette, people: Client, place: Place
) -> None:
    async with as_owner(place) as owner:
        draft = await Stage(owner).proposal("DRAFT")
        staff = await actor_of(owner, "staff")
    partner, organisation = await people("partner"), key_of(await partner_id(people))
    async with acting(app.state.database, staff, AT) as act:
        await vetting.suspend(act, organisation_id=organisation, reason="A complaint.", version=None)
        await act.session.flush()
        attempts = [
            asyncio.create_task(partner.do("submitProposal", id=draft)),
            asyncio.create_task(partner.do("pledgeContribution", **PLEDGE)),
            asyncio.create_task(partner.do("expressInterest", **INTEREST)),
        ]
        assert await wait(place, *attempts)
    outcomes = [payload["__typename"] for payload in await asyncio.gather(*attempts)]
    assert outcomes == ["NotAllowed"] * 3


async def test_a_suspension_waits_for_what_is_being_submitted(
    app: Starlette, people: Client, place: Place
) -> None:
    async with as_owner(place) as owner:
        draft = await Stage(owner).proposal("DRAFT")
        actor = await actor_of(owner, "partner")
    staff, id = await people("staff"), await partner_id(people)
    async with acting(app.state.database, actor, AT) as act:
        await drafting.submit(act, proposal_id=key_of(draft), version=None)
        await act.session.flush()
        suspension = asyncio.create_task(staff.do("suspendPartner", id=id, reason="A complaint."))
        assert await wait(place, suspension)
    assert (await suspension)["__typename"] == "SuspendPartnerSuccess"


async def test_pledges_and_suspensions_at_once_never_lock_each_other_out(
    people: Client, place: Place
) -> None:
    staff, partner, id = await people("staff"), await people("partner"), await partner_id(people)
    for _ in range(4):
        answers = await asyncio.gather(
            *(partner.do("pledgeContribution", **PLEDGE) for _ in range(3)),
            staff.do("suspendPartner", id=id, reason="A complaint."),
            *(partner.do("pledgeContribution", **PLEDGE) for _ in range(3)),
        )
        outcomes = {answer["__typename"] for answer in answers}
        assert outcomes <= {"PledgeContributionSuccess", "NotAllowed", "SuspendPartnerSuccess"}
        assert "SuspendPartnerSuccess" in outcomes
        back = await staff.do("reinstatePartner", id=id, reason="Settled.")
        assert back["__typename"] == "ReinstatePartnerSuccess"
    between = text(
        "select count(*) from hub.audit_events late where late.action = 'contribution:pledge'"
        " and (select e.action from hub.audit_events e where e.action like 'partner:%' and e.id < late.id"
        "  order by e.id desc limit 1) = 'partner:suspend'"
    )
    async with as_owner(place) as owner:
        assert await owner.scalar(between) == 0, "nothing between a suspension and its end"
