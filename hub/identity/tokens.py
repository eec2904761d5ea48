"""Bearer tokens: opaque to everybody, kept as a hash, ending by date or by revocation."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from hub.db.engine import Database
from hub.identity.actor import Actor, Role
from hub.identity.models import ApiToken

PREFIX = "hub_"
LONGEST = 200
DEMONSTRATION_LIFE = timedelta(hours=12)


def new_secret() -> str:
    """A token that nobody guesses: 256 bits, with a prefix by which leaked ones are found."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. Its 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


async def authenticate(database: Database, token: str, *, is_demonstration: bool) -> Actor | None:
    """Whom the token speaks for now; None where it is unknown, expired or revoked.

    Invented people are nobody outside a demonstration.
    """
    if not token.startswith(PREFIX) or len(token) > LONGEST:
        return None
    row = await database.reads.row_of_nobody("select * from hub.authenticate($1)", digest(token))
    if row is None or (row["is_demonstration"] and not is_demonstration):
        return None
    return Actor(
        person_id=row["person_id"],
        organisation_id=row["organisation_id"],
        roles=frozenset(Role(role) for role in row["roles"]),
        name=row["name"],
    )


async def issue(
    session: AsyncSession, *, person_id: uuid.UUID, label: str, now: datetime, life: timedelta
) -> str:
    """A new token for the person; only its hash is stored."""
    secret = new_secret()
    session.add(ApiToken(person_id=person_id, label=label, token_hash=digest(secret), expires_at=now + life))
    await session.flush()
    return secret


async def revoke(session: AsyncSession, token: str, now: datetime) -> None:
    """End a token now."""
    await session.execute(
        update(ApiToken)
        .where(ApiToken.token_hash == digest(token), ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def persona(connection: AsyncConnection, name: str) -> Actor | None:
    """The invented person of the demonstration with this name, with his or her roles."""
    rows = await connection.execute(
        text("select * from hub.demonstration_personas() where persona = :name"), {"name": name}
    )
    row = rows.one_or_none()
    if row is None:
        return None
    return Actor(
        person_id=row.person_id,
        organisation_id=row.organisation_id,
        roles=frozenset(Role(role) for role in row.roles),
        name=row.name,
    )


async def personas(connection: AsyncConnection) -> list[dict[str, str]]:
    """The invented people, for the sign-in page and the command line: persona, name, organisation."""
    rows = await connection.execute(
        text("select persona, name, organisation from hub.demonstration_personas()")
    )
    return [dict(row._mapping) for row in rows]


async def issue_for_persona(database: Database, name: str, *, label: str, now: datetime) -> str | None:
    """A token of the demonstration's persona; None where there is no such persona."""
    async with database.app.connect() as connection:
        actor = await persona(connection, name)
    if actor is None or actor.person_id is None:
        return None
    async with database.writing(actor) as session:
        return await issue(session, person_id=actor.person_id, label=label, now=now, life=DEMONSTRATION_LIFE)
