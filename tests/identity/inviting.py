"""Invitations made by the owner of the tables, for tests of what becomes of them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, text

from hub.database import Place
from hub.identity.models import Invitation, Person
from hub.organisations.models import Organisation
from tests.policy.clones import as_owner


def address(name: str = "amina") -> str:
    """An e-mail address that nobody had before."""
    return f"{name}.{uuid.uuid4().hex[:8]}@example.org"


async def invited(
    place: Place,
    email: str,
    *,
    role: str = "PARTNER",
    organisation: str = "Demo Alliance",
    life: timedelta = timedelta(days=1),
    **more: Any,
) -> uuid.UUID:
    """A real invitation, by the demonstration's administrator; its id."""
    async with as_owner(place) as owner:
        home = await owner.scalar(select(Organisation.id).where(Organisation.short_name == organisation))
        by = await owner.scalar(select(Person.id).where(Person.persona == "admin"))
        values = {"invited_by_id": by, "expires_at": datetime.now(UTC) + life, **more}
        made = insert(Invitation).values(email=email, role=role, organisation_id=home, **values)
        return (await owner.execute(made.returning(Invitation.id))).scalar_one()


async def people_at(place: Place, email: str) -> list[dict[str, Any]]:
    """The persons of the address: organisation, roles, accounts."""
    statement = text(
        "select p.name, o.short_name as organisation,"
        " array(select g.role::text from hub.role_grants g where g.person_id = p.id order by 1) as roles,"
        " array(select b.issuer || ' ' || b.subject from hub.identity_bindings b"
        "       where b.person_id = p.id order by 1) as accounts"
        " from hub.persons p join hub.organisations o on o.id = p.organisation_id"
        " where lower(p.email) = lower(:email)"
    )
    async with as_owner(place) as owner:
        return [dict(row._mapping) for row in await owner.execute(statement, {"email": email})]
