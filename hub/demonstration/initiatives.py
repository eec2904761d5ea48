"""Six years of an invented work plan: what is done, where it stands, and who takes part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import cycle
from random import Random
from typing import Any

from hub.demonstration.partners import ALLIANCE, FEDERATION, OFFICE
from hub.demonstration.rates import Rates
from hub.demonstration.rows import ANCHOR, World, instant, stream, workday
from hub.demonstration.topics import REGIONS, Agenda, Topic, summary_of, title_of
from hub.initiatives.models import (
    GenderMarker,
    Initiative,
    InitiativeCorePurpose,
    InitiativeGuidingPrinciple,
    InitiativeKind,
    InitiativeParticipant,
    InitiativeState,
    ParticipationRole,
    Scope,
)

_K, _S = InitiativeKind, InitiativeState

PLAN: dict[int, dict[InitiativeState, int]] = {
    2022: {_S.CLOSED: 15, _S.CANCELLED: 1},
    2023: {_S.CLOSED: 18, _S.CANCELLED: 1, _S.SUSPENDED: 1},
    2024: {_S.CLOSED: 18, _S.CANCELLED: 1, _S.FINALISATION: 2, _S.SUSPENDED: 1},
    2025: {_S.CLOSED: 13, _S.FINALISATION: 5, _S.IMPLEMENTATION: 4, _S.SUSPENDED: 1, _S.CANCELLED: 1},
    2026: {_S.IMPLEMENTATION: 15, _S.CLOSED: 4, _S.FINALISATION: 3, _S.PIPELINE: 2, _S.SUSPENDED: 1},
    2027: {_S.PIPELINE: 14},
}
"""How many initiatives of each state a work-plan year has."""

PROPOSERS: dict[tuple[int, InitiativeState], tuple[str, ...]] = {
    (2023, _S.CLOSED): ("Demo Seafarers",),
    (2024, _S.CLOSED): ("VN",),
    (2025, _S.CLOSED): ("Demo Law Faculty",),
    (2025, _S.IMPLEMENTATION): ("PH",),
    (2026, _S.IMPLEMENTATION): (ALLIANCE, "Demo Survivor Network"),
    (2027, _S.PIPELINE): ("NZ", "Demo Border Institute", FEDERATION),
}
"""Whose proposals became the first initiatives of a year and state."""

_KINDS = (
    *(_K.TRAINING, _K.WORKSHOP, _K.POLICY_PAPER, _K.EVENT, _K.TRAINING, _K.GUIDE, _K.RESEARCH),
    *(_K.WORKSHOP, _K.ROUNDTABLE, _K.THEMATIC_BRIEF, _K.TRAINING, _K.TRAINING_MATERIAL, _K.WORKSHOP),
    *(_K.EVENT, _K.SECONDMENT_PROGRAMME, _K.GUIDE, _K.ROUNDTABLE, _K.RESEARCH, _K.TRAINING),
    *(_K.THEMATIC_BRIEF, _K.WORKSHOP, _K.POLICY_PAPER),
)

THOUSANDS: dict[InitiativeKind, tuple[int, int]] = {
    _K.TRAINING: (60, 300),
    _K.EVENT: (80, 350),
    _K.WORKSHOP: (40, 180),
    _K.ROUNDTABLE: (20, 80),
    _K.GUIDE: (40, 120),
    _K.POLICY_PAPER: (25, 80),
    _K.THEMATIC_BRIEF: (10, 35),
    _K.TRAINING_MATERIAL: (60, 180),
    _K.RESEARCH: (80, 320),
    _K.SECONDMENT_PROGRAMME: (150, 500),
}
"""Between what budgets of a kind lie, in thousands of US dollars."""

CURRENCIES = ("AUD", "USD", "AUD", "IDR", "AUD", "USD", "NZD", "AUD", "USD", "JPY", "AUD", "EUR")

_LEADS = (
    *(OFFICE, OFFICE, "AU", OFFICE, "ID", OFFICE, "IOM", OFFICE, "NZ", "UNODC", OFFICE, "TH", "PH"),
    *(OFFICE, "Demo University", "Demo Border Institute", OFFICE, "UNHCR", "VN", "Demo Law Faculty"),
)
_STATES = (
    "AU",
    "ID",
    "NZ",
    "TH",
    "PH",
    "VN",
    "MY",
    "SG",
    "BD",
    "LK",
    "PK",
    "MV",
    "FJ",
    "PG",
    "KH",
    "LA",
    "TL",
)
_PARTNERS = (
    *("IOM", "UNHCR", "UNODC", "ILO", "Demo Survivor Network", FEDERATION, "Demo Seafarers"),
    *("Demo Border Institute", "Demo Law Faculty", "Demo Airlines", "Demo Dialogue", ALLIANCE),
)
_SCOPES = (Scope.REGIONAL, Scope.MULTILATERAL, Scope.REGIONAL, Scope.BILATERAL, Scope.MULTILATERAL)

Part = tuple[str, ParticipationRole]


@dataclass(slots=True)
class Line:
    """An initiative with what the rest of the demonstration needs to know about it."""

    row: dict[str, Any]
    topic: Topic
    region: str
    room: Decimal
    """What of its budget nobody has funded yet, in US dollars."""
    parts: set[Part]
    proposer: str | None = None

    @property
    def year(self) -> int:
        """The work-plan year."""
        return int(self.row["work_plan_year"])

    @property
    def state(self) -> InitiativeState:
        """Where the initiative stands."""
        return InitiativeState(self.row["state"])


@dataclass(slots=True)
class _Slot:
    year: int
    state: InitiativeState
    kind: InitiativeKind
    proposer: str | None
    created_on: date
    starts_on: date
    ends_on: date


def add(world: World, rates: Rates, agenda: Agenda) -> list[Line]:
    """Add the initiatives of all years, in the order of their references."""
    chance = stream("initiatives")
    currencies, leads, scopes = cycle(CURRENCIES), cycle(_LEADS), cycle(_SCOPES)
    lines = []
    for slot in sorted(_slots(chance), key=lambda slot: slot.created_on):
        was_stopped = slot.state in (InitiativeState.CANCELLED, InitiativeState.SUSPENDED)
        lead = slot.proposer or (OFFICE if was_stopped else next(leads))
        line = _line(world, rates, slot, agenda.take(slot.kind), lead, next(currencies), next(scopes), chance)
        lines.append(line)
    return lines


def _slots(chance: Random) -> Iterator[_Slot]:
    kinds = cycle(_KINDS)
    for year, states in PLAN.items():
        for state, count in states.items():
            proposers = PROPOSERS.get((year, state), ())
            for number in range(count):
                proposer = proposers[number] if number < len(proposers) else None
                yield _slot(year, state, next(kinds), proposer, chance)


def _slot(
    year: int, state: InitiativeState, kind: InitiativeKind, proposer: str | None, chance: Random
) -> _Slot:
    created_on = date(year, 1, 4) + timedelta(days=chance.randint(0, 20))
    if created_on > ANCHOR:
        created_on = ANCHOR - timedelta(days=chance.randint(5, 60))
    starts_on, ends_on = _period(year, state, chance)
    return _Slot(year, state, kind, proposer, created_on, starts_on, ends_on)


def _period(year: int, state: InitiativeState, chance: Random) -> tuple[date, date]:
    """Days that fit the state: closed and finalised work has ended, work in the pipeline has not begun."""
    starts_on = date(year, 2, 1) + timedelta(days=chance.randint(0, 150))
    ends_on = starts_on + timedelta(days=chance.randint(20, 240))
    match state:
        case InitiativeState.CLOSED:
            ends_on = min(ends_on, ANCHOR - timedelta(days=chance.randint(30, 60)))
        case InitiativeState.FINALISATION:
            ends_on = ANCHOR - timedelta(days=chance.randint(5, 100))
        case InitiativeState.IMPLEMENTATION:
            ends_on = ANCHOR + timedelta(days=chance.randint(30, 300))
        case InitiativeState.PIPELINE if year == ANCHOR.year:
            starts_on = ANCHOR + timedelta(days=chance.randint(10, 40))
            ends_on = starts_on + timedelta(days=chance.randint(20, 240))
        case _:
            pass
    return workday(starts_on), workday(ends_on)


def _line(
    world: World,
    rates: Rates,
    slot: _Slot,
    topic: Topic,
    lead: str,
    currency: str,
    scope: Scope,
    chance: Random,
) -> Line:
    region = chance.choice(REGIONS)
    low, high = THOUSANDS[slot.kind]
    dollars = Decimal(chance.randint(low, high) * 1000)
    has_budget = slot.proposer is not None or chance.random() > 0.07
    budget = rates.round_amount(dollars, currency, slot.created_on) if has_budget else None
    at = instant(slot.created_on, chance.randint(0, 420))
    row = world.rows.add(
        Initiative,
        at,
        reference=world.references.next("RSO", at.year, digits=3),
        title=title_of(topic, slot.kind),
        summary=summary_of(topic, slot.kind, region),
        kind=slot.kind.value,
        state=slot.state.value,
        scope=scope.value,
        gender_marker=_gender(slot, topic, chance).value,
        work_plan_year=slot.year,
        starts_on=slot.starts_on,
        ends_on=slot.ends_on,
        budget_amount=budget,
        budget_currency=currency if has_budget else None,
        working_group_id=world.working_groups[topic.group] if topic.group else None,
        lead_organisation_id=world.organisation(lead),
        is_published=_is_published(slot, chance),
    )
    _serve(world, row, chance)
    room = rates.in_dollars(budget, currency, slot.created_on) if budget else Decimal(0)
    return Line(row, topic, region, room, _parts(lead, scope, slot, chance), slot.proposer)


def _gender(slot: _Slot, topic: Topic, chance: Random) -> GenderMarker:
    if slot.state is InitiativeState.PIPELINE or chance.random() < 0.1:
        return GenderMarker.NOT_SCREENED
    return topic.gender


def _is_published(slot: _Slot, chance: Random) -> bool:
    if slot.state is InitiativeState.PIPELINE:
        return slot.year == ANCHOR.year or (slot.proposer is None and chance.random() < 0.2)
    return chance.random() < 0.95


def _serve(world: World, row: dict[str, Any], chance: Random) -> None:
    at = row["created_at"]
    for number in sorted(chance.sample(sorted(world.core_purposes), k=chance.choice((1, 1, 2)))):
        purpose = world.core_purposes[number]
        world.rows.add(InitiativeCorePurpose, at, initiative_id=row["id"], core_purpose_id=purpose)
    for number in sorted(chance.sample(sorted(world.guiding_principles), k=chance.choice((1, 2, 2, 3)))):
        principle = world.guiding_principles[number]
        world.rows.add(
            InitiativeGuidingPrinciple, at, initiative_id=row["id"], guiding_principle_id=principle
        )


def _parts(lead: str, scope: Scope, slot: _Slot, chance: Random) -> set[Part]:
    """Who takes part, funding apart. What came from a proposal is led and carried out by its proposer."""
    implementing, accountable = ParticipationRole.IMPLEMENTING, ParticipationRole.ACCOUNTABLE
    if slot.proposer:
        return {(lead, implementing), (OFFICE, accountable)}
    parts = {(lead, accountable)}
    states = {Scope.BILATERAL: 2, Scope.MULTILATERAL: chance.randint(3, 4), Scope.REGIONAL: 0}[scope]
    parts |= {(state, implementing) for state in chance.sample(_STATES, k=states)}
    parts |= {(partner, implementing) for partner in chance.sample(_PARTNERS, k=chance.choice((1, 1, 2)))}
    if lead != OFFICE:
        parts.add((OFFICE, ParticipationRole.EXTENDING if chance.random() < 0.5 else implementing))
    return parts


def add_participants(world: World, lines: Iterable[Line]) -> None:
    """Add who takes part, now that contributions have shown who funds."""
    for line in lines:
        for organisation, role in sorted(line.parts):
            world.rows.add(
                InitiativeParticipant,
                line.row["created_at"],
                initiative_id=line.row["id"],
                organisation_id=world.organisation(organisation),
                role=role.value,
                is_published=line.row["is_published"],
            )
