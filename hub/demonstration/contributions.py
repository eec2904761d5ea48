"""Writes contributions: transactions, the sums and states that follow from them, and what goes where."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from hub.contributions.models import Allocation, Contribution, ContributionTransaction
from hub.contributions.workflow import (
    ContributionKind,
    Earmarking,
    Totals,
    TransactionType,
    in_kind_state_of,
    state_of,
)
from hub.demonstration.initiatives import Line
from hub.demonstration.partners import OFFICE
from hub.demonstration.pledges import Entry, Gift, Valuation
from hub.demonstration.rates import REPORTING, Rates
from hub.demonstration.rows import World, instant, stream
from hub.identity.actor import Role
from hub.initiatives.models import InitiativeState, ParticipationRole

FUNDED = (InitiativeState.IMPLEMENTATION, InitiativeState.FINALISATION, InitiativeState.CLOSED)
"""Initiatives of which states contributions are allocated to."""

LEAST = Decimal(2_000)
"""US dollars that an initiative must still need to be given a part."""


@dataclass(frozen=True, slots=True)
class _Ledger:
    world: World
    rates: Rates
    lines: Sequence[Line]
    chance: Random


def add(world: World, rates: Rates, lines: Sequence[Line], gifts: Iterable[Gift]) -> None:
    """Add the contributions in the order of their days, and make their providers take part."""
    ledger = _Ledger(world, rates, lines, stream("allocations"))
    for gift in sorted(gifts, key=lambda gift: gift.entries[0].recorded_on):
        _add(ledger, gift)


def _add(ledger: _Ledger, gift: Gift) -> None:
    world, totals = ledger.world, _totals(gift)
    targets = _targets(ledger, gift, totals.allocatable)
    if not gift.title:
        gift.title, gift.description = _words(gift, targets)
    at = instant(gift.entries[0].recorded_on)
    row = world.rows.add(
        Contribution,
        at,
        reference=world.references.next("CON", at.year),
        title=gift.title,
        description=gift.description,
        kind=gift.kind.value,
        earmarking=gift.earmarking.value,
        provider_id=world.organisation(gift.provider),
        receiver_id=world.organisation(gift.receiver) if gift.receiver else None,
        currency=gift.currency,
        year=gift.year,
        recorded_on=at.date(),
        pledged=totals.pledged,
        committed=totals.committed,
        received=totals.received,
        is_published=gift.is_published,
    )
    gift.id = row["id"]
    row |= _milestones(world, gift) | _states(gift, totals)
    _write_entries(ledger, gift)
    row["allocated"] = _allocate(ledger, gift, targets, totals.allocatable)
    row["updated_at"] = row["acknowledged_at"] or instant(gift.entries[-1].recorded_on)
    row["version"] = len(gift.entries) + bool(row["allocated"])


def _totals(gift: Gift) -> Totals:
    totals = Totals()
    for entry in gift.entries:
        totals = totals.plus(entry.type, entry.amount)
    return totals.stated_in(gift.currency)


def _states(gift: Gift, totals: Totals) -> dict[str, Any]:
    is_acknowledged = gift.acknowledged_on is not None
    state = state_of(totals, is_acknowledged=is_acknowledged, closure=gift.closure)
    if gift.kind is ContributionKind.DIRECT_FUNDING:
        return {"state": state.value}
    is_valued = gift.valuation is Valuation.APPROVED
    in_kind = in_kind_state_of(totals, is_valued=is_valued, is_acknowledged=is_acknowledged)
    return {"state": state.value, "in_kind_state": in_kind.value}


def _milestones(world: World, gift: Gift) -> dict[str, Any]:
    """The valuation, which a second person approves, and the acknowledgement."""
    found: dict[str, Any] = {
        "acknowledged_at": instant(gift.acknowledged_on) if gift.acknowledged_on else None
    }
    if gift.valuation is not Valuation.NONE and gift.method is not None:
        found |= {
            "valuation_method": gift.method.value,
            "valuation_evidence": "Invented evidence: quotations and a time sheet.",
            "valued_by_id": world.person(Role.STAFF, OFFICE),
        }
    if gift.valuation is Valuation.APPROVED:
        found["valuation_approved_by_id"] = world.person(Role.CO_MANAGER, "AU")
    return found


def _write_entries(ledger: _Ledger, gift: Gift) -> None:
    ids: list[uuid.UUID] = []
    for number, entry in enumerate(gift.entries):
        rate = ledger.rates.at(gift.currency, entry.value_on)
        at = instant(entry.recorded_on, number)
        row = ledger.world.rows.add(
            ContributionTransaction,
            at,
            contribution_id=gift.id,
            type=entry.type.value,
            amount=entry.amount,
            currency=gift.currency,
            value_on=entry.value_on,
            rate=rate,
            rate_source=ledger.rates.source(gift.currency),
            reporting_amount=ledger.rates.in_dollars(entry.amount, gift.currency, entry.value_on),
            reporting_currency=REPORTING,
            description=entry.says,
            reverses_id=None if entry.reverses is None else ids[entry.reverses],
            recorded_at=at,
            recorded_by_id=_recorder(ledger.world, gift, entry),
        )
        ids.append(row["id"])


def _recorder(world: World, gift: Gift, entry: Entry) -> uuid.UUID:
    """Providers pledge and commit; the RSO's staff record what arrives and what is reversed."""
    if entry.type is TransactionType.RECEIPT or entry.reverses is not None:
        return world.person(Role.STAFF, OFFICE)
    return world.person(Role.FOCAL_POINT, gift.provider)


