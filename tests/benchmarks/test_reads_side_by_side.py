"""The hub's answer against hand-written SQL for the same answer, in turns, in one run."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from tests.conftest import Client

DOCUMENT = """{ initiatives(first: 50) { nodes {
  reference title workingGroup { name } participants { role organisation { name } } } } }"""

BY_HAND = text("""
select json_build_object('initiatives', json_build_object('nodes', coalesce(json_agg(json_build_object(
  'reference', i.reference, 'title', i.title,
  'workingGroup', (select json_build_object('name', g.name) from hub.working_groups g
                   where g.id = i.working_group_id),
  'participants', (select coalesce(json_agg(json_build_object(
      'role', p.role,
      'organisation', (select json_build_object('name', o.name) from hub.organisations o
                       where o.id = p.organisation_id and o.is_listed)) order by p.id), '[]')
    from hub.initiative_participants p where p.initiative_id = i.id)
) order by i.starts_on desc, i.id desc), '[]')))
from (select * from hub.initiatives where is_published order by starts_on desc, id desc limit 50) i
""")

ROUNDS, CALLS = 15, 10


async def seconds(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        await work()
    return (time.perf_counter() - began) / CALLS


@pytest.mark.benchmark
async def test_a_list_with_its_parts(reading_app: Starlette, readers: Client) -> None:
    public = await readers(None)
    database = reading_app.state.database

    async def by_hand() -> object:
        async with database.public.connect() as connection:
            return await connection.scalar(BY_HAND)

    async def hub() -> object:
        return await public.data(DOCUMENT)

    answer = await by_hand()
    assert (json.loads(answer) if isinstance(answer, str) else answer) == await hub()
    ratios = []
    for _ in range(ROUNDS):
        hand, ours = await seconds(by_hand), await seconds(hub)
        ratios.append(ours / hand)
    low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
    found = f"median {middle:.1f}, from {low:.1f} to {high:.1f}"
    sys.stdout.write(f"\nthe hub's whole request / hand-written SQL: {found}\n")
