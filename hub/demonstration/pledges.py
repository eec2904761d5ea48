"""What invented contributions are made of: who gives what, when, for what, and how far it came."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import cycle, islice
from random import Random

from hub import money
from hub.contributions.workflow import Closure, ContributionKind, Earmarking, TransactionType, ValuationMethod
from hub.demonstration.initiatives import Line
from hub.demonstration.partners import ALLIANCE
from hub.demonstration.rates import Rates
from hub.demonstration.rows import ANCHOR, stream, workday

_T = TransactionType


class Valuation(StrEnum):
    """How far the valuation of goods or services is."""

    NONE = "NONE"
    MADE = "MADE"
    APPROVED = "APPROVED"


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a course: its part of the amount, or the reversal of an earlier step."""

    type: TransactionType
    share: Decimal = Decimal(1)
    reverses: int | None = None
    says: str | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How a contribution went: its transactions, and what ended them."""

    steps: tuple[Step, ...]
    is_acknowledged: bool = False
    closure: Closure | None = None
    valuation: Valuation = Valuation.NONE


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction as it will be written. A reversing entry has the value day of what it reverses."""

    type: TransactionType
    amount: Decimal
    value_on: date
    recorded_on: date
    reverses: int | None = None
    says: str | None = None


@dataclass(slots=True)
class Gift:
    """A contribution as it will be written."""

    kind: ContributionKind
    provider: str
    currency: str
    year: int
    entries: list[Entry]
    earmarking: Earmarking
    title: str = ""
    description: str = ""
    receiver: str | None = None
    acknowledged_on: date | None = None
    closure: Closure | None = None
    valuation: Valuation = Valuation.NONE
    method: ValuationMethod | None = None
    lines: int = 0
    """To how many initiatives parts of it go, at most."""
    target: Line | None = None
    """The initiative that a secondment works on."""
    is_published: bool = False
    id: uuid.UUID | None = None
    """None until it is written."""


_PLEDGE, _COMMITMENT = Step(_T.PLEDGE), Step(_T.COMMITMENT)
_RECEIPT = Step(_T.RECEIPT)
_PROMISED = (_PLEDGE, _COMMITMENT)
_MISTAKE = Step(_T.RECEIPT, Decimal("0.1"), says="Amount typed wrongly")
_MENDED = Step(_T.RECEIPT, reverses=2, says="Reverses an amount typed wrongly")


def _receipts(*shares: str) -> tuple[Step, ...]:
    return tuple(Step(_T.RECEIPT, Decimal(share)) for share in shares)


def _reversals(*steps: Step, says: str) -> tuple[Step, ...]:
    return tuple(Step(step.type, reverses=number, says=says) for number, step in enumerate(steps))


PLEDGED = Course((_PLEDGE,))
COMMITTED = Course(_PROMISED)
COMMITTED_OUTRIGHT = Course((_COMMITMENT,))
PARTLY = Course((*_PROMISED, *_receipts("0.4")))
PARTLY_TWICE = Course((*_PROMISED, *_receipts("0.25", "0.35")))
RECEIVED = Course((*_PROMISED, _RECEIPT))
RECEIVED_IN_PARTS = Course((*_PROMISED, *_receipts("0.5", "0.3", "0.2")))
RECEIVED_AS_COMMITTED = Course((_PLEDGE, Step(_T.COMMITMENT, Decimal("0.8")), *_receipts("0.8")))
RECEIVED_AFTER_MISTAKE = Course((*_PROMISED, _MISTAKE, _MENDED, _RECEIPT))
THANKED = Course((*_PROMISED, _RECEIPT), is_acknowledged=True)
THANKED_OUTRIGHT = Course((_COMMITMENT, *_receipts("0.6", "0.4")), is_acknowledged=True)
EXPIRED = Course((_PLEDGE,), closure=Closure.EXPIRED)
CANCELLED_PLEDGE = Course(
    (_PLEDGE, *_reversals(_PLEDGE, says="The provider's priorities changed")), closure=Closure.CANCELLED
)
CANCELLED_COMMITMENT = Course(
    (*_PROMISED, *_reversals(*_PROMISED, says="The initiative was cancelled")), closure=Closure.CANCELLED
)

