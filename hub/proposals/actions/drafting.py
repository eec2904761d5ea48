"""Drafting, submitting, revising and withdrawing: what the proposing organisation does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hub import money, period, policy
from hub.act import Act
from hub.errors import Conflict, InvalidInput, NotAllowed
from hub.organisations.models import WorkingGroup
from hub.organisations.standing import require_vetted
from hub.policy import STAFF, Action
from hub.proposals.actions.moves import advance, take, tell_office
from hub.proposals.models import Proposal, ProposalRevision
from hub.proposals.workflow import Event, ProposalState
from hub.texts import LONG, SHORT, Problems

EDITABLE = (ProposalState.DRAFT, ProposalState.REVISION_REQUESTED)

REQUIRED = {
    "title": "title",
    "summary": "summary",
    "objectives": "objectives",
    "kind": "kind",
    "scope": "scope",
    "starts_on": "startsOn",
    "ends_on": "endsOn",
}
"""What must be filled in before a proposal is submitted, with the names that the API gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a revision says. A budget is an amount with its currency, or neither."""

    title: str
    summary: str | None = None
    objectives: str | None = None
    kind: str | None = None
    scope: str | None = None
    working_group_id: uuid.UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget_amount: Decimal | None = None
    budget_currency: str | None = None


async def create(act: Act, *, content: Content) -> Proposal:
    """Start a draft for the actor's organisation. Nobody else sees it until it is submitted."""
    if act.actor.organisation_id is None:
        raise NotAllowed("Only somebody who acts for an organisation can propose.")
    proposal = Proposal(organisation_id=act.actor.organisation_id, created_by_id=act.person_id)
    policy.require(act.actor, Action.PROPOSAL_CREATE, proposal)
    checked = await _checked(act, content)
    proposal.reference = await act.reference("PRO")
    proposal.title, proposal.state = checked.title, ProposalState.DRAFT
    proposal.is_demonstration = await act.is_demonstration()
    await act.add(proposal)
    await act.add(
        ProposalRevision(
            proposal_id=proposal.id, organisation_id=proposal.organisation_id, number=1, **_values(checked)
        )
    )
    act.record(Action.PROPOSAL_CREATE, proposal, reference=proposal.reference)
    return proposal


async def update(
    act: Act, *, proposal_id: uuid.UUID, changes: dict[str, Any], version: int | None
) -> Proposal:
    """Change the working revision; only its organisation sees it until it is submitted."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_UPDATE, version)
    if proposal.state not in EDITABLE:
        raise Conflict(
            f"The proposal is {proposal.state}: it can be edited as a draft, or once a revision is asked for."
        )
    revision = await _working_revision(act, proposal)
    content = Content(**{f.name: getattr(revision, f.name) for f in fields(Content)} | changes)
    checked = await _checked(act, content)
    for name, value in _values(checked).items():
        setattr(revision, name, value)
    if proposal.state == ProposalState.DRAFT:
        proposal.title = checked.title
    act.changed(proposal)
    act.record(Action.PROPOSAL_UPDATE, proposal, revision=revision.number, fields=sorted(changes))
    return proposal


async def submit(act: Act, *, proposal_id: uuid.UUID, version: int | None) -> Proposal:
    """Submit the draft, or the revision asked for. A new revision voids every vote on an older one."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_SUBMIT, version)
    resubmits = proposal.state == ProposalState.REVISION_REQUESTED
    advance(act, proposal, Event.RESUBMIT if resubmits else Event.SUBMIT)
    revision = await _find_working_revision(act, proposal)
    if revision is None:
        raise Conflict("Nothing was changed since the revision was requested. Edit the proposal first.")
    _require_complete(revision)
    await require_vetted(act, proposal.organisation_id)
    revision.submitted_at, revision.submitted_by_id = act.now, act.person_id
    proposal.revision_number, proposal.title = revision.number, revision.title
    proposal.submitted_at = proposal.submitted_at or act.now
    act.record(Action.PROPOSAL_SUBMIT, proposal, revision=revision.number)
    tell_office(act, "ProposalSubmitted", proposal, STAFF)
    return proposal


async def withdraw(act: Act, *, proposal_id: uuid.UUID, reason: str, version: int | None) -> Proposal:
    """Take the proposal back, any time before a decision."""
    proposal = await take(act, proposal_id, Action.PROPOSAL_WITHDRAW, version)
    problems = Problems()
    said = problems.text(reason, "reason", longest=LONG)
    problems.check()
    was_seen = proposal.state != ProposalState.DRAFT
    advance(act, proposal, Event.WITHDRAW)
    proposal.revision_request = None
    act.record(Action.PROPOSAL_WITHDRAW, proposal, reason=said)
    if was_seen:
        tell_office(act, "ProposalWithdrawn", proposal, STAFF)
    return proposal


async def _checked(act: Act, content: Content) -> Content:
    """The content as it will be kept; InvalidInput with everything wrong with it."""
    problems = Problems()
    title = problems.line(content.title, "title", longest=SHORT)
    summary = problems.text(content.summary, "summary", longest=LONG, required=False)
    objectives = problems.text(content.objectives, "objectives", longest=LONG, required=False)
    problems.extend(period.problems_of(starts_on=content.starts_on, ends_on=content.ends_on))
    budget = None
    if content.budget_amount is not None and content.budget_currency is not None:
        wrong = money.problems_of(content.budget_amount, content.budget_currency, ("budget",))
        problems.extend(wrong)
        budget = None if wrong else money.exact(content.budget_amount, content.budget_currency)
    try:
        await act.known(WorkingGroup, content.working_group_id, "workingGroupId", what="Working group")
    except InvalidInput as unknown:
        problems.extend(list(unknown.problems))
    problems.check()
    return Content(
        title=title or "",
        summary=summary,
        objectives=objectives,
        kind=content.kind,
        scope=content.scope,
        working_group_id=content.working_group_id,
        starts_on=content.starts_on,
        ends_on=content.ends_on,
        budget_amount=budget.amount if budget else None,
        budget_currency=budget.currency if budget else None,
    )


def _values(content: Content) -> dict[str, Any]:
    return {field.name: getattr(content, field.name) for field in fields(Content)}


async def _find_working_revision(act: Act, proposal: Proposal) -> ProposalRevision | None:
    revision: ProposalRevision | None = await act.session.scalar(
        select(ProposalRevision).where(
            ProposalRevision.proposal_id == proposal.id, ProposalRevision.submitted_at.is_(None)
        )
    )
    return revision


async def _working_revision(act: Act, proposal: Proposal) -> ProposalRevision:
    """The revision being worked on; after a submission, a new one that starts as a copy of the last."""
    working = await _find_working_revision(act, proposal)
    if working is not None:
        return working
    last = await act.session.scalar(
        select(ProposalRevision).where(
            ProposalRevision.proposal_id == proposal.id,
            ProposalRevision.number == proposal.revision_number,
        )
    )
    if last is None:
        raise LookupError(f"{proposal.reference} has no revision {proposal.revision_number}")
    values = {field.name: getattr(last, field.name) for field in fields(Content)}
    copy = ProposalRevision(
        proposal_id=proposal.id, organisation_id=proposal.organisation_id, number=last.number + 1, **values
    )
    await act.add(copy)
    return copy


def _require_complete(revision: ProposalRevision) -> None:
    problems = Problems()
    for column, name in REQUIRED.items():
        if getattr(revision, column) is None:
            problems.add(name, code="REQUIRED", message="fill this in before you submit")
    problems.check()
