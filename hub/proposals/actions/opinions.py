"""Reviews, consultations and guidance: the opinions that a decision rests on."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from hub.act import Act
from hub.errors import Conflict, InvalidInput, Problem
from hub.identity.models import Person, RoleGrant, in_force
from hub.organisations.models import Organisation
from hub.organisations.standing import require_unbarred
from hub.policy import CO_CHAIR, CO_MANAGER, REVIEWER, STAFF, Action
from hub.proposals.actions.moves import advance, take, tell_office
from hub.proposals.models import Consultation, Guidance, Proposal, ProposalReview
from hub.proposals.workflow import Event, ProposalState, Recommendation, ReviewState
from hub.texts import LONG, Problems


def _text(value: str, name: str) -> str:
    problems = Problems()
    said = problems.text(value, name, longest=LONG)
    problems.check()
    return said or ""


def _require_stage(proposal: Proposal, stage: ProposalState) -> None:
    if proposal.state != stage:
        raise Conflict(f"The proposal is {proposal.state}; this can be done when it is {stage}. Reload it.")


async def assign_reviewer(
    act: Act, *, proposal_id: uuid.UUID, reviewer_id: uuid.UUID, version: int | None
) -> Proposal:
    """Ask a reviewer for an opinion. Reviewers never judge their own organisation's proposal."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_ASSIGN_REVIEWER, version)
    _require_stage(proposal, ProposalState.UNDER_REVIEW)
    await act.known(Person, reviewer_id, "reviewerId", what="Person")
    reviewer = await act.see(Person, reviewer_id, "Person")
    await _require_reviewer(act, reviewer, proposal)
    review = ProposalReview(
        proposal_id=proposal.id,
        organisation_id=proposal.organisation_id,
        revision_number=proposal.revision_number,
        reviewer_id=reviewer_id,
        state=ReviewState.ASSIGNED,
    )
    if await _exists(act, review):
        raise Conflict("This reviewer is assigned to this revision already.")
    await act.add(review)
    act.changed(proposal)
    act.record(Action.PROPOSAL_ASSIGN_REVIEWER, proposal, reviewer=str(reviewer_id))
    act.tell("ReviewAssigned", proposal, organisation=reviewer.organisation_id, reference=proposal.reference)
    return proposal


async def _require_reviewer(act: Act, reviewer: Person, proposal: Proposal) -> None:
    grant = select(RoleGrant.id).where(
        RoleGrant.person_id == reviewer.id,
        RoleGrant.role == REVIEWER.value,
        in_force(act.now.date()),
    )
    is_here = reviewer.confirmed_at is not None and reviewer.removed_at is None
    if not is_here or await act.session.scalar(grant) is None:
        message = "this person is not a reviewer now; choose one who is"
        raise InvalidInput([Problem(("reviewerId",), "NOT_A_REVIEWER", message)])
    if reviewer.organisation_id == proposal.organisation_id:
        message = "reviewers do not judge their own organisation's proposal; choose somebody else"
        raise InvalidInput([Problem(("reviewerId",), "OWN_ORGANISATION", message)])


async def _exists(act: Act, review: ProposalReview) -> bool:
    found = select(ProposalReview.id).where(
        ProposalReview.proposal_id == review.proposal_id,
        ProposalReview.revision_number == review.revision_number,
        ProposalReview.reviewer_id == review.reviewer_id,
    )
    return await act.session.scalar(found) is not None


async def review(
    act: Act, *, review_id: uuid.UUID, recommendation: Recommendation, comment: str
) -> ProposalReview:
    """Give one's opinion of the revision that one was asked about, once."""
    mine = await act.take(ProposalReview, review_id, Action.PROPOSAL_REVIEW, what="Review")
    _require_open(mine)
    await require_unbarred(act, act.actor.organisation_id)
    mine.comment = _text(comment, "comment")
    mine.recommendation, mine.state, mine.submitted_at = recommendation.value, ReviewState.SUBMITTED, act.now
    act.record(Action.PROPOSAL_REVIEW, mine, recommendation=recommendation.value)
    act.tell("ReviewSubmitted", mine, role=STAFF)
    return mine


async def declare_conflict(act: Act, *, review_id: uuid.UUID, conflict: str) -> ProposalReview:
    """Step back from a review because of a conflict of interest."""
    mine = await act.take(ProposalReview, review_id, Action.PROPOSAL_DECLARE_CONFLICT, what="Review")
    _require_open(mine)
    mine.conflict, mine.state = _text(conflict, "conflict"), ReviewState.CONFLICTED
    act.record(Action.PROPOSAL_DECLARE_CONFLICT, mine)
    act.tell("ConflictDeclared", mine, role=STAFF)
    return mine


