"""Fills a hub that has its reference data with the demonstration, once."""

from __future__ import annotations

from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.seed import run_as_owner
from hub.demonstration import (
    contributions,
    initiatives,
    interest,
    partners,
    people,
    pledges,
    proposals,
    rates,
    secondments,
    vetting,
)
from hub.demonstration.rows import World, stream, survey
from hub.demonstration.topics import Agenda
from hub.identity.models import Person


def run_fill(owner: URL) -> dict[str, int]:
    """`fill` in a transaction of its own; SetUpError where the database refuses."""
    return run_as_owner(owner, fill)


async def fill(connection: AsyncConnection) -> dict[str, int]:
    """Insert the demonstration, as the owner; table -> rows. Nothing where its personas are there."""
    if await _is_filled(connection):
        return {}
    world = await survey(connection)
    invent(world)
    counts = await world.rows.insert(connection)
    await world.references.keep(connection)
    return counts


async def _is_filled(connection: AsyncConnection) -> bool:
    personas = [persona.persona for persona in people.PERSONAS]
    found = await connection.scalar(
        select(func.count()).select_from(Person).where(Person.persona.in_(personas))
    )
    return found == len(personas)


def invent(world: World) -> None:
    """Make every row of the demonstration up, in the order in which one needs the other."""
    partners.add(world)
    people.add(world)
    conversion = rates.add(world)
    agenda = Agenda(stream("agenda"))
    lines = initiatives.add(world, conversion, agenda)
    placements = secondments.plan(conversion, lines)
    gifts = (
        *pledges.funding(conversion),
        *pledges.in_kind(conversion),
        *pledges.of_the_alliance(conversion),
        *secondments.gifts(placements),
    )
    contributions.add(world, conversion, lines, gifts)
    secondments.add(world, placements)
    initiatives.add_participants(world, lines)
    interest.add(world, lines)
    proposals.add(world, conversion, agenda, lines)
    vetting.add(world)
