"""The database shows each identity what the hand-written oracle says, and the scopes' two faces agree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import policy
from hub.db.base import Base
from hub.db.engine import Database
from hub.db.models import metadata
from hub.identity.actor import Actor
from hub.identity.scopes import BoundSight, RowScope
from hub.policy import Action
from tests.conftest import reading
from tests.policy.clones import IDENTITIES
from tests.policy.conftest import Actors
from tests.policy.oracle import ORACLE, Rows, load


@pytest.fixture
async def rows(owner: AsyncConnection) -> Rows:
    """Every row of every table."""
    return await load(owner, metadata)


def test_the_oracle_knows_every_table() -> None:
    assert set(ORACLE) == {model.__table__.name for model in policy.READS}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_the_database_agrees_with_the_oracle(
    name: str | None, rows: Rows, database: Database, actors: Actors
) -> None:
    who = rows.who(name, datetime.now(UTC).date())
    expected = {
        table: {row.id for row in rows.tables[table] if rows.sees(table, who, row)} for table in ORACLE
    }
    async with reading(database, actors[name]) as connection:
        found = {
            table: set(await connection.scalars(text(f"select id from hub.{table}"))) for table in ORACLE
        }
    for table in ORACLE:
        assert found[table] == expected[table], table


SUBJECTS: dict[str, str] = {
    "proposal": "Proposal",
    "initiative": "Initiative",
    "interest": "ExpressionOfInterest",
    "contribution": "Contribution",
    "secondment": "Secondment",
    "person": "Invitation",
    "invitation": "Invitation",
    "role": "RoleGrant",
    "session": "LoginSession",
    "token": "ApiToken",
    "partner": "Organisation",
    "vetting": "VettingApplication",
    "file": "StoredFile",
}
OTHER_SUBJECTS = {
    Action.PERSON_CONFIRM: "Person",
    Action.PERSON_REMOVE: "Person",
    Action.PROPOSAL_REVIEW: "ProposalReview",
    Action.PROPOSAL_DECLARE_CONFLICT: "ProposalReview",
    Action.PROPOSAL_RESPOND_TO_CONSULTATION: "Consultation",
}


def subject_of(action: Action) -> type[Base]:
    """The model to whose rows the action is done."""
    name = OTHER_SUBJECTS.get(action) or SUBJECTS[action.value.partition(":")[0]]
    return next(model for model in policy.READS if model.__name__ == name)


def row_scopes() -> list[tuple[str, type[Base], RowScope]]:
    """Every scope with two faces, with the table that it stands at."""
    found = {}
    for title, table in (("reads", policy.READS), ("inserts", policy.INSERTS), ("updates", policy.UPDATES)):
        for model, scopes in table.items():
            for audience, scope in scopes.items():
                if isinstance(scope, RowScope):
                    found[f"{title}-{model.__name__}-{audience}"] = (model, scope)
    for action, granted in policy.GRANTS.items():
        for audience, scope in granted.items():
            found[f"{action.value}-{audience}"] = (subject_of(action), scope)
    return [(title, model, scope) for title, (model, scope) in found.items()]


SCOPES = row_scopes()


def no_parent(model: type[Base]) -> ColumnElement[bool]:
    """A scope with two faces asks no parent."""
    raise AssertionError(model)


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_each_scope_says_the_same_in_python_and_in_sql(
    name: str | None, rows: Rows, owner: AsyncConnection, actors: Actors
) -> None:
    actor = actors[name]
    asked: dict[tuple[Any, ...], None] = {}
    for title, model, scope in SCOPES:
        said = {row.id for row in rows.tables[table_of(model)] if scope.holds(actor, row)}
        assert await chosen(owner, model, scope, actor) == said, title
        asked[model, scope, frozenset(said)] = None
    assert len({said for *_, said in asked}) > (1 if name is None else 3), "the scopes tell rows apart"


async def chosen(owner: AsyncConnection, model: type[Base], scope: RowScope, actor: Actor) -> set[Any]:
    """The ids of the rows in the scope, by its SQL."""
    where = scope.where(BoundSight(actor), model, no_parent)
    return set(await owner.scalars(select(model.id).where(where)))


def table_of(model: type[Base]) -> str:
    """The name of the model's table."""
    return str(model.__table__.name)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_grants_say_the_same_in_python_and_in_sql(
    name: str | None, rows: Rows, owner: AsyncConnection, actors: Actors
) -> None:
    actor = actors[name]
    for action in Action:
        model = subject_of(action)
        granted = policy.granted(actor, action, model, model)
        statement = select(model.id) if granted is None else select(model.id).where(granted)
        said = {row.id for row in rows.tables[table_of(model)] if policy.allows(actor, action, row)}
        assert set(await owner.scalars(statement)) == said, action
