"""Raw SELECT on the request's own connection gives the rows that the policy allows, and no others."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import Select, literal_column, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import policy
from hub.contributions.models import Contribution, ContributionTransaction
from hub.db.base import Base
from hub.db.engine import Database, identify
from hub.identity.actor import PUBLIC, Actor, Role
from tests.conftest import reading
from tests.policy.clones import IDENTITIES
from tests.policy.conftest import Actors

MODELS = sorted(policy.READS, key=lambda model: model.__name__)
OF_THE_PUBLIC = {
    *("Organisation", "WorkingGroup", "Membership", "CorePurpose", "GuidingPrinciple", "Currency"),
    *("ExchangeRate", "Initiative", "InitiativeParticipant", "InitiativeCorePurpose"),
    *("InitiativeGuidingPrinciple", "Contribution", "ContributionTransaction", "Allocation"),
    "ContributionRollup",
}
"""Written out again by hand: a table that becomes public by mistake fails here."""

Ids = set[uuid.UUID]


async def raw(connection: AsyncConnection, model: type[Base]) -> Ids:
    """The ids that a plain SELECT finds."""
    return set(await connection.scalars(text(f"select id from {model.__table__}")))


async def allowed(owner: AsyncConnection, model: type[Base], actor: Actor) -> Ids:
    """The ids among all rows for which the policy's predicate holds."""
    seen = policy.visible(model, actor)
    statement: Select[Any] = select(literal_column("id")).select_from(model.__table__)
    return set(await owner.scalars(statement if seen is None else statement.where(seen)))


@asynccontextmanager
async def identified(owner: AsyncConnection, actor: Actor) -> AsyncIterator[None]:
    """The owner's transaction with the actor's identity, which own_initiatives() reads."""
    await identify(owner, actor)
    yield
    await identify(owner, PUBLIC)


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_every_table_shows_exactly_what_the_policy_allows(
    name: str | None, database: Database, owner: AsyncConnection, actors: Actors
) -> None:
    actor = actors[name]
    async with reading(database, actor) as connection:
        found = {model.__name__: await raw(connection, model) for model in MODELS}
    async with database.reads.connection(actor) as requests:
        read = {
            model.__name__: {row["id"] for row in await requests.fetch(f"select * from {model.__table__}")}
            for model in MODELS
        }
    assert read == found, "the request's own connection sees what an act sees"
    async with identified(owner, actor):
        expected = {model.__name__: await allowed(owner, model, actor) for model in MODELS}
    assert found == expected


async def test_the_comparison_is_not_of_nothing_with_nothing(
    owner: AsyncConnection, database: Database, actors: Actors
) -> None:
    for model in MODELS:
        assert await raw(owner, model), model.__name__
        sizes = set()
        for actor in actors.values():
            async with reading(database, actor) as connection:
                sizes.add(len(await raw(connection, model)))
        if model.__name__ not in OF_THE_PUBLIC:
            assert min(sizes) == 0, f"{model.__name__}: somebody sees nothing of it"
        assert max(sizes) > 0, model.__name__


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.__name__))
async def test_without_identity_the_app_role_sees_no_row(model: type[Base], database: Database) -> None:
    async with database.app.connect() as connection:
        assert await raw(connection, model) == set()


async def test_an_identity_without_a_person_is_none(database: Database) -> None:
    everything = Actor(roles=frozenset(Role))
    async with database.app.connect() as connection, connection.begin():
        await identify(connection, everything)
        for model in MODELS:
            assert await raw(connection, model) == set(), model.__name__


async def test_the_public_role_sees_rows_of_the_public_tables_alone(
    database: Database, owner: AsyncConnection
) -> None:
    filled = set()
    async with database.public.connect() as connection:
        for model in MODELS:
            if await raw(connection, model):
                filled.add(model.__name__)
    assert filled == OF_THE_PUBLIC
    async with database.public.connect() as connection:
        assert set(await connection.scalars(select(Contribution.is_published).distinct())) == {True}
        hidden = select(ContributionTransaction.id).join(Contribution).where(~Contribution.is_published)
        assert (await connection.scalars(hidden)).all() == []
    assert (await owner.scalars(hidden)).first() is not None


async def test_an_identity_set_on_a_public_connection_opens_nothing(
    database: Database, actors: Actors
) -> None:
    async with database.public.connect() as connection:
        before = {model: await raw(connection, model) for model in MODELS}
    public = database.public.execution_options(isolation_level="READ COMMITTED")
    async with public.connect() as connection, connection.begin():
        await identify(connection, actors["admin"])
        assert {model: await raw(connection, model) for model in MODELS} == before


@pytest.mark.parametrize("table", ["alembic_version", "reference_counters"])
@pytest.mark.parametrize("engine", ["app", "public"])
async def test_tables_of_the_machinery_are_read_by_nobody(
    table: str, engine: str, database: Database
) -> None:
    async with getattr(database, engine).connect() as connection:
        with pytest.raises(DBAPIError, match="permission denied"):
            await connection.execute(text(f"select * from hub.{table}"))
