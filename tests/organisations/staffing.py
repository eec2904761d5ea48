"""People of organisations that tests make, at a browser or by a program."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import insert, select, text
from starlette.applications import Starlette

from hub.database import Place
from hub.identity import sessions, tokens
from hub.identity.actor import Actor, Role
from hub.identity.models import Person as PersonRow
from hub.identity.models import RoleGrant
from hub.organisations.models import Organisation
from schema.compiler.ids import global_id, parse
from tests import conftest
from tests.policy.clones import as_owner

LIFETIME = sessions.Lifetime(timedelta(hours=1), timedelta(hours=12))


def day(days: int = 0) -> str:
    """A day from today on, in ISO form."""
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


@dataclass(frozen=True)
class Somebody:
    """A person at a browser and, with a token of everything, a program of his or hers."""

    id: str
    grants: tuple[str, ...]
    browser: conftest.Person
    program: conftest.Person
    email: str

    async def roles(self) -> list[str] | None:
        """The roles that count now; None where the person is signed out."""
        viewer = (await self.browser.data("{ viewer { roles } }"))["viewer"]
        return None if viewer is None else list(viewer["roles"])


async def employ(
    app: Starlette,
    place: Place,
    http: httpx.AsyncClient,
    *roles: str,
    organisation: str = "Demo Alliance",
    is_confirmed: bool = True,
    is_demonstration: bool = True,
) -> Somebody:
    """Somebody new of the organisation, with the roles from today on, signed in."""
    email, today = f"{uuid.uuid4().hex[:12]}@example.org", text("current_date")
    async with as_owner(place) as owner:
        home = (
            await owner.scalars(select(Organisation.id).where(Organisation.short_name == organisation))
        ).one()
        values: dict[str, Any] = {"name": f"New {email}", "email": email, "organisation_id": home}
        confirmed = {"confirmed_at": text("now()")} if is_confirmed else {}
        made = insert(PersonRow).values(is_demonstration=is_demonstration, **values, **confirmed)
        id = (await owner.scalars(made.returning(PersonRow.id))).one()
        grants = []
        for role in roles:
            held = insert(RoleGrant).values(person_id=id, organisation_id=home, role=role, starts_on=today)
            grants.append((await owner.scalars(held.returning(RoleGrant.id))).one())
    actor = Actor(id, home, frozenset(map(Role, roles)), name=email)
    now = datetime.now(UTC)
    async with app.state.database.writing(actor) as session:
        secret = await sessions.begin(session, actor, LIFETIME, now=now, browser="a test", account=None)
        _, token = await tokens.issue(session, person_id=id, label="all", expires_at=now + timedelta(days=1))
    return Somebody(
        global_id("Person", id),
        tuple(global_id("RoleGrant", grant) for grant in grants),
        conftest.Person(http, None, secret),
        conftest.Person(http, token),
        email,
    )


async def persona_id(person: conftest.Person) -> str:
    """The id of the person who asks."""
    found: str = (await person.data("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    return found


async def grant_of(place: Place, persona: str) -> str:
    """The one role of a persona."""
    statement = select(RoleGrant.id).join(PersonRow, PersonRow.id == RoleGrant.person_id)
    async with as_owner(place) as owner:
        return global_id(
            "RoleGrant", (await owner.scalars(statement.where(PersonRow.persona == persona))).one()
        )


async def recorded(place: Place, id: str) -> list[tuple[str, dict[str, Any]]]:
    """What the record says about the subject: actions and details, in order."""
    parsed = parse(id)
    assert parsed is not None
    statement = text("select action, details from hub.audit_events where subject_id = :id order by id")
    async with as_owner(place) as owner:
        return [(row.action, row.details) for row in await owner.execute(statement, {"id": parsed[1]})]
