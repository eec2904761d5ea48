"""Every page of every list, in every order and under every filter, is found by an index at 100,000 rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.bench.load import load
from hub.database import Place
from hub.db import embedded, migrate
from hub.db.engine import Database
from hub.db.seed import run_as_owner
from hub.identity.actor import PUBLIC, Actor
from hub.identity.tokens import persona
from schema.api import PLANNER
from schema.compiler.ids import global_id
from tests.conftest import requests_own

LARGE = ("contributions", "contribution_transactions", "allocations", "proposals", "proposal_revisions")
"""Tables that no page may read from end to end."""

PERSONAS = (None, "partner", "co-manager-au", "staff", "reviewer", "stakeholder", "analyst")

ORDERS = {
    "contributions": ("RECORDED_ON", "YEAR", "REFERENCE"),
    "proposals": ("CREATED_AT", "TITLE", "REFERENCE"),
    "initiatives": ("STARTS_ON", "TITLE", "REFERENCE", "WORK_PLAN_YEAR"),
}

FILTERS = {
    "contributions": (
        "kind: [IN_KIND]",
        "state: [PLEDGED, RECEIVED]",
        'currency: ["NZD"]',
        "year: 2019",
        'provider: "$partner"',
        'search: "contribution 4711"',
    ),
    "proposals": ("state: [UNDER_REVIEW]", 'organisation: "$partner"', 'search: "proposal 4711"'),
    "initiatives": (
        "kind: [TRAINING]",
        "state: [PIPELINE]",
        "scope: [BILATERAL]",
        "workPlanYear: 2020",
        'workingGroup: "$group"',
        'organisation: "$partner"',
        'search: "initiative 471"',
    ),
}


@pytest.fixture(scope="module")
def large(server: Any, template: str) -> Place:
    """A database of scale 1: 100,000 contributions, 20,000 proposals."""
    name = "hub_large"
    maintenance = embedded.owner_url(server, "postgres")
    migrate.create_database(maintenance, name, template=template)
    migrate.alter_system(maintenance, embedded.SERVER_SETTINGS)
    place = Place(embedded.owner_url(server, name), embedded.login_url(server, name), is_embedded=True)
    migrate.migrate(place.owner, login=place.login)

    async def fill(connection: AsyncConnection) -> None:
        await load(connection, 1)

    run_as_owner(place.owner, fill)
    return place


async def actor_of(database: Database, name: str | None) -> Actor:
    if name is None:
        return PUBLIC
    async with database.app.connect() as connection:
        found = await persona(connection, name)
    assert found is not None
    return found


async def ids_of(place: Place) -> dict[str, str]:
    engine = create_async_engine(place.owner, poolclass=NullPool)
    async with engine.connect() as connection:
        partner = await connection.scalar(
            text("select id from hub.organisations where name like 'Bench%' limit 1")
        )
        group = await connection.scalar(text("select id from hub.working_groups limit 1"))
    await engine.dispose()
    return {"$partner": global_id("Partner", partner), "$group": global_id("WorkingGroup", group)}


def documents(ids: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each list in each order without a filter, and in its first order under each filter."""
    for name, orders in ORDERS.items():
        for order in orders:
            yield name, f"orderBy: {{ field: {order}, direction: DESC }}"
            yield name, f"orderBy: {{ field: {order} }}"
        for condition in FILTERS[name]:
            named = condition.replace("$partner", ids["$partner"]).replace("$group", ids["$group"])
            yield name, f"filter: {{ {named} }}"


async def explained(connection: asyncpg.Connection, actor: Actor, document: str) -> str:
    planned = PLANNER.plan(document, None, {}, actor)
    assert planned is not None
    plan, variables = planned
    rows = await connection.fetch(f"explain {plan.sql}", *plan.arguments(variables, actor))
    return "\n".join(row[0] for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("name", PERSONAS)
async def test_no_page_reads_a_large_table_from_end_to_end(name: str | None, large: Place) -> None:
    database = Database(large.login, pool_size=1)
    actor = await actor_of(database, name)
    ids = await ids_of(large)
    found = []
    async with requests_own(database, actor) as connection:
        for listed, arguments in documents(ids):
            document = f"{{ {listed}(first: 20, {arguments}) {{ nodes {{ id }} }} }}"
            plan = await explained(connection, actor, document)
            scanned = set(re.findall(r"Seq Scan on (\w+)", plan)) & set(LARGE)
            if scanned:
                found.append((listed, arguments, sorted(scanned)))
    await database.dispose()
    assert found == []
