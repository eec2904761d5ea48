"""Raw INSERT, UPDATE, DELETE and TRUNCATE on the request's own kind of connection: the database refuses
whatever the policy's tables of writes do not list, whichever bug sent it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Row, Select, Table, false, insert, select, text, true, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import policy
from hub.db.base import Base
from hub.db.engine import Database, identify
from hub.db.row_security import changeable
from hub.identity.actor import PUBLIC, Actor
from hub.identity.scopes import BoundSight
from tests.conftest import PERSONAS, reading
from tests.policy.conftest import Actors

MODELS = sorted(policy.READS, key=lambda model: model.__name__)
REFUSED = "42501"
SAMPLE = 4
"""Rows of each sort that are tried: of those that the policy lets in, and of those that it does not."""


def table(model: type[Base]) -> Table:
    """The model's table."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


@asynccontextmanager
async def acting_as(database: Database, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """A transaction that may write, as the actor; nothing of it is kept."""
    async with database.app.connect() as connection:
        transaction = await connection.begin()
        await identify(connection, actor)
        yield connection
        await transaction.rollback()


async def attempt(connection: AsyncConnection, statement: Any) -> str | None:
    """The SQLSTATE with which the statement failed; None where it did not. Undone either way."""
    savepoint = await connection.begin_nested()
    try:
        await connection.execute(text(statement) if isinstance(statement, str) else statement)
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", ""))
    finally:
        await savepoint.rollback()
    return None


async def among(
    owner: AsyncConnection, scopes: Any, model: type[Base], actor: Actor, *, seen: bool
) -> set[uuid.UUID]:
    """The ids of the rows that a table of scopes lets the actor reach, and see where that is asked."""
    if model not in scopes:
        return set()
    condition = policy.predicate(scopes, model, policy.audiences(actor), BoundSight(actor))
    statement: Select[Any] = select(table(model).c.id).where(true() if condition is None else condition)
    visible = policy.visible(model, actor)
    if seen and visible is not None:
        statement = statement.where(visible)
    return set(await owner.scalars(statement))


@pytest.mark.parametrize("name", PERSONAS)
async def test_nobody_deletes_or_empties_anything(name: str, database: Database, actors: Actors) -> None:
    async with acting_as(database, actors[name]) as connection:
        for model in MODELS:
            assert await attempt(connection, f"delete from {model.__table__}") == REFUSED, model
            assert await attempt(connection, f"truncate {model.__table__} cascade") == REFUSED, model


@pytest.mark.parametrize("name", PERSONAS)
async def test_an_update_reaches_the_rows_that_the_policy_lists(
    name: str, database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    await identify(owner, actors[name])
    async with acting_as(database, actors[name]) as connection:
        for model in MODELS:
            expected = await among(owner, policy.UPDATES, model, actors[name], seen=True)
            if model not in policy.UPDATES:
                column = next(c.name for c in table(model).c if c.name != "id")
                found = await attempt(connection, f"update {model.__table__} set {column} = {column}")
                assert found == REFUSED, model.__name__
                continue
            column = changeable(model).split(", ")[-1]
            within = OPEN.get(model.__name__, "true")
            statement = f"update {model.__table__} set {column} = {column} where {within} returning id"
            changed = await connection.scalars(text(statement))
            frozen = await _frozen(owner, model)
            assert set(changed) == expected - frozen, model.__name__


OPEN = {"ProposalRevision": "submitted_at is null"}
"""What was submitted never changes: a trigger refuses it to everybody, so it is not tried here."""


async def _frozen(owner: AsyncConnection, model: type[Base]) -> set[uuid.UUID]:
    condition = OPEN.get(model.__name__)
    if condition is None:
        return set()
    return set(await owner.scalars(text(f"select id from {model.__table__} where not ({condition})")))


@pytest.mark.parametrize("name", PERSONAS)
async def test_no_update_moves_a_row_to_another_subject(
    name: str, database: Database, actors: Actors
) -> None:
    async with acting_as(database, actors[name]) as connection:
        for model in policy.UPDATES:
            for column in policy.FIXED & set(table(model).c.keys()):
                found = await attempt(connection, f"update {model.__table__} set {column} = {column}")
                assert found == REFUSED, (model.__name__, column)


@pytest.mark.parametrize("name", PERSONAS)
async def test_a_copied_row_gets_in_only_where_the_policy_lists_it(
    name: str, database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    let_in = kept_out = 0
    async with acting_as(database, actors[name]) as connection:
        for model in MODELS:
            within = await among(owner, policy.INSERTS, model, actors[name], seen=False)
            for row in await _sample(owner, model, within):
                found = await attempt(connection, _copy(model, row))
                is_let_in = found != REFUSED
                assert is_let_in == (row.id in within), (model.__name__, row, found)
                let_in, kept_out = let_in + is_let_in, kept_out + (not is_let_in)
    assert let_in >= 3
    assert kept_out > len(MODELS)


async def _sample(owner: AsyncConnection, model: type[Base], within: set[uuid.UUID]) -> list[Row[Any]]:
    columns = [column for column in table(model).c if column.computed is None]
    inside = table(model).c.id.in_(within) if within else false()
    rows: list[Row[Any]] = []
    for condition in (inside, ~inside):
        rows += (await owner.execute(select(*columns).where(condition).limit(SAMPLE))).all()
    return rows


def _copy(model: type[Base], row: Row[Any]) -> Any:
    """The row under a new id. The policy is asked before any constraint is."""
    return insert(table(model)).values({**row._mapping, "id": uuid.uuid4()})


async def one(owner: AsyncConnection, statement: str) -> uuid.UUID:
    """The one id that the statement gives."""
    found: uuid.UUID = (await owner.scalars(text(statement))).one()
    return found


OTHERS = "select id from hub.organisations where short_name = 'Demo Foundation'"


async def test_a_partner_proposes_for_no_other_organisation(
    database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    partner, other = actors["partner"], await one(owner, OTHERS)
    values = {"reference": "PRO-1", "title": "Theirs", "created_by_id": partner.person_id}
    proposal = insert(table_named("proposals")).values(values)
    async with acting_as(database, partner) as connection:
        assert await attempt(connection, proposal.values(organisation_id=other)) == REFUSED
        assert await attempt(connection, proposal.values(organisation_id=partner.organisation_id)) is None


def table_named(name: str) -> Table:
    """The table of the name."""
    return Base.metadata.tables[f"hub.{name}"]


@pytest.mark.parametrize("name", PERSONAS)
async def test_nobody_grants_a_role(name: str, database: Database, actors: Actors) -> None:
    grants = table_named("role_grants")
    granted = insert(grants).values(
        person_id=actors[name].person_id, role="ADMIN", starts_on=text("current_date")
    )
    async with acting_as(database, actors[name]) as connection:
        assert await attempt(connection, granted) == REFUSED
        assert await attempt(connection, update(grants).values(role="ADMIN")) == REFUSED


@pytest.mark.parametrize("name", PERSONAS)
async def test_only_a_co_manager_votes_and_for_the_own_government(
    name: str, database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    actor = actors[name]
    statement = (
        "select id, organisation_id, revision_number from hub.proposals where state = 'SUBMITTED' limit 1"
    )
    proposal = (await owner.execute(text(statement))).one()
    seats = {
        code: await one(owner, f"select id from hub.organisations where iso_code = '{code}'")
        for code in ("AU", "ID")
    }
    accepted = set()
    async with acting_as(database, actor) as connection:
        for code, seat in seats.items():
            vote = insert(table_named("votes")).values(
                proposal_id=proposal.id,
                organisation_id=proposal.organisation_id,
                revision_number=proposal.revision_number,
                voting_round=1,
                seat_id=seat,
                person_id=actor.person_id,
                choice="ENDORSE",
                reasons="Good.",
            )
            if await attempt(connection, vote) is None:
                accepted.add(code)
    assert accepted == {"co-manager-au": {"AU"}, "co-manager-id": {"ID"}}.get(name, set())


async def test_a_provider_records_no_receipt(
    database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    accepted = {}
    for name in ("partner", "focal-point", "staff"):
        actor = actors[name]
        provider = actors["partner"].organisation_id
        contribution = await one(
            owner, f"select id from hub.contributions where provider_id = '{provider}' limit 1"
        )
        entry = insert(table_named("contribution_transactions")).values(
            contribution_id=contribution, amount=1, currency="USD", value_on=text("current_date")
        )
        async with acting_as(database, actor) as connection:
            accepted[name] = [
                kind
                for kind in ("PLEDGE", "COMMITMENT", "RECEIPT")
                if await attempt(connection, entry.values(type=kind, recorded_at=text("now()"))) is None
            ]
    assert accepted == {
        "partner": ["PLEDGE"],
        "focal-point": ["PLEDGE", "COMMITMENT"],
        "staff": ["PLEDGE", "COMMITMENT", "RECEIPT"],
    }


async def test_nobody_writes_the_record_in_somebody_elses_name(
    database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    partner, other = actors["partner"], await one(owner, OTHERS)
    event = insert(table_named("audit_events")).values(
        at=text("now()"), action="proposal:vote", subject_type="Proposal", subject_id=uuid.uuid4()
    )
    mine = {"person_id": partner.person_id, "organisation_id": partner.organisation_id}
    async with acting_as(database, partner) as connection:
        assert await attempt(connection, event.values(**mine)) is None
        assert await attempt(connection, event.values({**mine, "organisation_id": other})) == REFUSED
        theirs = {**mine, "person_id": actors["staff"].person_id}
        assert await attempt(connection, event.values(theirs)) == REFUSED


async def test_what_was_submitted_does_not_change_even_for_its_owner(
    database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    submitted = "update hub.proposal_revisions set summary = 'x' where submitted_at is not null"
    async with acting_as(database, actors["partner"]) as connection:
        assert await attempt(connection, submitted) == "23000"
    assert await attempt(owner, submitted) == "23000"


@pytest.mark.parametrize("name", PERSONAS)
async def test_a_connection_for_reading_writes_nothing(name: str, database: Database, actors: Actors) -> None:
    async with reading(database, actors[name]) as connection:
        assert await attempt(connection, "update hub.api_tokens set label = label") == "25006"
        reference = "select hub.next_reference('PRO', 2026, 4)"
        assert await attempt(connection, reference) == "25006"


async def test_the_public_writes_nothing(database: Database) -> None:
    async with reading(database, PUBLIC) as connection:
        for model in MODELS:
            for statement in ("delete from {}", "update {} set id = id", "insert into {} default values"):
                with pytest.raises(DBAPIError, match="permission denied"):
                    await connection.execute(text(statement.format(model.__table__)))


async def test_without_identity_the_app_role_writes_nothing(
    database: Database, owner: AsyncConnection
) -> None:
    async with database.app.connect() as connection:
        for model in policy.INSERTS:
            for row in await _sample(owner, model, set()):
                assert await attempt(connection, _copy(model, row)) == REFUSED, model.__name__
        for model in policy.UPDATES:
            column = changeable(model).split(", ")[-1]
            changed = await connection.execute(text(f"update {model.__table__} set {column} = {column}"))
            assert changed.rowcount == 0


async def test_an_organisation_changes_in_its_vetting_alone(database: Database, actors: Actors) -> None:
    changes = {
        "decides = true": REFUSED,
        "kind = 'OTHER'": REFUSED,
        "name = 'x'": REFUSED,
        "vetting_state = 'REJECTED', is_listed = false": None,
        "vetting_state = 'REJECTED', is_listed = true": "23514",
    }
    async with acting_as(database, actors["staff"]) as connection:
        for change, expected in changes.items():
            statement = f"update hub.organisations set {change} where short_name = 'Demo Alliance'"
            assert await attempt(connection, statement) == expected, change


async def test_only_an_organisation_that_applies_is_entered(database: Database, actors: Actors) -> None:
    applies = {"kind": "ACADEMIA", "name": "x", "short_name": "x", "vetting_state": "APPLIED"}
    outcomes = {
        REFUSED: ({"vetting_state": "VETTED"}, {"vetting_state": None}),
        "23514": ({"is_listed": True}, {"decides": True}, {"kind": "MEMBER_STATE", "iso_code": "XX"}),
        None: ({},),
    }
    for name in PERSONAS:
        async with acting_as(database, actors[name]) as connection:
            for expected, changes in outcomes.items():
                for change in changes:
                    entered = insert(table_named("organisations")).values(**applies | change)
                    found = await attempt(connection, entered)
                    assert found == (expected if name == "staff" else REFUSED), (name, change)
