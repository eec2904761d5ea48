"""Allocating, valuing, acknowledging and cancelling a contribution."""

from __future__ import annotations

import uuid
from decimal import Decimal

from sqlalchemy import select

from hub import money
from hub.act import Act
from hub.contributions.actions.ledger import ENDED, follow, reverse_all, take, totals_of
from hub.contributions.models import Allocation, Contribution
from hub.contributions.workflow import (
    ContributionState,
    InKindState,
    Totals,
    ValuationMethod,
)
from hub.errors import Conflict, InvalidInput, NotAllowed, Problem
from hub.initiatives.models import Initiative
from hub.policy import STAFF, Action
from hub.texts import LONG, Problems


async def allocate(
    act: Act,
    *,
    contribution_id: uuid.UUID,
    initiative_id: uuid.UUID,
    amount: Decimal,
    currency: str,
    version: int | None,
) -> Contribution:
    """Give a part of a contribution to an initiative; all parts together never exceed it."""
    contribution = await take(act, contribution_id, Action.CONTRIBUTION_ALLOCATE, version)
    _require_open(contribution)
    await act.known(Initiative, initiative_id, "initiativeId", what="Initiative")
    problems = Problems()
    if currency != contribution.currency:
        message = f"the contribution is in {contribution.currency}; allocate in that currency"
        problems.add("amount", "currency", code="OTHER_CURRENCY", message=message)
        problems.check()
    problems.extend(money.problems_of(amount, currency, ("amount",)))
    problems.check()
    part = money.exact(amount, currency)
    left = totals_of(contribution).allocatable - contribution.allocated
    if part.amount > left:
        message = f"{contribution.currency} {left:,f} is left to allocate; give at most that"
        raise InvalidInput([Problem(("amount", "amount"), "EXCEEDS_CONTRIBUTION", message)])
    again = select(Allocation.id).where(
        Allocation.contribution_id == contribution.id, Allocation.initiative_id == initiative_id
    )
    if await act.session.scalar(again) is not None:
        raise Conflict("A part of this contribution is allocated to this initiative already.")
    contribution.allocated += part.amount
    await act.add(
        Allocation(
            contribution_id=contribution.id,
            initiative_id=initiative_id,
            amount=part.amount,
            currency=part.currency,
            is_published=contribution.is_published,
            allocated_at=act.now,
            allocated_by_id=act.person_id,
        )
    )
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_ALLOCATE, contribution, initiative=str(initiative_id), amount=str(part))
    if contribution.provider_id is not None:
        act.tell("ContributionAllocated", contribution, organisation=contribution.provider_id)
    return contribution


async def value(
    act: Act, *, contribution_id: uuid.UUID, method: ValuationMethod, evidence: str, version: int | None
) -> Contribution:
    """State how the value of goods or services was found; a second person approves it."""
    contribution = await take(act, contribution_id, Action.CONTRIBUTION_VALUE, version)
    _require_open(contribution)
    if contribution.in_kind_state != InKindState.ACCEPTED:
        raise Conflict("Only an accepted in-kind contribution is valued. Reload it.")
    problems = Problems()
    contribution.valuation_evidence = problems.text(evidence, "evidence", longest=LONG)
    problems.check()
    contribution.valuation_method, contribution.valued_by_id = method.value, act.person_id
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_VALUE, contribution, method=method.value)
    act.tell("ContributionValued", contribution, role=STAFF, reference=contribution.reference)
    return contribution


async def approve_valuation(act: Act, *, contribution_id: uuid.UUID, version: int | None) -> Contribution:
    """Approve a valuation that somebody else made."""
    contribution = await take(act, contribution_id, Action.CONTRIBUTION_APPROVE_VALUATION, version)
    if contribution.valued_by_id is None or contribution.valuation_approved_by_id is not None:
        raise Conflict("No valuation waits for approval. Reload it.")
    if contribution.valued_by_id == act.person_id:
        raise NotAllowed("You made this valuation; somebody else approves it.")
    contribution.valuation_approved_by_id = act.person_id
    follow(contribution, totals_of(contribution))
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_APPROVE_VALUATION, contribution)
    return contribution


async def acknowledge(act: Act, *, contribution_id: uuid.UUID, version: int | None) -> Contribution:
    """Thank for what was wholly received; nothing more is recorded on it."""
    contribution = await take(act, contribution_id, Action.CONTRIBUTION_ACKNOWLEDGE, version)
    if contribution.state != ContributionState.RECEIVED:
        raise Conflict(f"The contribution is {contribution.state}; only what is RECEIVED is acknowledged.")
    contribution.acknowledged_at = act.now
    follow(contribution, totals_of(contribution))
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_ACKNOWLEDGE, contribution)
    if contribution.provider_id is not None:
        act.tell("ContributionAcknowledged", contribution, organisation=contribution.provider_id)
    return contribution


async def cancel(act: Act, *, contribution_id: uuid.UUID, reason: str, version: int | None) -> Contribution:
    """End a contribution of which nothing was received: every entry is reversed, and it sums to nothing."""
    contribution = await take(act, contribution_id, Action.CONTRIBUTION_CANCEL, version)
    _require_open(contribution)
    if contribution.received > 0 or contribution.allocated > 0:
        raise Conflict("Something of it was received or allocated; reverse that first.")
    problems = Problems()
    said = problems.text(reason, "reason", longest=LONG)
    problems.check()
    await reverse_all(act, contribution, said)
    follow(contribution, Totals())
    contribution.state = ContributionState.CANCELLED
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_CANCEL, contribution, reason=said)
    act.tell("ContributionCancelled", contribution, role=STAFF, reference=contribution.reference)
    return contribution


def _require_open(contribution: Contribution) -> None:
    if contribution.state in ENDED:
        raise Conflict(f"The contribution is {contribution.state}; it changes no more.")