def _targets(ledger: _Ledger, gift: Gift, whole: Decimal) -> list[Line]:
    """The initiatives that get a part: as many as the earmarking suggests, of the same work-plan year; of
    a secondment, the one that it works on."""
    if gift.kind is ContributionKind.SECONDMENT:
        return [gift.target] if gift.target and gift.target.room >= LEAST else []
    needy = [
        line
        for line in ledger.lines
        if line.year == gift.year and line.state in FUNDED and line.room >= LEAST
    ]
    match gift.earmarking:
        case Earmarking.TIGHTLY_EARMARKED:
            dollars = ledger.rates.in_dollars(whole, gift.currency, gift.entries[0].value_on)
            fitting = [line for line in needy if line.room >= dollars]
            return ledger.chance.sample(fitting or needy, k=min(1, len(needy)))
        case Earmarking.UNEARMARKED:
            wanted = gift.lines if ledger.chance.random() < 0.5 else 0
        case _:
            wanted = max(2, gift.lines)
    return ledger.chance.sample(needy, k=min(wanted, len(needy)))


def _allocate(ledger: _Ledger, gift: Gift, targets: Sequence[Line], whole: Decimal) -> Decimal:
    """Divide what is committed or received among the initiatives, no more than each still needs."""
    left = whole
    for number, line in enumerate(targets):
        shares = len(targets) - number
        part = left if shares == 1 else left / shares
        part = _fitting(ledger.rates, gift, line, part, is_rest=shares == 1)
        if part <= 0:
            continue
        left -= part
        _give(ledger, gift, line, part)
    return whole - left


def _fitting(rates: Rates, gift: Gift, line: Line, wanted: Decimal, *, is_rest: bool) -> Decimal:
    """What the initiative takes of the amount: a round one, unless all that is left fits."""
    day = gift.entries[0].value_on
    dollars = rates.in_dollars(wanted, gift.currency, day)
    if is_rest and dollars <= line.room:
        return wanted
    return rates.round_amount(min(dollars, line.room), gift.currency, day)


def _give(ledger: _Ledger, gift: Gift, line: Line, part: Decimal) -> None:
    at = _allocated_at(gift)
    ledger.world.rows.add(
        Allocation,
        at,
        contribution_id=gift.id,
        initiative_id=line.row["id"],
        amount=part,
        currency=gift.currency,
        is_published=gift.is_published,
        allocated_at=at,
        allocated_by_id=ledger.world.person(Role.STAFF, OFFICE),
    )
    line.room -= ledger.rates.in_dollars(part, gift.currency, gift.entries[0].value_on)
    is_money = gift.kind is ContributionKind.DIRECT_FUNDING
    line.parts.add((gift.provider, ParticipationRole.FUNDING if is_money else ParticipationRole.IMPLEMENTING))


def _allocated_at(gift: Gift) -> datetime:
    committed = (entry for entry in gift.entries if entry.type is not TransactionType.PLEDGE)
    return instant(next(committed).recorded_on, 240)


def _words(gift: Gift, targets: Sequence[Line]) -> tuple[str, str]:
    """A title and a description of funding, which say what the earmarking says."""
    promised = f"Invented funding for {gift.year}."
    if gift.earmarking is Earmarking.UNEARMARKED or not targets:
        return f"Support to the Annual Work Plan {gift.year}", f"{promised} The RSO decides on its use."
    first = targets[0]
    match gift.earmarking:
        case Earmarking.TIGHTLY_EARMARKED:
            return f"Funding of: {first.row['title']}", f"{promised} For {first.row['reference']} alone."
        case Earmarking.EARMARKED:
            return f"Funding of work on {first.topic.theme}", f"{promised} For the initiatives named."
        case _:
            return f"Support to work on {first.topic.theme}", f"{promised} For this field of work."
