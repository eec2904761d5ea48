"""What is done to proposals: one mutation an intention."""

import uuid
from datetime import date
from typing import Any

import strawberry

from hub.initiatives.models import InitiativeKind, Scope
from hub.proposals import actions
from hub.proposals.actions.drafting import Content
from hub.proposals.workflow import Choice as VoteChoice
from hub.proposals.workflow import NextStage, Recommendation
from hub.proposals.workflow import Screening as ScreeningFinding
from schema.base import MoneyInput
from schema.mutating import Versioned, Write, id_of, mutation, optional_id
from schema.proposals import Consultation, Proposal, ProposalReview


@strawberry.input(description="A first draft; only the title must be there before it is submitted.")
class CreateProposalInput(Write):
    title: str = strawberry.field(description="Up to 200 characters.")
    summary: str | None = None
    objectives: str | None = None
    kind: InitiativeKind | None = None
    scope: Scope | None = None
    working_group_id: strawberry.ID | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget: MoneyInput | None = None


@mutation(returns=Proposal)
async def create_proposal(act: Any, input: CreateProposalInput) -> Any:
    """Start a draft for one's organisation. Nobody else sees it until it is submitted."""
    budget = input.budget
    return await actions.create(
        act,
        content=Content(
            title=input.title,
            summary=input.summary,
            objectives=input.objectives,
            kind=input.kind,
            scope=input.scope,
            working_group_id=optional_id(input.working_group_id, "workingGroupId", types=("WorkingGroup",)),
            starts_on=input.starts_on,
            ends_on=input.ends_on,
            budget_amount=budget.amount if budget else None,
            budget_currency=budget.currency if budget else None,
        ),
    )


@strawberry.input(description="What to change: a field left out stays, null empties it.")
class UpdateProposalInput(Versioned):
    title: str | None = strawberry.UNSET
    summary: str | None = strawberry.UNSET
    objectives: str | None = strawberry.UNSET
    kind: InitiativeKind | None = strawberry.UNSET
    scope: Scope | None = strawberry.UNSET
    working_group_id: strawberry.ID | None = strawberry.UNSET
    starts_on: date | None = strawberry.UNSET
    ends_on: date | None = strawberry.UNSET
    budget: MoneyInput | None = strawberry.UNSET


CONTENT = (
    "title",
    "summary",
    "objectives",
    "kind",
    "scope",
    "working_group_id",
    "starts_on",
    "ends_on",
    "budget",
)


@mutation(returns=Proposal)
async def update_proposal(act: Any, input: UpdateProposalInput) -> Any:
    """Change a draft, or the revision that was asked for. For the proposing organisation."""
    given = {name: getattr(input, name) for name in CONTENT if getattr(input, name) is not strawberry.UNSET}
    if "working_group_id" in given:
        key = optional_id(given["working_group_id"], "workingGroupId", types=("WorkingGroup",))
        given["working_group_id"] = key
    if "budget" in given:
        budget = given.pop("budget")
        given["budget_amount"] = budget.amount if budget else None
        given["budget_currency"] = budget.currency if budget else None
    return await actions.update(act, proposal_id=_id(input.id), changes=given, version=input.expected_version)


@strawberry.input(description="Which proposal.")
class SubmitProposalInput(Versioned):
    pass