_LONG_AGO = (
    *(THANKED, RECEIVED_IN_PARTS, THANKED, RECEIVED, THANKED_OUTRIGHT, EXPIRED, THANKED, CANCELLED_PLEDGE),
    *(RECEIVED_AFTER_MISTAKE, THANKED, RECEIVED_AS_COMMITTED, PARTLY, THANKED, CANCELLED_COMMITMENT),
)
_LAST_YEAR = (
    *(RECEIVED, THANKED, PARTLY, RECEIVED_IN_PARTS, COMMITTED, THANKED_OUTRIGHT, PARTLY_TWICE, RECEIVED),
    *(CANCELLED_PLEDGE, THANKED, RECEIVED_AFTER_MISTAKE, COMMITTED_OUTRIGHT, EXPIRED),
)
_THIS_YEAR = (
    *(PLEDGED, COMMITTED, PARTLY, RECEIVED, PLEDGED, COMMITTED_OUTRIGHT, PARTLY_TWICE, THANKED, PLEDGED),
    *(COMMITTED, CANCELLED_COMMITMENT, PARTLY, RECEIVED_AS_COMMITTED),
)
COURSES = {2022: _LONG_AGO, 2023: _LONG_AGO, 2024: _LONG_AGO, 2025: _LAST_YEAR, 2026: _THIS_YEAR}
FUNDING_OF_YEAR = {2022: 23, 2023: 26, 2024: 28, 2025: 31, 2026: 34}
IN_KIND_OF_YEAR = {2022: 9, 2023: 10, 2024: 11, 2025: 13, 2026: 13}

FUNDERS = (
    *("AU", "ID", "AU", "NZ", "US", "AU", "JP", "ID", "AU", "KR", "NZ", "Demo Foundation", "AU", "TH"),
    *("US", "ID", "AU", "SG", "JP", "Demo Airlines", "NZ", "AU", "MY", "ID"),
)
INVENTED = ("Demo Foundation", "Demo Airlines", "Demo Logistics", "Demo Identity Systems", "Demo Dialogue")
"""Only invented organisations are shown as having given less than they promised."""
GIVERS = (
    *("TH", "ID", "PH", "Demo Logistics", "VN", "MY", "IOM", "Demo University", "LK", "AU", "UNODC", "FJ"),
    *("Demo Identity Systems", "BD", "Demo Law Faculty", "UNHCR", "SG", "ILO", "Demo Dialogue"),
)
CURRENCY_OF = {"AU": "AUD", "ID": "IDR", "NZ": "NZD", "JP": "JPY", "KR": "KRW", "TH": "THB"}
_RECEIVERS = ("IOM", "Demo Survivor Network", "UNODC", "Demo Border Institute")

_THOUSANDS = (10, 15, 20, 25, 30, 40, 50, 60, 75, 80, 100, 120, 150, 200)
_EARMARKINGS = (
    *(Earmarking.UNEARMARKED, Earmarking.SOFTLY_EARMARKED, Earmarking.EARMARKED),
    *(Earmarking.TIGHTLY_EARMARKED, Earmarking.SOFTLY_EARMARKED, Earmarking.TIGHTLY_EARMARKED),
    *(Earmarking.EARMARKED, Earmarking.UNEARMARKED, Earmarking.TIGHTLY_EARMARKED),
)
_GOODS = (
    ("Venue and interpretation", "Meeting rooms, booths and interpreters.", ValuationMethod.MARKET_PRICE),
    ("Trainers for a course", "Two experienced trainers for a week.", ValuationMethod.STANDARD_RATE),
    ("Translation of guides", "Translation and layout of guides.", ValuationMethod.INVOICE),
    ("Document examination equipment", "Magnifiers, lamps and specimens.", ValuationMethod.INVOICE),
    ("Legal expertise", "Comments on model provisions.", ValuationMethod.STANDARD_RATE),
    ("Hosting of a learning platform", "A year of hosting and support.", ValuationMethod.PROVIDER_ESTIMATE),
    ("Local transport", "Coaches and drivers for participants.", ValuationMethod.MARKET_PRICE),
    ("Printing of training materials", "Printing and shipping.", ValuationMethod.INVOICE),
    ("Office space", "Desks and meeting rooms for visiting experts.", ValuationMethod.MARKET_PRICE),
    ("Research assistance", "Interviews, transcription and coding.", ValuationMethod.PROVIDER_ESTIMATE),
)
_IN_KIND_COURSES = (
    *(PLEDGED, COMMITTED, Course(_PROMISED, valuation=Valuation.MADE)),
    *(Course(_PROMISED, valuation=Valuation.APPROVED), RECEIVED),
)
"""What in-kind contributions of this year come to: offered, accepted, its value stated, valued, delivered."""


def funding(rates: Rates) -> Iterator[Gift]:
    """Direct funding of every year."""
    chance = stream("funding")
    funders, invented, earmarkings = cycle(FUNDERS), cycle(INVENTED), cycle(_EARMARKINGS)
    for year, count in FUNDING_OF_YEAR.items():
        for course in islice(cycle(COURSES[year]), count):
            funder = next(invented if _fell_short(course, year) else funders)
            dollars = Decimal(chance.choice(_THOUSANDS) * 1000)
            gift = _gift(ContributionKind.DIRECT_FUNDING, funder, year, course, dollars, rates, chance)
            gift.earmarking = next(earmarkings)
            gift.receiver = chance.choice(_RECEIVERS) if chance.random() < 0.12 else None
            yield gift