def _require_open(review: ProposalReview) -> None:
    if review.state != ReviewState.ASSIGNED:
        raise Conflict(f"This review is {review.state} and does not change.")


async def invite_consultation(
    act: Act, *, proposal_id: uuid.UUID, organisation_id: uuid.UUID, question: str, version: int | None
) -> Proposal:
    """Ask a stakeholder organisation; from then on its stakeholders see the proposal."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_INVITE_CONSULTATION, version)
    _require_stage(proposal, ProposalState.IN_CONSULTATION)
    asked = _text(question, "question")
    await act.known(Organisation, organisation_id, "organisationId", what="Organisation")
    if organisation_id == proposal.organisation_id:
        message = "this is the proposer itself; choose another organisation"
        raise InvalidInput([Problem(("organisationId",), "OWN_ORGANISATION", message)])
    again = select(Consultation.id).where(
        Consultation.proposal_id == proposal.id,
        Consultation.revision_number == proposal.revision_number,
        Consultation.consulted_id == organisation_id,
    )
    if await act.session.scalar(again) is not None:
        raise Conflict("This organisation is consulted on this revision already.")
    await act.add(
        Consultation(
            proposal_id=proposal.id,
            organisation_id=proposal.organisation_id,
            revision_number=proposal.revision_number,
            consulted_id=organisation_id,
            question=asked,
        )
    )
    act.changed(proposal)
    act.record(Action.PROPOSAL_INVITE_CONSULTATION, proposal, organisation=str(organisation_id))
    act.tell("ConsultationInvited", proposal, organisation=organisation_id, reference=proposal.reference)
    return proposal


async def respond_to_consultation(act: Act, *, consultation_id: uuid.UUID, response: str) -> Consultation:
    """Answer for one's organisation, once."""
    asked = await act.take(
        Consultation, consultation_id, Action.PROPOSAL_RESPOND_TO_CONSULTATION, what="Consultation"
    )
    if asked.responded_at is not None:
        raise Conflict("Your organisation has answered already.")
    await require_unbarred(act, asked.consulted_id)
    asked.response = _text(response, "response")
    asked.responded_at, asked.responded_by_id = act.now, act.person_id
    act.record(Action.PROPOSAL_RESPOND_TO_CONSULTATION, asked)
    act.tell("ConsultationAnswered", asked, role=STAFF)
    return asked


async def request_guidance(act: Act, *, proposal_id: uuid.UUID, reason: str, version: int | None) -> Proposal:
    """Ask the Co-Chairs for strategic guidance; the proposal waits for it."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_REQUEST_GUIDANCE, version)
    said = _text(reason, "reason")
    advance(act, proposal, Event.REQUEST_GUIDANCE)
    await ask_co_chairs(act, proposal, said, requested_by=act.person_id)
    act.record(Action.PROPOSAL_REQUEST_GUIDANCE, proposal, reason=said)
    return proposal


async def ask_co_chairs(act: Act, proposal: Proposal, reason: str, requested_by: uuid.UUID | None) -> None:
    """Put the question to the Co-Chairs."""
    await act.add(
        Guidance(
            proposal_id=proposal.id,
            organisation_id=proposal.organisation_id,
            revision_number=proposal.revision_number,
            reason=reason,
            requested_by_id=requested_by,
        )
    )
    tell_office(act, "GuidanceRequested", proposal, CO_CHAIR)


async def give_guidance(act: Act, *, proposal_id: uuid.UUID, answer: str, version: int | None) -> Proposal:
    """Answer as a Co-Chair. The proposal returns to its stage, and a vote begins anew."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_GIVE_GUIDANCE, version)
    said = _text(answer, "answer")
    advance(act, proposal, Event.GIVE_GUIDANCE)
    open_question = await act.session.scalar(
        select(Guidance)
        .where(Guidance.proposal_id == proposal.id, Guidance.given_at.is_(None))
        .order_by(Guidance.id.desc())
        .with_for_update()
    )
    if open_question is None:
        raise LookupError(f"{proposal.reference} awaits guidance that nobody asked for")
    open_question.answer, open_question.given_at = said, act.now
    open_question.given_by_id = act.person_id
    proposal.voting_round += 1
    act.record(Action.PROPOSAL_GIVE_GUIDANCE, proposal)
    tell_office(act, "GuidanceGiven", proposal, CO_MANAGER)
    return proposal
