"""Applications and files are found by an index, in every order and under every filter, at 20,000 rows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.database import Place
from hub.db.engine import Database
from hub.db.seed import run_as_owner
from hub.identity.actor import Actor
from schema.api import PLANNER
from schema.compiler.ids import global_id
from schema.vetting import VETTING_APPLICATIONS, VettingApplicationOrderField
from tests.conftest import Client, requests_own
from tests.organisations.applications import partner_id, under_vetting
from tests.policy.clones import actor_of, as_owner, clone

LARGE = ("vetting_applications", "vetting_documents", "vetting_decisions", "files")
ROWS = (
    """insert into hub.vetting_applications (reference, organisation_id, state, created_by_id, created_at,
        submitted_at, submitted_by_id, declaration, started_at, started_by_id)
    select 'VET-1999-' || n, o.id, 'RETURNED', p.id, now() - n * interval '1 hour', now(), p.id, 'x', now(),
        p.id
    from generate_series(1, 20000) n
    join (select id, row_number() over (order by id) k, count(*) over () total from hub.organisations) o
        on o.k = 1 + n % o.total
    cross join (select id from hub.persons limit 1) p""",
    """insert into hub.files (organisation_id, name, media_type, size, sha256, object_key, uploaded_by_id)
    select organisation_id, 'a.pdf', 'application/pdf', 1, '', reference, created_by_id
    from hub.vetting_applications where reference like 'VET-1999-%'""",
    "alter table hub.vetting_documents disable trigger keep_submitted",
    """insert into hub.vetting_documents (application_id, file_id, organisation_id)
    select a.id, f.id, a.organisation_id
    from hub.vetting_applications a join hub.files f on f.object_key = a.reference""",
    """insert into hub.vetting_decisions (organisation_id, application_id, outcome, reason, decided_at,
        decided_by_id)
    select organisation_id, id, 'RETURNED', 'x', now(), created_by_id
    from hub.vetting_applications where reference like 'VET-1999-%'""",
    *(f"analyze hub.{name}" for name in LARGE),
)
ORDERS = tuple(field.name for field in VettingApplicationOrderField)
FILTERS = {"state": "state: [SUBMITTED, RETURNED]", "organisation": 'organisation: "$partner"'}


async def fill(connection: AsyncConnection) -> None:
    """Add the rows, as the owner."""
    for statement in ROWS:
        await connection.execute(text(statement))


@pytest.fixture(scope="module")
def large(server: Any, template: str) -> Iterator[Place]:
    """The demonstration with 20,000 applications, each with a file and a decision."""
    with clone(server, template, "hub_vetting_large") as place:
        run_as_owner(place.owner, fill)
        yield place


def documents(partner: str) -> Iterator[str]:
    """The list in each order and under each filter, with all that leads on; a file by its id."""
    within = "nodes { reference documents { name } decisions { reason } }"
    for order in ORDERS:
        for direction in ("ASC", "DESC"):
            ordered = f"orderBy: {{ field: {order}, direction: {direction} }}"
            yield f"{{ vettingApplications({ordered}) {{ {within} }} }}"
    for condition in FILTERS.values():
        named = condition.replace("$partner", partner)
        yield f"{{ vettingApplications(filter: {{ {named} }}) {{ {within} }} }}"
    leading = "vettingApplications { reference } vettingDecisions { reason }"
    yield f'{{ organisation(id: "{partner}") {{ ... on Partner {{ {leading} }} }} }}'


def test_every_order_and_filter_is_explained() -> None:
    assert set(FILTERS) == set(VETTING_APPLICATIONS.conditions)
    assert set(ORDERS) == {"CREATED_AT", "REFERENCE"}


@pytest.mark.parametrize("name", ["focal-point", "staff", "co-manager-au", "co-chair"])
async def test_no_page_reads_a_table_from_end_to_end(name: str, large: Place) -> None:
    async with as_owner(large) as owner:
        actor = await actor_of(owner, name)
        key = await owner.scalar(text("select id from hub.organisations where short_name = 'Demo Alliance'"))
        file = await owner.scalar(text("select id from hub.files limit 1"))
    partner = global_id("Partner", key)
    asked = [*documents(partner), f'{{ node(id: "{global_id("File", file)}") {{ ... on File {{ name }} }} }}']
    database = Database(large.login, pool_size=1)
    found = [(document, await scanned(database, actor, document)) for document in asked]
    await database.dispose()
    assert [(document, tables) for document, tables in found if tables] == []


async def scanned(database: Database, actor: Actor, document: str) -> set[str]:
    """The large tables that the statement reads from end to end."""
    planned = PLANNER.plan(document, None, {}, actor)
    assert planned is not None
    plan, variables = planned
    async with requests_own(database, actor) as connection:
        rows = await connection.fetch(f"explain {plan.sql}", *plan.arguments(variables, actor))
    return set(re.findall(r"Seq Scan on (\w+)", "\n".join(row[0] for row in rows))) & set(LARGE)


async def test_every_filter_and_order_of_the_list_gives_what_it_says(people: Client, place: Place) -> None:
    id = await under_vetting(people, place)
    staff, partner = await people("staff"), await partner_id(people)
    listed = "query($f: VettingApplicationFilter, $o: VettingApplicationOrder) {"
    listed += " vettingApplications(filter: $f, orderBy: $o, first: 50) { nodes { id reference state } } }"

    async def found(filter: dict[str, Any], order: dict[str, Any]) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = (await staff.data(listed, f=filter, o=order))["vettingApplications"][
            "nodes"
        ]
        return nodes

    newest = {"field": "CREATED_AT", "direction": "DESC"}
    assert (await found({"organisation": partner}, newest))[0]["id"] == id
    states = {one["state"] for one in await found({"state": ["UNDER_VETTING"]}, newest)}
    assert states == {"UNDER_VETTING"}
    references = [one["reference"] for one in await found({}, {"field": "REFERENCE"})]
    assert references == sorted(references)
    assert len(references) >= 5
