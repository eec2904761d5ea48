"""Invented expressions of interest: every kind of interest, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random

from hub.demonstration.initiatives import Line
from hub.demonstration.partners import ALLIANCE
from hub.demonstration.rows import ANCHOR, World, instant, stream, workday
from hub.demonstration.topics import REGIONS, TOPICS
from hub.engagement.models import ExpressionOfInterest, Interest, InterestState
from hub.identity.actor import Role

COUNT = 32
_ORGANISATIONS = (
    *("PH", ALLIANCE, "NZ", "Demo Foundation", "VN", "JP", "Demo Airlines", "LK", "KR", "UNHCR"),
    *("Demo Identity Systems", "FJ", "TH", "Demo Seafarers", "SG", "BD", ALLIANCE, "Demo Law Faculty", "MY"),
)
_MESSAGES = {
    Interest.COLLABORATE: "We have worked on {subject} and would like to prepare this with the RSO.",
    Interest.FUND: "We could fund a part of work on {subject}, subject to our next budget.",
    Interest.SUPPORT_IN_KIND: "We could offer a venue, interpreters and two trainers for work on {subject}.",
    Interest.SECOND: "We could second an official with experience in {subject} for four months.",
}
_ANSWERS = {
    InterestState.EXPRESSED: None,
    InterestState.ACKNOWLEDGED: "Thank you. We discuss it at the next planning meeting and write to you.",
    InterestState.TAKEN_UP: "Thank you. We would be glad to go on; please start a proposal or a pledge.",
    InterestState.CLOSED: "Thank you. The work plan has no room for it this year; we keep it in mind.",
    InterestState.WITHDRAWN: None,
}
_NEW = "{subject} in {region}"


def add(world: World, lines: Sequence[Line]) -> None:
    """Add one of each interest and state, and some more, in the order of their days."""
    chance = stream("interest")
    interests, states = tuple(Interest), tuple(InterestState)
    drawn = []
    for number, organisation in enumerate(islice(cycle(_ORGANISATIONS), COUNT)):
        interest = interests[number // len(states) % len(interests)]
        state = states[number % len(states)]
        drawn.append((_day(state, chance), organisation, interest, state))
    for day, organisation, interest, state in sorted(drawn, key=lambda one: one[0]):
        _add(world, lines, day, organisation, interest, state, chance)


def _day(state: InterestState, chance: Random) -> date:
    is_open = state in (InterestState.EXPRESSED, InterestState.ACKNOWLEDGED)
    age = chance.randint(3, 60) if is_open else chance.randint(90, 900)
    return workday(ANCHOR - timedelta(days=age))


def _add(
    world: World,
    lines: Sequence[Line],
    day: date,
    organisation: str,
    interest: Interest,
    state: InterestState,
    chance: Random,
) -> None:
    """One expression of interest, in a published initiative of the time or in one that it names."""
    at = instant(day, chance.randint(0, 420))
    existing = [
        line
        for line in lines
        if line.row["is_published"] and line.row["created_at"] < at and line.row["ends_on"] > day
    ]
    line = chance.choice(existing) if existing and chance.random() < 0.6 else None
    topic = line.topic if line else chance.choice(TOPICS)
    title = _NEW.format(subject=topic.subject, region=chance.choice(REGIONS))
    row = world.rows.add(
        ExpressionOfInterest,
        at,
        reference=world.references.next("EOI", at.year),
        interest=interest.value,
        state=state.value,
        organisation_id=world.organisation(organisation),
        person_id=world.person(Role.PARTNER, organisation),
        initiative_id=line.row["id"] if line else None,
        new_initiative_title=None if line else title[0].upper() + title[1:],
        message=_MESSAGES[interest].format(subject=topic.subject),
        answer=_ANSWERS[state],
    )
    if state is not InterestState.EXPRESSED:
        row["updated_at"] = instant(min(day + timedelta(days=chance.randint(2, 30)), ANCHOR))
        row["version"] = 2