def in_kind(rates: Rates) -> Iterator[Gift]:
    """Goods and services of every year."""
    chance = stream("in kind")
    givers, invented, goods = cycle(GIVERS), cycle(INVENTED), cycle(_GOODS)
    for year, count in IN_KIND_OF_YEAR.items():
        courses = _IN_KIND_COURSES if year == ANCHOR.year else COURSES[year]
        for course in islice(cycle(courses), count):
            giver = next(invented if _fell_short(course, year) else givers)
            yield _goods(giver, year, course, next(goods), rates, chance)


def _fell_short(course: Course, year: int) -> bool:
    return course.closure is not None or (course is PARTLY and year < ANCHOR.year)


def of_the_alliance(rates: Rates) -> Iterator[Gift]:
    """What the persona's own organisation gives: something at each step that it can take next."""
    chance = stream("alliance")
    for year, course in ((2024, THANKED), (2026, PLEDGED), (2026, COMMITTED)):
        dollars = Decimal(chance.choice(_THOUSANDS[:6]) * 1000)
        yield _gift(ContributionKind.DIRECT_FUNDING, ALLIANCE, year, course, dollars, rates, chance)
    for good, (year, course) in zip(
        _GOODS, ((2025, RECEIVED), (2026, PLEDGED), (2026, _IN_KIND_COURSES[2])), strict=False
    ):
        yield _goods(ALLIANCE, year, course, good, rates, chance)


def _goods(
    provider: str,
    year: int,
    course: Course,
    good: tuple[str, str, ValuationMethod],
    rates: Rates,
    chance: Random,
) -> Gift:
    dollars = Decimal(chance.randint(3_000, 40_000)) + Decimal(chance.randint(0, 99)) / 100
    gift = _gift(ContributionKind.IN_KIND, provider, year, course, dollars, rates, chance)
    gift.title, gift.description, gift.method = good
    gift.earmarking = Earmarking.TIGHTLY_EARMARKED
    was_received = any(entry.type is _T.RECEIPT for entry in gift.entries)
    gift.valuation = Valuation.APPROVED if was_received else course.valuation
    return gift


def _gift(
    kind: ContributionKind,
    provider: str,
    year: int,
    course: Course,
    dollars: Decimal,
    rates: Rates,
    chance: Random,
) -> Gift:
    currency = CURRENCY_OF.get(provider, "USD")
    days = _days(year, course, chance)
    amount = money.exact(dollars * rates.at(currency, days[0]), currency).amount
    if kind is ContributionKind.DIRECT_FUNDING:
        amount = rates.round_amount(dollars, currency, days[0])
    return Gift(
        kind=kind,
        provider=provider,
        currency=currency,
        year=year,
        entries=_entries(course, amount, currency, days),
        earmarking=Earmarking.UNEARMARKED,
        acknowledged_on=days[-1] if course.is_acknowledged else None,
        closure=course.closure,
        lines=chance.choice((1, 2, 3)),
        is_published=course is not PLEDGED and chance.random() < 0.75,
    )


def _days(year: int, course: Course, chance: Random) -> list[date]:
    """A day for each step, and one more, none of them after the demonstration's own day."""
    gaps = [chance.randint(8, 45) for _ in course.steps]
    last = min(date(year, 12, 15), ANCHOR - timedelta(days=sum(gaps) + 3))
    began = date(year, 1, 8)
    day = began + timedelta(days=chance.randint(0, (last - began).days))
    days = [day]
    for gap in gaps:
        days.append(days[-1] + timedelta(days=gap))
    return [workday(day) for day in days]


def _entries(course: Course, amount: Decimal, currency: str, days: Sequence[date]) -> list[Entry]:
    """The course's transactions; the last of several receipts takes what rounding left. A cancellation
    reverses everything on one day."""
    entries: list[Entry] = []
    for step, day in zip(course.steps, days, strict=False):
        if step.reverses is not None:
            first, on = entries[step.reverses], days[-1] if course.closure else day
            entries.append(Entry(step.type, -first.amount, first.value_on, on, step.reverses, step.says))
            continue
        part = money.exact(amount * step.share, currency).amount
        entries.append(Entry(step.type, part, day, day, None, step.says))
    if course.closure is None and sum(s.share for s in course.steps if _counts(s)) == 1:
        _make_whole(entries)
    return entries


def _counts(step: Step) -> bool:
    return step.type is _T.RECEIPT and step.reverses is None and step.says is None


def _make_whole(entries: list[Entry]) -> None:
    """Let the receipts come to the commitment to the last digit."""
    committed = sum(e.amount for e in entries if e.type is _T.COMMITMENT)
    received = sum(e.amount for e in entries if e.type is _T.RECEIPT)
    last = entries[-1]
    entries[-1] = Entry(
        last.type, last.amount + committed - received, last.value_on, last.recorded_on, None, last.says
    )
