"""What the operator may do to people before there is anybody who could: invite the first of them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.identity.actor import Role
from hub.identity.models import Invitation, MailState
from hub.notifications.models import OutboxMessage
from hub.texts import Problems

LIFE: Final = timedelta(days=14)

_ORGANISATION: Final = text(
    "select id from hub.organisations"
    " where lower(:name) in (lower(short_name), lower(name), lower(iso_code)) limit 2"
)


async def invite_as_operator(
    connection: AsyncConnection, email: str, *, organisation: str, role: str, now: datetime
) -> datetime:
    """Invite to the role, as the owner of the tables; until when. InvalidInput where something is unknown.

    A mail tells the person. Takes the place of an open invitation of the same address to the same.
    """
    problems = Problems()
    address = problems.address(email, "email") or ""
    named = role.upper().replace("-", "_")
    if named not in set(Role):
        known = ", ".join(each.value.lower().replace("_", "-") for each in Role)
        message = f"there is no role {role!r}; the roles are {known}"
        problems.add("role", code="UNKNOWN", message=message)
    found = list(await connection.scalars(_ORGANISATION, {"name": organisation}))
    if len(found) != 1:
        message = f"{len(found) or 'no'} organisation is called {organisation!r}; hub seed loads those known"
        problems.add("organisation", code="UNKNOWN", message=message)
    problems.check()
    home: uuid.UUID = found[0]
    same = (func.lower(Invitation.email) == address.lower(), Invitation.organisation_id == home)
    is_open = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    earlier = update(Invitation).where(*same, Invitation.role == named, *is_open)
    await connection.execute(earlier.values(withdrawn_at=now))
    made = {"email": address, "organisation_id": home, "role": named, "expires_at": now + LIFE}
    mail = {"mail_state": MailState.QUEUED, "mail_state_at": now}
    inserted = insert(Invitation).values(made | mail).returning(Invitation.id)
    invitation = (await connection.execute(inserted)).scalar_one()
    told = {"topic": "PersonInvited", "subject_type": Invitation.__name__, "subject_id": invitation}
    to = {"recipient_organisation_id": home, "payload": {"email": address}, "next_attempt_at": now}
    await connection.execute(insert(OutboxMessage).values(told | to))
    return now + LIFE
