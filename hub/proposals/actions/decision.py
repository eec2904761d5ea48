"""The vote of the Co-Managers, and what follows from it."""

from __future__ import annotations

import uuid

from sqlalchemy import select, text

from hub.act import Act
from hub.errors import Conflict, NotAllowed
from hub.initiatives.models import (
    GenderMarker,
    Initiative,
    InitiativeParticipant,
    InitiativeState,
    ParticipationRole,
)
from hub.organisations.standing import require_vetted
from hub.policy import CO_MANAGER, STAFF, Action
from hub.proposals.actions.moves import advance, take, tell_office, tell_proposer
from hub.proposals.actions.opinions import ask_co_chairs
from hub.proposals.models import Decision, Proposal, ProposalRevision, Vote
from hub.proposals.workflow import (
    Choice,
    Event,
    Outcome,
    ProposalState,
    event_of,
    joint_outcome,
)
from hub.texts import LONG, Problems


async def vote(
    act: Act,
    *,
    proposal_id: uuid.UUID,
    revision: int,
    choice: Choice,
    reasons: str,
    conditions: str | None,
    version: int | None,
) -> Proposal:
    """Vote for one's government on the revision that one has read. The last seat's vote decides."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_VOTE, version)
    _require_vote_open(proposal, revision)
    seats = await _seats(act)
    if act.actor.organisation_id not in seats:
        raise NotAllowed("Your government has no vote on proposals.")
    said, demanded = _words(choice, reasons, conditions)
    votes = await _votes_in_force(act, proposal)
    if any(cast.seat_id == act.actor.organisation_id for cast in votes):
        raise Conflict("Your government has voted on this revision already.")
    mine = Vote(
        proposal_id=proposal.id,
        organisation_id=proposal.organisation_id,
        revision_number=proposal.revision_number,
        voting_round=proposal.voting_round,
        seat_id=act.actor.organisation_id,
        person_id=act.person_id,
        choice=choice.value,
        reasons=said,
        conditions=demanded,
    )
    await act.add(mine)
    act.record(Action.PROPOSAL_VOTE, proposal, revision=revision, choice=choice.value)
    votes.append(mine)
    if {cast.seat_id for cast in votes} == seats:
        await _decide(act, proposal, votes)
    else:
        act.changed(proposal)
        tell_office(act, "VoteCast", proposal, CO_MANAGER)
    return proposal


def _require_vote_open(proposal: Proposal, revision: int) -> None:
    if proposal.state != ProposalState.AWAITING_DECISION:
        raise Conflict(
            f"The proposal is {proposal.state}; votes are cast when it is {ProposalState.AWAITING_DECISION}."
        )
    if revision != proposal.revision_number:
        raise Conflict(
            f"You read revision {revision}, but revision {proposal.revision_number} is in force. "
            "Read it, then vote."
        )


def _words(choice: Choice, reasons: str, conditions: str | None) -> tuple[str, str | None]:
    problems = Problems()
    said = problems.text(reasons, "reasons", longest=LONG)
    conditional = choice is Choice.ENDORSE_WITH_CONDITIONS
    demanded = problems.text(conditions, "conditions", longest=LONG, required=conditional)
    if demanded is not None and not conditional:
        message = "conditions go with ENDORSE_WITH_CONDITIONS only; leave this empty or change the choice"
        problems.add("conditions", code="NOT_APPLICABLE", message=message)
    problems.check()
    return said or "", demanded


async def _seats(act: Act) -> set[uuid.UUID]:
    found = await act.session.scalars(text("select hub.deciding_seats()"))
    return set(found)


async def _votes_in_force(act: Act, proposal: Proposal) -> list[Vote]:
    found = await act.session.scalars(
        select(Vote)
        .where(
            Vote.proposal_id == proposal.id,
            Vote.revision_number == proposal.revision_number,
            Vote.voting_round == proposal.voting_round,
        )
        .order_by(Vote.id)
    )
    return list(found)


async def _decide(act: Act, proposal: Proposal, votes: list[Vote]) -> None:
    outcome = joint_outcome([Choice(cast.choice) for cast in votes])
    if outcome is None:
        advance(act, proposal, Event.REQUEST_GUIDANCE)
        await ask_co_chairs(act, proposal, "The Co-Managers' votes are split.", requested_by=None)
        return
    advance(act, proposal, event_of(outcome))
    proposal.decided_at = act.now
    conditions = "\n\n".join(cast.conditions for cast in votes if cast.conditions)
    await act.add(
        Decision(
            proposal_id=proposal.id,
            organisation_id=proposal.organisation_id,
            revision_number=proposal.revision_number,
            voting_round=proposal.voting_round,
            outcome=outcome.value,
            conditions=conditions or None,
            reasons="\n\n".join(cast.reasons for cast in votes),
            decided_at=act.now,
        )
    )
    tell_proposer(act, "ProposalDecided", proposal)
    if outcome in (Outcome.ENDORSED, Outcome.ENDORSED_WITH_CONDITIONS):
        tell_office(act, "ProposalDecided", proposal, STAFF)


async def reopen(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Take up a deferred proposal again: a new round of votes."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_REOPEN, version)
    advance(act, proposal, Event.REOPEN)
    proposal.voting_round += 1
    proposal.decided_at = None
    act.record(Action.PROPOSAL_REOPEN, proposal)
    tell_proposer(act, "ProposalReopened", proposal)
    return proposal


async def issue_letter(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Send the letter of endorsement; the proposer's focal point accepts it."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_ISSUE_LETTER, version)
    advance(act, proposal, Event.ISSUE_LETTER)
    act.record(Action.PROPOSAL_ISSUE_LETTER, proposal)
    tell_proposer(act, "LetterIssued", proposal)
    return proposal


async def accept_endorsement(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Accept the endorsement, its conditions included, for the proposing organisation."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_ACCEPT_ENDORSEMENT, version)
    await require_vetted(act, proposal.organisation_id)
    advance(act, proposal, Event.ACCEPT)
    act.record(Action.PROPOSAL_ACCEPT_ENDORSEMENT, proposal)
    tell_office(act, "EndorsementAccepted", proposal, STAFF)
    return proposal


async def enter_workplan(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Make the proposal an initiative of the work plan, in the pipeline and not yet published."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_ENTER_WORKPLAN, version)
    advance(act, proposal, Event.ENTER_WORKPLAN)
    revision = await act.session.scalar(
        select(ProposalRevision).where(
            ProposalRevision.proposal_id == proposal.id, ProposalRevision.number == proposal.revision_number
        )
    )
    if revision is None:
        raise LookupError(f"{proposal.reference} has no revision {proposal.revision_number}")
    initiative = await _initiative_of(act, proposal, revision)
    proposal.initiative_id = initiative.id
    act.record(Action.PROPOSAL_ENTER_WORKPLAN, proposal, initiative=initiative.reference)
    tell_proposer(act, "ProposalInWorkplan", proposal)
    return proposal


async def _initiative_of(act: Act, proposal: Proposal, revision: ProposalRevision) -> Initiative:
    if revision.starts_on is None or revision.ends_on is None:
        raise LookupError(f"{proposal.reference} was submitted without a period")
    initiative = Initiative(
        reference=await act.reference("RSO", digits=3),
        title=revision.title,
        summary=revision.summary,
        kind=revision.kind,
        state=InitiativeState.PIPELINE,
        scope=revision.scope,
        gender_marker=GenderMarker.NOT_SCREENED,
        work_plan_year=max(revision.starts_on.year, act.now.year),
        starts_on=revision.starts_on,
        ends_on=revision.ends_on,
        budget_amount=revision.budget_amount,
        budget_currency=revision.budget_currency,
        working_group_id=revision.working_group_id,
        lead_organisation_id=proposal.organisation_id,
        is_published=False,
        is_demonstration=proposal.is_demonstration,
    )
    await act.add(initiative)
    await act.add(
        InitiativeParticipant(
            initiative_id=initiative.id,
            organisation_id=proposal.organisation_id,
            role=ParticipationRole.IMPLEMENTING,
            is_published=initiative.is_published,
        )
    )
    return initiative
