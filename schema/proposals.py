"""Proposals: drafting, screening, opinions, votes, decisions."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from hub.initiatives.models import InitiativeKind, Scope
from hub.proposals import models
from hub.proposals.workflow import Choice as VoteChoice
from hub.proposals.workflow import NextStage, ProposalState, Recommendation, ReviewState
from hub.proposals.workflow import Outcome as DecisionOutcome
from hub.proposals.workflow import Screening as ScreeningFinding
from schema.allowed import PROPOSAL, ProposalAction, allowed_actions
from schema.base import Money, Node, OrderDirection, among, over
from schema.compiler.mapping import Context, Listing, column, expression, money
from schema.identity import Person
from schema.initiatives import Initiative
from schema.organisations import Organisation, WorkingGroup, of_organisation
from schema.search import found_by

strawberry.enum(ProposalState, description="Where it stands between its first draft and the work plan.")
strawberry.enum(VoteChoice, name="VoteChoice", description="What a Co-Manager may vote.")
strawberry.enum(DecisionOutcome, name="DecisionOutcome", description="What the two votes come to.")
strawberry.enum(ReviewState, description="How far a reviewer is.")
strawberry.enum(Recommendation, description="What a reviewer recommends.")
strawberry.enum(
    ScreeningFinding, name="ScreeningFinding", description="Ineligible, or where the proposal goes next."
)
strawberry.enum(NextStage, description="Where a proposal goes from review or consultation.")


@over(models.ProposalRevision)
@strawberry.type(description="What a proposal says, whole. Once submitted it never changes.")
class ProposalRevision(Node):
    number: int = strawberry.field(description="Counts from 1; votes and reviews are of one number.")
    title: str
    summary: str | None
    objectives: str | None
    kind: InitiativeKind | None
    scope: Scope | None
    working_group: WorkingGroup | None
    starts_on: date | None
    ends_on: date | None
    budget: Money | None = money("budget_amount", "budget_currency")
    submitted_at: datetime | None = strawberry.field(description="Null while its organisation works on it.")


@over(models.ProposalReview)
@strawberry.type(description="One reviewer's opinion of one revision.")
class ProposalReview(Node):
    revision_number: int
    reviewer: Person | None
    state: ReviewState
    recommendation: Recommendation | None
    comment: str | None
    conflict: str | None = strawberry.field(description="The conflict of interest that was declared.")
    submitted_at: datetime | None


@over(models.Consultation)
@strawberry.type(description="A question to a stakeholder organisation, and its answer.")
class Consultation(Node):
    revision_number: int
    consulted: Organisation | None
    question: str
    response: str | None
    responded_at: datetime | None


@over(models.Guidance)
@strawberry.type(description="Strategic guidance asked of the Co-Chairs.")
class Guidance(Node):
    revision_number: int
    reason: str
    answer: str | None
    given_at: datetime | None


def _counts(at: Any, context: Context) -> ColumnElement[bool]:
    proposal = aliased(models.Proposal)
    return exists(
        select(proposal.id).where(
            proposal.id == at.proposal_id,
            proposal.revision_number == at.revision_number,
            proposal.voting_round == at.voting_round,
        )
    )


@over(models.Vote)
@strawberry.type(description="A Co-Manager's vote, for its government, on one revision.")
class Vote(Node):
    revision_number: int
    voting_round: int = strawberry.field(description="Guidance or a deferral begins another round.")
    seat: Organisation | None = strawberry.field(description="The government for which it was cast.")
    person: Person | None
    choice: VoteChoice
    reasons: str
    conditions: str | None
    counts: bool = expression(_counts, "False once a new revision or a new round voided it.")
    cast_at: datetime = column("created_at", "When it was cast.")


@over(models.Decision)
@strawberry.type(description="The joint result of the votes on one revision.")
class Decision(Node):
    revision_number: int
    outcome: DecisionOutcome
    conditions: str | None
    reasons: str
    decided_at: datetime


@strawberry.enum(description="What proposals are ordered by.")
class ProposalOrderField(StrEnum):
    CREATED_AT = "created_at"
    TITLE = "title"
    REFERENCE = "reference"


@strawberry.input(description="In which order proposals are listed.")
class ProposalOrder:
    field: ProposalOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which proposals.")
class ProposalFilter:
    state: list[ProposalState] | None = strawberry.field(default=None, description="Any of these.")
    organisation: strawberry.ID | None = strawberry.field(
        default=None, description="Of this proposer; none where the viewer may not see it."
    )
    search: str | None = strawberry.field(default=None, description="Words of reference or title.")


PROPOSALS = Listing(
    model=models.Proposal,
    filter=ProposalFilter,
    conditions={
        "state": among("state"),
        "organisation": of_organisation("organisation_id"),
        "search": found_by("search_proposals"),
    },
    order=ProposalOrder,
    default=("created_at", True),
)


@over(models.Proposal)
@strawberry.type(description="A proposed project. What it says stands in its revisions.")
class Proposal(Node):
    reference: str = strawberry.field(description="For people, such as PRO-2026-0031.")
    state: ProposalState
    title: str = strawberry.field(description="Of the revision in force.")
    organisation: Organisation | None = strawberry.field(description="The proposer.")
    created_by: Person | None
    revision_number: int = strawberry.field(description="Of the revision in force; 0 before the first.")
    revision: ProposalRevision | None = strawberry.field(description="In force; null before the first.")
    working_revision: ProposalRevision | None = strawberry.field(
        description="What its organisation works on; nobody else sees it."
    )
    revisions: list[ProposalRevision]
    revision_request: str | None = strawberry.field(description="What the proposer is asked to change.")
    reviews: list[ProposalReview]
    consultations: list[Consultation]
    guidance: list[Guidance]
    votes: list[Vote] = strawberry.field(description="Seen by Co-Managers and Co-Chairs only.")
    decisions: list[Decision]
    initiative: Initiative | None = strawberry.field(description="What it became in the work plan.")
    created_at: datetime
    submitted_at: datetime | None = strawberry.field(description="When it was first submitted.")
    decided_at: datetime | None
    allowed_actions: list[ProposalAction] = expression(
        allowed_actions(PROPOSAL), "What the viewer may do with it now."
    )
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")
