"""Invented secondments at every step, with the contribution in kind that each of the later ones is."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle
from random import Random

from hub import money
from hub.contributions.workflow import (
    ContributionKind,
    Earmarking,
    TransactionType,
    ValuationMethod,
)
from hub.demonstration.initiatives import Line
from hub.demonstration.partners import ALLIANCE
from hub.demonstration.pledges import CURRENCY_OF, Entry, Gift, Valuation
from hub.demonstration.rates import Rates
from hub.demonstration.rows import ANCHOR, World, instant, stream, workday
from hub.identity.models import PractitionerGroup
from hub.secondments.models import Secondment
from hub.secondments.workflow import SecondeeKind, SecondmentState

_S = SecondmentState

PLACEMENTS: tuple[tuple[SecondmentState, str, int, int], ...] = (
    # state, home organisation, start in days from the demonstration's day, months
    (_S.EVALUATED, "AU", -1500, 6),
    (_S.EVALUATED, "ID", -1290, 5),
    (_S.EVALUATED, "PH", -1010, 4),
    (_S.EVALUATED, "Demo University", -800, 3),
    (_S.COMPLETED, "VN", -520, 6),
    (_S.COMPLETED, "NZ", -400, 4),
    (_S.COMPLETED, ALLIANCE, -260, 4),
    (_S.CURTAILED, "Demo Border Agency", -610, 6),
    (_S.DECLINED, "Demo Law Faculty", -450, 3),
    (_S.WITHDRAWN, "Demo Seafarers", -330, 6),
    (_S.WITHDRAWN, "Demo Border Agency", -140, 3),
    (_S.HANDOVER, "TH", -172, 6),
    (_S.EXTENDED, "LK", -190, 9),
    (_S.EXTENDED, "KR", -215, 12),
    (_S.DEPLOYED, "AU", -62, 6),
    (_S.DEPLOYED, "BD", -40, 3),
    (_S.DEPLOYED, "IOM", -75, 5),
    (_S.CLEARED, "JP", 16, 6),
    (_S.AGREED, "ID", 36, 4),
    (_S.AGREED, "Demo Border Institute", 50, 3),
    (_S.SELECTED, "PK", 58, 6),
    (_S.SCREENED, "MV", 74, 3),
    (_S.NOMINATED, ALLIANCE, 92, 3),
    (_S.NOMINATED, "PH", 96, 6),
    (_S.CALL_OPEN, "NZ", 120, 6),
    (_S.TOR_DRAFT, "AU", 150, 4),
)
CONTRIBUTING = {
    _S.SELECTED,
    *(_S.AGREED, _S.CLEARED, _S.DEPLOYED, _S.EXTENDED, _S.HANDOVER),
    *(_S.COMPLETED, _S.EVALUATED, _S.CURTAILED),
}
"""From selection on, a secondment is pledged as a contribution."""
_COMMITTED = CONTRIBUTING - {_S.SELECTED}

WORK = (
    ("Document examination specialist", "Travel documents and their forgery"),
    ("Victim protection adviser", "Referral and case management"),
    ("Data analyst", "Statistics on irregular migration"),
    ("Legal adviser", "Mutual legal assistance and model provisions"),
    ("Training designer", "Curricula and adult learning"),
    ("Maritime coordination adviser", "Search and rescue coordination"),
    ("Gender adviser", "Gender analysis of policies and budgets"),
    ("Border management adviser", "Coordinated border procedures"),
)
MONTHLY = Decimal(6_500)
"""The invented value of a month, in US dollars."""


@dataclass(slots=True)
class Placement:
    """A secondment, with its contribution where it has come so far."""

    state: SecondmentState
    organisation: str
    work: tuple[str, str]
    starts_on: date
    ends_on: date
    offered_on: date
    line: Line | None = None
    gift: Gift | None = None


def plan(rates: Rates, lines: Sequence[Line]) -> list[Placement]:
    """Every secondment, with the initiative that most of them work on."""
    chance, placements = stream("secondments"), []
    for (state, organisation, offset, months), work in zip(PLACEMENTS, cycle(WORK), strict=False):
        starts_on = workday(ANCHOR + timedelta(days=offset))
        ends_on = _later(starts_on, months) - timedelta(days=1)
        offered_on = _offered_on(starts_on, chance)
        placement = Placement(state, organisation, work, starts_on, ends_on, offered_on)
        under_way = _under_way(placement, lines)
        if under_way and chance.random() < 0.75:
            placement.line = chance.choice(under_way)
        if state in CONTRIBUTING:
            placement.gift = _gift(placement, months, rates)
        placements.append(placement)
    return placements


def gifts(placements: Sequence[Placement]) -> Iterator[Gift]:
    """The contributions that the secondments are."""
    return (placement.gift for placement in placements if placement.gift is not None)


def _offered_on(starts_on: date, chance: Random) -> date:
    """A quarter before the start, and before a contribution is pledged."""
    return workday(
        min(
            starts_on - timedelta(days=chance.randint(95, 130)),
            ANCHOR - timedelta(days=chance.randint(35, 80)),
        )
    )


def _under_way(placement: Placement, lines: Sequence[Line]) -> list[Line]:
    """Initiatives that the work plan has when the secondment is offered, and that go on after its start."""
    offered_at = instant(placement.offered_on)
    return [
        line
        for line in lines
        if line.row["created_at"] < offered_at and line.row["ends_on"] > placement.starts_on
    ]


def _later(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + year, month + 1)[1]
    return date(day.year + year, month + 1, min(day.day, last))


def _gift(placement: Placement, months: int, rates: Rates) -> Gift:
    """Pledged and committed whole before the start; then a receipt for each month served."""
    currency = CURRENCY_OF.get(placement.organisation, "USD")
    pledged_on = workday(min(placement.starts_on - timedelta(days=60), ANCHOR - timedelta(days=30)))
    a_month = rates.round_amount(MONTHLY, currency, pledged_on)
    whole = money.exact(a_month * months, currency).amount
    entries = [Entry(TransactionType.PLEDGE, whole, pledged_on, pledged_on)]
    if placement.state in _COMMITTED:
        committed_on = workday(pledged_on + timedelta(days=20))
        entries.append(Entry(TransactionType.COMMITMENT, whole, committed_on, committed_on))
    for day in _months_served(placement, months):
        entries.append(Entry(TransactionType.RECEIPT, a_month, day, day, says="A month served"))
    is_thanked = placement.state is _S.EVALUATED
    return Gift(
        kind=ContributionKind.SECONDMENT,
        provider=placement.organisation,
        currency=currency,
        year=placement.starts_on.year,
        entries=entries,
        earmarking=Earmarking.TIGHTLY_EARMARKED,
        title=f"Secondment: {placement.work[0]}",
        description=f"{months} months at the RSO, valued by the month.",
        acknowledged_on=workday(placement.ends_on + timedelta(days=14)) if is_thanked else None,
        valuation=Valuation.APPROVED if placement.state in _COMMITTED else Valuation.NONE,
        method=ValuationMethod.STANDARD_RATE,
        target=placement.line,
        is_published=placement.state is not _S.SELECTED,
    )


def _months_served(placement: Placement, months: int) -> Iterator[date]:
    """The last day of each month served up to the demonstration's day; a curtailed stay ends after two."""
    most = 2 if placement.state is _S.CURTAILED else months
    for number in range(1, most + 1):
        day = _later(placement.starts_on, number) - timedelta(days=1)
        if day < ANCHOR:
            yield workday(day)


def add(world: World, placements: Sequence[Placement]) -> None:
    """Add the secondments in the order of their days, their contributions having been written."""
    groups = cycle(PractitionerGroup)
    for placement in sorted(placements, key=lambda placement: placement.offered_on):
        at = instant(placement.offered_on, 90)
        is_national = placement.organisation.startswith("Demo") or placement.organisation == "IOM"
        world.rows.add(
            Secondment,
            at,
            reference=world.references.next("SEC", at.year),
            state=placement.state.value,
            title=placement.work[0],
            expertise=placement.work[1],
            secondee_kind=(
                SecondeeKind.NON_GOVERNMENT_NATIONAL if is_national else SecondeeKind.GOVERNMENT_OFFICIAL
            ).value,
            practitioner_group=next(groups).value,
            organisation_id=world.organisation(placement.organisation),
            initiative_id=placement.line.row["id"] if placement.line else None,
            contribution_id=placement.gift.id if placement.gift else None,
            starts_on=placement.starts_on,
            ends_on=placement.ends_on,
        )
