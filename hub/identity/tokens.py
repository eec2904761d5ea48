"""Bearer tokens: opaque to everybody, kept as a hash, ending by date or by revocation."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, bindparam, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from hub.db.engine import Database
from hub.identity.actor import Actor, Means, Role
from hub.identity.models import ApiToken, TokenAccess

PREFIX = "hub_"
LONGEST = 200
DEMONSTRATION_LIFE = timedelta(hours=12)

_USED = text("select hub.note_token_use(:hash)").bindparams(bindparam("hash", type_=LargeBinary))


def new_secret() -> str:
    """A token that nobody guesses: 256 bits, with a prefix by which leaked ones are found."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is kept of a token. Its 256 random bits need no salt."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


@dataclass(frozen=True, slots=True)
class Recognised:
    """For whom a token speaks, and whether that it was used in the last minute is written down already."""

    actor: Actor
    is_noted: bool


async def authenticate(database: Database, token: str, *, is_demonstration: bool) -> Recognised | None:
    """Whom the token speaks for now; None where it is unknown, expired or revoked.

    Invented people are nobody outside a demonstration.
    """
    if not token.startswith(PREFIX) or len(token) > LONGEST:
        return None
    row = await database.reads.row_of_nobody("select * from hub.authenticate($1)", digest(token))
    if row is None:
        return None
    means = Means.READER if row["is_read_only"] else Means.PROGRAM
    actor = Actor.of(row, is_demonstration=is_demonstration, means=means)
    return None if actor is None else Recognised(actor, row["is_noted"])


async def note_use(database: Database, hash: bytes) -> None:
    """Write down that the token of the hash is in use; nothing where the last minute of it is."""
    async with database.app.begin() as connection:
        await connection.execute(_USED, {"hash": hash})


async def issue(
    session: AsyncSession,
    *,
    person_id: uuid.UUID,
    label: str,
    expires_at: datetime,
    access: TokenAccess = TokenAccess.READ_AND_WRITE,
    roles: Iterable[str] | None = None,
) -> tuple[ApiToken, str]:
    """A new token for the person, and its secret, of which only the hash is stored.

    `roles`: those of the person's that count; None for all that he or she holds at each moment.
    """
    secret = new_secret()
    made = ApiToken(
        person_id=person_id,
        label=label,
        access=access.value,
        roles=None if roles is None else sorted(roles),
        token_hash=digest(secret),
        expires_at=expires_at,
    )
    session.add(made)
    await session.flush()
    return made, secret


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


async def issue_for_persona(
    database: Database,
    name: str,
    *,
    label: str,
    now: datetime,
    access: TokenAccess = TokenAccess.READ_AND_WRITE,
) -> str | None:
    """A token of the demonstration's persona; None where there is no such persona."""
    async with database.app.connect() as connection:
        actor = await persona(connection, name)
    if actor is None or actor.person_id is None:
        return None
    async with database.writing(actor) as session:
        _, secret = await issue(
            session,
            person_id=actor.person_id,
            label=label,
            expires_at=now + DEMONSTRATION_LIFE,
            access=access,
        )
    return secret