@mutation(returns=Proposal)
async def submit_proposal(act: Any, input: SubmitProposalInput) -> Any:
    """Submit a draft, or the revision asked for; a new revision voids every vote on an older one."""
    return await actions.submit(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which proposal to withdraw, and why.")
class WithdrawProposalInput(Versioned):
    reason: str


@mutation(returns=Proposal)
async def withdraw_proposal(act: Any, input: WithdrawProposalInput) -> Any:
    """Take a proposal back, any time before a decision. For the proposing organisation."""
    return await actions.withdraw(
        act, proposal_id=_id(input.id), reason=input.reason, version=input.expected_version
    )


@strawberry.input(description="Which proposal to take up.")
class StartScreeningInput(Versioned):
    pass


@mutation(returns=Proposal)
async def start_screening(act: Any, input: StartScreeningInput) -> Any:
    """Take a submitted proposal up. For the RSO's staff."""
    return await actions.start_screening(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="What screening found.")
class ScreenProposalInput(Versioned):
    finding: ScreeningFinding
    reasons: str


@mutation(returns=Proposal)
async def screen_proposal(act: Any, input: ScreenProposalInput) -> Any:
    """Find a proposal ineligible, or send it to a stage. For the RSO's staff."""
    return await actions.screen(
        act,
        proposal_id=_id(input.id),
        finding=input.finding,
        reasons=input.reasons,
        version=input.expected_version,
    )


@strawberry.input(description="Where to send the proposal.")
class SendOnProposalInput(Versioned):
    to: NextStage


@mutation(returns=Proposal)
async def send_on_proposal(act: Any, input: SendOnProposalInput) -> Any:
    """Send a proposal from review or consultation to the next stage. For staff and Co-Managers."""
    return await actions.send_on(act, proposal_id=_id(input.id), to=input.to, version=input.expected_version)


@strawberry.input(description="What should change in the proposal.")
class RequestRevisionInput(Versioned):
    reasons: str


@mutation(returns=Proposal)
async def request_revision(act: Any, input: RequestRevisionInput) -> Any:
    """Ask the proposer for a new revision. For staff and Co-Managers."""
    return await actions.request_revision(
        act, proposal_id=_id(input.id), reasons=input.reasons, version=input.expected_version
    )


@strawberry.input(description="Which resubmitted proposal.")
class ResumeProposalInput(Versioned):
    pass


@mutation(returns=Proposal)
async def resume_proposal(act: Any, input: ResumeProposalInput) -> Any:
    """Return a resubmitted proposal to the stage that had asked for the revision."""
    return await actions.resume(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Who should review the proposal.")
class AssignReviewerInput(Versioned):
    reviewer_id: strawberry.ID = strawberry.field(description="A Person with the role REVIEWER.")


@mutation(returns=Proposal)
async def assign_reviewer(act: Any, input: AssignReviewerInput) -> Any:
    """Ask a reviewer for an opinion; never one of the proposing organisation."""
    reviewer = id_of(input.reviewer_id, "reviewerId", types=("Person",))
    return await actions.assign_reviewer(
        act, proposal_id=_id(input.id), reviewer_id=reviewer, version=input.expected_version
    )


@strawberry.input(description="One's opinion. `id` is the ProposalReview's.")
class SubmitReviewInput(Write):
    id: strawberry.ID
    recommendation: Recommendation
    comment: str


@mutation(returns=ProposalReview)
async def submit_review(act: Any, input: SubmitReviewInput) -> Any:
    """Give one's opinion of the revision that one was asked about, once. For its reviewer."""
    return await actions.review(
        act,
        review_id=id_of(input.id, "id", types=("ProposalReview",)),
        recommendation=input.recommendation,
        comment=input.comment,
    )


@strawberry.input(description="Why one cannot review. `id` is the ProposalReview's.")
class DeclareConflictInput(Write):
    id: strawberry.ID
    conflict: str


@mutation(returns=ProposalReview)
async def declare_conflict(act: Any, input: DeclareConflictInput) -> Any:
    """Step back from a review because of a conflict of interest. For its reviewer."""
    return await actions.declare_conflict(
        act, review_id=id_of(input.id, "id", types=("ProposalReview",)), conflict=input.conflict
    )


@strawberry.input(description="Whom to ask what.")
class InviteConsultationInput(Versioned):
    organisation_id: strawberry.ID
    question: str


@mutation(returns=Proposal)
async def invite_consultation(act: Any, input: InviteConsultationInput) -> Any:
    """Ask a stakeholder organisation; from then on its stakeholders see the proposal."""
    organisation = id_of(input.organisation_id, "organisationId", types=("MemberState", "Partner"))
    return await actions.invite_consultation(
        act,
        proposal_id=_id(input.id),
        organisation_id=organisation,
        question=input.question,
        version=input.expected_version,
    )


@strawberry.input(description="One's organisation's answer. `id` is the Consultation's.")
class RespondToConsultationInput(Write):
    id: strawberry.ID
    response: str


@mutation(returns=Consultation)
async def respond_to_consultation(act: Any, input: RespondToConsultationInput) -> Any:
    """Answer a consultation for one's organisation, once."""
    return await actions.respond_to_consultation(
        act, consultation_id=id_of(input.id, "id", types=("Consultation",)), response=input.response
    )


@strawberry.input(description="What the Co-Chairs should guide on.")
class RequestGuidanceInput(Versioned):
    reason: str


@mutation(returns=Proposal)
async def request_guidance(act: Any, input: RequestGuidanceInput) -> Any:
    """Ask the Co-Chairs for strategic guidance. For Co-Managers."""
    return await actions.request_guidance(
        act, proposal_id=_id(input.id), reason=input.reason, version=input.expected_version
    )


@strawberry.input(description="The Co-Chairs' guidance.")
class GiveGuidanceInput(Versioned):
    answer: str


@mutation(returns=Proposal)
async def give_guidance(act: Any, input: GiveGuidanceInput) -> Any:
    """Guide as a Co-Chair; the proposal returns to its stage, and a vote begins anew."""
    return await actions.give_guidance(
        act, proposal_id=_id(input.id), answer=input.answer, version=input.expected_version
    )


@strawberry.input(description="One's government's vote.")
class VoteOnProposalInput(Versioned):
    revision: int = strawberry.field(description="The number of the revision that you read.")
    choice: VoteChoice
    reasons: str
    conditions: str | None = strawberry.field(
        default=None, description="Required for ENDORSE_WITH_CONDITIONS, and only for it."
    )


@mutation(returns=Proposal)
async def vote_on_proposal(act: Any, input: VoteOnProposalInput) -> Any:
    """Vote as a Co-Manager. The second government's vote on the same revision decides."""
    return await actions.vote(
        act,
        proposal_id=_id(input.id),
        revision=input.revision,
        choice=input.choice,
        reasons=input.reasons,
        conditions=input.conditions,
        version=input.expected_version,
    )


@strawberry.input(description="Which deferred proposal.")
class ReopenProposalInput(Versioned):
    pass


@mutation(returns=Proposal)
async def reopen_proposal(act: Any, input: ReopenProposalInput) -> Any:
    """Take up a deferred proposal again, in a new round of votes. For Co-Managers."""
    return await actions.reopen(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which endorsed proposal.")
class IssueLetterInput(Versioned):
    pass


@mutation(returns=Proposal)
async def issue_letter(act: Any, input: IssueLetterInput) -> Any:
    """Send the letter of endorsement. For the RSO's staff."""
    return await actions.issue_letter(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which endorsement to accept.")
class AcceptEndorsementInput(Versioned):
    pass


@mutation(returns=Proposal)
async def accept_endorsement(act: Any, input: AcceptEndorsementInput) -> Any:
    """Accept the endorsement, its conditions included. For the proposer's focal points."""
    return await actions.accept_endorsement(act, proposal_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which accepted proposal.")
class EnterWorkplanInput(Versioned):
    pass


@mutation(returns=Proposal)
async def enter_workplan(act: Any, input: EnterWorkplanInput) -> Any:
    """Make an accepted proposal an initiative of the work plan. For the RSO's staff."""
    return await actions.enter_workplan(act, proposal_id=_id(input.id), version=input.expected_version)


def _id(value: strawberry.ID) -> uuid.UUID:
    return id_of(value, "id", types=("Proposal",))
