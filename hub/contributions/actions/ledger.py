"""The append-only transactions: pledging, committing, recording receipts, reversing a mistake."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import select

from hub import money, period, policy
from hub.act import Act
from hub.contributions.models import Contribution, ContributionTransaction, ExchangeRate
from hub.contributions.workflow import (
    ContributionKind,
    ContributionState,
    Earmarking,
    Totals,
    TransactionType,
    in_kind_state_of,
    state_of,
)
from hub.errors import Conflict, NotAllowed
from hub.money import Money
from hub.organisations.standing import require_vetted
from hub.policy import STAFF, Action
from hub.texts import LONG, SHORT, Problems

REPORTING_CURRENCY = "USD"
ENDED = (ContributionState.CANCELLED, ContributionState.EXPIRED, ContributionState.ACKNOWLEDGED)


async def pledge(
    act: Act,
    *,
    title: str,
    description: str | None,
    kind: ContributionKind,
    earmarking: Earmarking | None,
    amount: Decimal,
    currency: str,
    year: int,
    value_on: date,
) -> Contribution:
    """Promise something for the actor's organisation; an in-kind pledge states the provider's estimate."""
    if act.actor.organisation_id is None:
        raise NotAllowed("Only somebody who acts for an organisation can pledge.")
    pledged = Contribution(provider_id=act.actor.organisation_id)
    policy.require(act.actor, Action.CONTRIBUTION_PLEDGE, pledged)
    await require_vetted(act, pledged.provider_id)
    problems = Problems()
    pledged.title = problems.line(title, "title", longest=SHORT) or ""
    pledged.description = problems.text(description, "description", longest=LONG, required=False)
    if not period.EARLIEST.year <= year <= period.LATEST.year:
        problems.add("year", code="OUT_OF_RANGE", message="give a year such as 2026")
    stated = _checked_amount(problems, amount, currency, value_on, act.now.date())
    pledged.reference = await act.reference("CON")
    pledged.kind, pledged.currency, pledged.year = kind.value, stated.currency, year
    pledged.earmarking = earmarking.value if earmarking else None
    pledged.recorded_on = act.now.date()
    pledged.allocated = money.exact(Decimal(0), stated.currency).amount
    pledged.is_demonstration = await act.is_demonstration()
    follow(pledged, Totals(pledged=stated.amount))
    await act.add(pledged)
    await _append(act, pledged, TransactionType.PLEDGE, stated, value_on, description=None)
    act.record(Action.CONTRIBUTION_PLEDGE, pledged, amount=str(stated))
    act.tell("ContributionPledged", pledged, role=STAFF, reference=pledged.reference)
    return pledged


async def commit(
    act: Act,
    *,
    contribution_id: uuid.UUID,
    amount: Decimal,
    currency: str,
    value_on: date,
    description: str | None,
    version: int | None,
) -> Contribution:
    """Bind the provider to an amount, which may differ from what was pledged."""
    committed = await take(act, contribution_id, Action.CONTRIBUTION_COMMIT, version)
    await require_vetted(act, committed.provider_id)
    stated = _checked_entry(act, committed, amount, currency, value_on)
    await _enter(act, committed, TransactionType.COMMITMENT, stated, value_on, description)
    act.record(Action.CONTRIBUTION_COMMIT, committed, amount=str(stated))
    act.tell("ContributionCommitted", committed, role=STAFF, reference=committed.reference)
    return committed


async def record_receipt(
    act: Act,
    *,
    contribution_id: uuid.UUID,
    amount: Decimal,
    currency: str,
    value_on: date,
    description: str | None,
    version: int | None,
) -> Contribution:
    """Record that money, goods or services arrived."""
    received = await take(act, contribution_id, Action.CONTRIBUTION_RECORD_RECEIPT, version)
    stated = _checked_entry(act, received, amount, currency, value_on)
    await _enter(act, received, TransactionType.RECEIPT, stated, value_on, description)
    act.record(Action.CONTRIBUTION_RECORD_RECEIPT, received, amount=str(stated))
    _tell_provider(act, "ReceiptRecorded", received)
    return received


async def reverse(act: Act, *, transaction_id: uuid.UUID, reason: str, version: int | None) -> Contribution:
    """Undo a mistaken transaction by a negative one; both stay on record."""
    mistaken = await act.see(ContributionTransaction, transaction_id, "Transaction")
    contribution = await take(act, mistaken.contribution_id, Action.CONTRIBUTION_REVERSE, version)
    problems = Problems()
    said = problems.text(reason, "reason", longest=LONG)
    problems.check()
    undone = select(ContributionTransaction.id).where(ContributionTransaction.reverses_id == mistaken.id)
    if mistaken.reverses_id is not None or await act.session.scalar(undone) is not None:
        raise Conflict("This transaction was reversed already, or is a reversing entry itself.")
    totals = totals_of(contribution).plus(TransactionType(mistaken.type), -mistaken.amount)
    if contribution.allocated > totals.allocatable:
        raise Conflict(
            f"{contribution.currency} {contribution.allocated:,f} of it is allocated to initiatives; "
            "less would be left. Reduce the allocations first."
        )
    await _reverse_entry(act, mistaken, said)
    follow(contribution, totals)
    act.changed(contribution)
    act.record(Action.CONTRIBUTION_REVERSE, contribution, transaction=str(mistaken.id), reason=said)
    _tell_provider(act, "TransactionReversed", contribution)
    return contribution


async def reverse_all(act: Act, contribution: Contribution, reason: str | None) -> None:
    """Reverse every transaction that stands, so that a cancelled contribution sums to nothing."""
    entries = await act.session.scalars(
        select(ContributionTransaction)
        .where(ContributionTransaction.contribution_id == contribution.id)
        .order_by(ContributionTransaction.id)
    )
    found = list(entries)
    undone = {entry.reverses_id for entry in found}
    for entry in found:
        if entry.reverses_id is None and entry.id not in undone:
            await _reverse_entry(act, entry, reason)


async def take(act: Act, id: uuid.UUID, action: Action, version: int | None) -> Contribution:
    """The contribution for changing."""
    return await act.take(Contribution, id, action, what="Contribution", version=version)


def totals_of(contribution: Contribution) -> Totals:
    """The sums that the contribution's row keeps."""
    return Totals(
        pledged=contribution.pledged, committed=contribution.committed, received=contribution.received
    )


