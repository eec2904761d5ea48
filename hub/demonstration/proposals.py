"""Invented proposals in every state, each with the history that leads there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import cycle
from random import Random
from typing import Any

from hub.demonstration.initiatives import CURRENCIES, THOUSANDS, Line
from hub.demonstration.partners import ALLIANCE
from hub.demonstration.proposal_course import Content, Course
from hub.demonstration.rates import Rates
from hub.demonstration.rows import ANCHOR, World, instant, stream, workday
from hub.demonstration.topics import REGIONS, Agenda, Topic, objectives_of, summary_of, title_of
from hub.initiatives.models import InitiativeKind, Scope
from hub.proposals.workflow import Choice, Recommendation

Step = Callable[[Course], None]
Steps = tuple[Step, ...]


def _vote(seat: str, choice: Choice = Choice.ENDORSE) -> Step:
    return partial(Course.vote, seat=seat, choice=choice)


def _review(recommendation: Recommendation) -> Step:
    return partial(Course.review, recommendation=recommendation)


_YES_AU, _YES_ID = _vote("AU"), _vote("ID")
_BUT_AU, _BUT_ID = _vote("AU", Choice.ENDORSE_WITH_CONDITIONS), _vote("ID", Choice.ENDORSE_WITH_CONDITIONS)
_NO_AU, _NO_ID = _vote("AU", Choice.NOT_ENDORSE), _vote("ID", Choice.NOT_ENDORSE)
_LATER_AU, _LATER_ID = _vote("AU", Choice.DEFER), _vote("ID", Choice.DEFER)
_DOUBTS, _REFUSES = _review(Recommendation.REVISE), _review(Recommendation.NOT_ENDORSE)

_RESUBMIT: Steps = (Course.request_revision, Course.revise, Course.submit)
_REVISE: Steps = (*_RESUBMIT, Course.resume)

_SUBMITTED: Steps = (Course.submit,)
_SCREENING: Steps = (*_SUBMITTED, Course.screen)
_REVIEW: Steps = (*_SCREENING, Course.send_to_review)
_REVIEWED: Steps = (*_REVIEW, Course.review, Course.review)
_CONSULTATION: Steps = (*_REVIEWED, Course.send_to_consultation)
_VOTE: Steps = (*_CONSULTATION, Course.respond, Course.respond, Course.send_to_decision)
_VOTE_SOON: Steps = (*_SCREENING, Course.send_to_decision)
_VOTE_REVISED: Steps = (*_REVIEW, Course.review, _DOUBTS, *_REVISE, Course.send_to_decision)
_ENDORSED: Steps = (*_VOTE, _YES_AU, _YES_ID)
_CONDITIONAL: Steps = (*_VOTE_REVISED, _YES_AU, _BUT_ID)
_DEFERRED: Steps = (*_VOTE, _LATER_AU, _LATER_ID)
_SPLIT: Steps = (*_VOTE, _YES_AU, _NO_ID)
_REFUSED: Steps = (*_REVIEW, _REFUSES, _DOUBTS, Course.send_to_decision, _NO_ID, _NO_AU)
_INELIGIBLE: Steps = (*_SCREENING, Course.find_ineligible)
_LETTER: Steps = (Course.issue_letter,)
_ACCEPTED: Steps = (*_LETTER, Course.accept)
_IN_WORKPLAN: Steps = (*_ACCEPTED, Course.enter_workplan)


@dataclass(frozen=True, slots=True)
class Way:
    """The steps of some proposals, one each; how long ago the last one was, and by whom."""

    steps: Steps
    days: tuple[int, int]
    organisation: str | None = None
    is_invented: bool = False
    """Only invented organisations are shown as refused, or as giving up."""
    missing: tuple[str, ...] = ()
    """What the working revision does not say yet."""


_NOW, _LATELY, _ONCE = (1, 20), (5, 60), (30, 1100)
_BUDGET = ("budget_amount", "budget_currency")
_MOST = ("summary", "objectives", "kind", "scope", "working_group_id", "starts_on", "ends_on", *_BUDGET)


def _ways(days: tuple[int, int], *steps: Steps, is_invented: bool = False) -> tuple[Way, ...]:
    return tuple(Way(one, days, is_invented=is_invented) for one in steps)


WAYS: tuple[Way, ...] = (
    # DRAFT
    Way((), _NOW, missing=_MOST),
    Way((), _NOW, missing=("objectives", "starts_on", "ends_on", *_BUDGET)),
    Way((), _LATELY, missing=_BUDGET),
    Way((), _LATELY, "Demo Youth Forum", missing=("objectives", "scope")),
    # SUBMITTED, SCREENING
    *_ways(_NOW, _SUBMITTED, _SUBMITTED, _SUBMITTED, _SCREENING, _SCREENING, (*_SCREENING, *_REVISE)),
    # UNDER_REVIEW
    *_ways(_NOW, _REVIEW, _REVIEW, (*_REVIEW, Course.step_back), (*_REVIEW, _DOUBTS)),
    *_ways(_NOW, (*_REVIEW, Course.review, _DOUBTS, *_REVISE)),
    # IN_CONSULTATION
    *_ways(_NOW, _CONSULTATION, _CONSULTATION, (*_CONSULTATION, Course.respond)),
    *_ways(_NOW, (*_SCREENING, Course.send_to_consultation)),
    # AWAITING_DECISION: no vote; one; one on an older revision; after guidance, and after a deferral
    *_ways(_NOW, _VOTE, (*_VOTE_SOON, _YES_AU), (*_VOTE, _BUT_ID), (*_VOTE, _YES_AU, *_REVISE)),
    *_ways(_NOW, (*_SPLIT, Course.give_guidance), (*_DEFERRED, Course.reopen, _YES_ID)),
    # AWAITING_GUIDANCE: asked for by a Co-Manager, and by a split vote
    *_ways(_NOW, (*_REVIEW, Course.ask_guidance), (*_VOTE, Course.ask_guidance)),
    *_ways(_NOW, _SPLIT, (*_VOTE_SOON, _LATER_ID, _YES_AU)),
    # REVISION_REQUESTED
    *_ways(_NOW, (*_SCREENING, Course.request_revision), (*_VOTE, _YES_AU, Course.request_revision)),
    *_ways(_NOW, (*_REVIEWED, *_RESUBMIT[:2]), (*_DEFERRED, Course.request_revision)),
    # RESUBMITTED
    *_ways(_NOW, (*_SCREENING, *_RESUBMIT), (*_REVIEWED, *_RESUBMIT), (*_VOTE, _YES_ID, *_RESUBMIT)),
    # ENDORSED, ENDORSED_WITH_CONDITIONS
    *_ways(_LATELY, _ENDORSED, (*_VOTE_SOON, _YES_ID, _YES_AU)),
    *_ways(_LATELY, (*_SPLIT, Course.give_guidance, _YES_AU, _YES_ID)),
    *_ways(_LATELY, _CONDITIONAL, (*_VOTE, _BUT_AU, _YES_ID), (*_VOTE, _BUT_AU, _BUT_ID)),
    # NOT_ENDORSED, DEFERRED
    *_ways(_ONCE, (*_VOTE, _NO_AU, _NO_ID), _REFUSED, is_invented=True),
    *_ways(_LATELY, _DEFERRED, _DEFERRED, (*_DEFERRED, Course.reopen, _LATER_ID, _LATER_AU)),
    # INELIGIBLE
    *_ways(_ONCE, _INELIGIBLE, _INELIGIBLE, is_invented=True),
    Way(_INELIGIBLE, _ONCE, "Demo Recruiters"),
    # WITHDRAWN
    *_ways(_ONCE, (*_SUBMITTED, Course.withdraw), (*_REVIEW, Course.withdraw), is_invented=True),
    *_ways(_ONCE, (*_SCREENING, Course.request_revision, Course.withdraw), is_invented=True),
    # LETTER_ISSUED, ACCEPTED
    *_ways(_LATELY, (*_ENDORSED, *_LETTER), (*_CONDITIONAL, *_LETTER)),
    *_ways(_LATELY, (*_ENDORSED, *_ACCEPTED), (*_CONDITIONAL, *_ACCEPTED)),
    # The personas' own organisation: something to do at each step
    Way((), _NOW, ALLIANCE),
    Way((), _NOW, ALLIANCE, missing=("objectives", "starts_on", "ends_on", *_BUDGET)),
    Way(_SUBMITTED, _NOW, ALLIANCE),
    Way((*_REVIEW, Course.review), _NOW, ALLIANCE),
    Way((*_REVIEWED, *_RESUBMIT[:2]), _NOW, ALLIANCE, missing=_BUDGET),
    Way(_VOTE, _NOW, ALLIANCE),
    Way((*_VOTE, _YES_AU), _NOW, ALLIANCE),
    Way((*_CONDITIONAL, *_LETTER), _NOW, ALLIANCE),
    Way(_REFUSED, _ONCE, ALLIANCE),
)

_PROPOSERS = (
    *("PH", "Demo Survivor Network", "NZ", "LK", "Demo Border Institute", "VN", "Demo Seafarers", "TH"),
    *("UNODC", "FJ", "Demo Law Faculty", "BD", "MY", "Demo Dialogue", "PK", "IOM", "KH", "Demo Foundation"),
    *("LA", "TL", "Demo Identity Systems", "MV"),
)
_INVENTED = ("Demo Seafarers", "Demo Airlines", "Demo Dialogue", "Demo Foundation", "Demo Identity Systems")
_KINDS = tuple(InitiativeKind)


@dataclass(frozen=True, slots=True)
class _Plan:
    organisation: str
    moments: Sequence[datetime]
    """When it began, and when each step happens."""
    way: Way
    line: Line | None = None


def add(world: World, rates: Rates, agenda: Agenda, lines: Iterable[Line]) -> None:
    """Add the proposals in the order in which they were begun."""
    chance = stream("proposals")
    plans = [*_of_ways(chance), *_of_lines(lines, chance)]
    kinds, currencies = cycle(_KINDS), cycle(CURRENCIES)
    for plan in sorted(plans, key=lambda plan: plan.moments[0]):
        if plan.line is not None:
            content = _content_of(plan.line)
        else:
            content = _content(world, rates, agenda, next(kinds), next(currencies), plan, chance)
        _walk(world, plan, content, chance)


def _of_ways(chance: Random) -> Iterator[_Plan]:
    proposers, invented = cycle(_PROPOSERS), cycle(_INVENTED)
    for way in WAYS:
        organisation = way.organisation or next(invented if way.is_invented else proposers)
        ended_on = ANCHOR - timedelta(days=chance.randint(*way.days))
        yield _Plan(organisation, _moments(len(way.steps), ended_on, chance), way)


def _of_lines(lines: Iterable[Line], chance: Random) -> Iterator[_Plan]:
    """The proposals that became initiatives: the last step is the moment at which the initiative began."""
    decided = cycle((_ENDORSED, _CONDITIONAL))
    for line in lines:
        if line.proposer is None:
            continue
        way = Way((*next(decided), *_IN_WORKPLAN), (0, 0))
        began_at = line.row["created_at"]
        moments = _moments(len(way.steps), began_at.date(), chance)
        yield _Plan(line.proposer, (*moments[:-1], began_at), way, line)


def _moments(steps: int, ended_on: date, chance: Random) -> list[datetime]:
    days = [ended_on]
    for _ in range(steps):
        days.append(days[-1] - timedelta(days=chance.randint(4, 18)))
    return [instant(day, chance.randint(0, 420)) for day in reversed(days)]


def _walk(world: World, plan: _Plan, content: Content, chance: Random) -> None:
    began_at, *moments = plan.moments
    course = Course(world, plan.organisation, content, began_at, chance)
    for step, moment in zip(plan.way.steps, moments, strict=True):
        course.at(moment)
        step(course)
    if course.working is not None:
        course.working |= dict.fromkeys(plan.way.missing)
    row = course.finish()
    row["initiative_id"] = plan.line.row["id"] if plan.line else None


def _content(
    world: World,
    rates: Rates,
    agenda: Agenda,
    kind: InitiativeKind,
    currency: str,
    plan: _Plan,
    chance: Random,
) -> Content:
    topic = agenda.take(kind)
    last = plan.moments[-1].date()
    starts_on = workday(last + timedelta(days=chance.randint(90, 240)))
    low, high = THOUSANDS[kind]
    columns: dict[str, Any] = {
        "summary": summary_of(topic, kind, chance.choice(REGIONS)),
        "kind": kind.value,
        "scope": chance.choice(tuple(Scope)).value,
        "working_group_id": world.working_groups[topic.group] if topic.group else None,
        "starts_on": starts_on,
        "ends_on": workday(starts_on + timedelta(days=chance.randint(30, 300))),
        "budget_amount": rates.round_amount(Decimal(chance.randint(low, high) * 1000), currency, last),
        "budget_currency": currency,
    }
    return Content(title_of(topic, kind), columns, _objectives(topic))


def _content_of(line: Line) -> Content:
    """The words of the initiative that the proposal became."""
    copied = (
        *("summary", "kind", "scope", "working_group_id", "starts_on", "ends_on"),
        *("budget_amount", "budget_currency"),
    )
    return Content(line.row["title"], {name: line.row[name] for name in copied}, _objectives(line.topic))


def _objectives(topic: Topic) -> tuple[str, str]:
    return objectives_of(topic, 1), objectives_of(topic, 2)