def follow(contribution: Contribution, totals: Totals) -> None:
    """Let sums and states follow from the transactions."""
    stated = totals.stated_in(contribution.currency)
    contribution.pledged, contribution.committed = stated.pledged, stated.committed
    contribution.received = stated.received
    contribution.state = state_of(totals, is_acknowledged=contribution.acknowledged_at is not None)
    if contribution.kind != ContributionKind.DIRECT_FUNDING:
        contribution.in_kind_state = in_kind_state_of(
            totals,
            is_valued=contribution.valuation_approved_by_id is not None,
            is_acknowledged=contribution.acknowledged_at is not None,
        )


async def _enter(
    act: Act,
    contribution: Contribution,
    type: TransactionType,
    stated: Money,
    value_on: date,
    description: str | None,
) -> None:
    problems = Problems()
    said = problems.text(description, "description", longest=LONG, required=False)
    problems.check()
    await _append(act, contribution, type, stated, value_on, said)
    follow(contribution, totals_of(contribution).plus(type, stated.amount))
    act.changed(contribution)


def _checked_entry(
    act: Act, contribution: Contribution, amount: Decimal, currency: str, value_on: date
) -> Money:
    if contribution.state in ENDED:
        raise Conflict(f"The contribution is {contribution.state}; nothing more is recorded on it.")
    problems = Problems()
    if currency != contribution.currency:
        message = f"this contribution is in {contribution.currency}; record another one for {currency[:12]}"
        problems.add("amount", "currency", code="OTHER_CURRENCY", message=message)
        problems.check()
    return _checked_amount(problems, amount, currency, value_on, act.now.date())


def _checked_amount(problems: Problems, amount: Decimal, currency: str, value_on: date, today: date) -> Money:
    problems.extend(money.problems_of(amount, currency, ("amount",)))
    if not period.EARLIEST <= value_on <= today + timedelta(days=1):
        message = f"give the day of the transaction, from {period.EARLIEST} to today ({today})"
        problems.add("valueOn", code="OUT_OF_RANGE", message=message)
    problems.check()
    return money.exact(amount, currency)


async def _append(
    act: Act,
    contribution: Contribution,
    type: TransactionType,
    stated: Money,
    value_on: date,
    description: str | None,
) -> None:
    rate, source = await _rate(act, stated.currency, value_on)
    reporting = None if rate is None else _converted(stated.amount, rate)
    await act.add(
        ContributionTransaction(
            contribution_id=contribution.id,
            type=type.value,
            amount=stated.amount,
            currency=stated.currency,
            value_on=value_on,
            rate=rate,
            rate_source=source,
            reporting_amount=reporting,
            reporting_currency=None if reporting is None else REPORTING_CURRENCY,
            description=description,
            recorded_at=act.now,
            recorded_by_id=act.person_id,
        )
    )


async def _rate(act: Act, currency: str, on: date) -> tuple[Decimal | None, str | None]:
    """The newest rate in effect on the day; later ones never change what was frozen."""
    if currency == REPORTING_CURRENCY:
        return Decimal(1), "same currency"
    found = await act.session.scalar(
        select(ExchangeRate)
        .where(ExchangeRate.currency == currency, ExchangeRate.effective_on <= on)
        .order_by(ExchangeRate.effective_on.desc(), ExchangeRate.id.desc())
        .limit(1)
    )
    return (None, None) if found is None else (found.units_per_usd, found.source)


def _converted(amount: Decimal, rate: Decimal) -> Decimal:
    cent = money.quantum(REPORTING_CURRENCY)
    return (amount / rate).quantize(cent, rounding=ROUND_HALF_EVEN)


async def _reverse_entry(act: Act, mistaken: ContributionTransaction, reason: str | None) -> None:
    reporting = mistaken.reporting_amount
    await act.add(
        ContributionTransaction(
            contribution_id=mistaken.contribution_id,
            type=mistaken.type,
            amount=-mistaken.amount,
            currency=mistaken.currency,
            value_on=mistaken.value_on,
            rate=mistaken.rate,
            rate_source=mistaken.rate_source,
            reporting_amount=None if reporting is None else -reporting,
            reporting_currency=mistaken.reporting_currency,
            description=reason,
            reverses_id=mistaken.id,
            recorded_at=act.now,
            recorded_by_id=act.person_id,
        )
    )


def _tell_provider(act: Act, topic: str, contribution: Contribution) -> None:
    if contribution.provider_id is not None:
        act.tell(topic, contribution, organisation=contribution.provider_id, reference=contribution.reference)
