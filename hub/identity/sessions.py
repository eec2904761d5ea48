"""Browsers' sessions: an opaque id in the cookie, its hash and everything else in the database."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Interval, LargeBinary, bindparam, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from hub.audit.models import AuditEvent
from hub.db.engine import Database
from hub.identity.actor import Actor, Means
from hub.identity.models import LoginSession
from hub.identity.oidc.claims import Account
from hub.identity.tokens import digest

PREFIX = "hubs_"
LONGEST = 200
LONGEST_BROWSER = 300
BEGIN, END = "session:begin", "session:end"
"""In the record of writes. No policy grants them: whoever proves who he is may."""

_USED = text("select hub.note_session_use(:hash, :idle)").bindparams(
    bindparam("hash", type_=LargeBinary), bindparam("idle", type_=Interval)
)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts without use, and at most."""

    idle: timedelta
    absolute: timedelta


async def authenticate(
    database: Database, secret: str, *, idle: timedelta, is_demonstration: bool, is_use: bool = True
) -> Actor | None:
    """For whom the session speaks now; None where it is unknown or has ended.

    `is_use`: it is used by this, which moves its end on. An open stream alone uses none.
    """
    if not secret.startswith(PREFIX) or len(secret) > LONGEST:
        return None
    row = await database.reads.row_of_nobody("select * from hub.authenticate_session($1)", digest(secret))
    if row is None:
        return None
    if is_use and row["is_noted"] is False:
        async with database.app.begin() as connection:
            await connection.execute(_USED, {"hash": digest(secret), "idle": idle})
    return Actor.of(row, is_demonstration=is_demonstration, session_id=row["session_id"], means=Means.SESSION)


async def begin(
    session: AsyncSession,
    actor: Actor,
    lifetime: Lifetime,
    *,
    now: datetime,
    browser: str | None,
    account: Account | None,
) -> str:
    """A new session of the actor; its secret goes into the cookie, and nowhere else."""
    secret = PREFIX + secrets.token_urlsafe(32)
    begun = LoginSession(
        person_id=actor.person_id,
        token_hash=digest(secret),
        browser=_shown(browser),
        last_seen_at=now,
        ends_at=now + min(lifetime.idle, lifetime.absolute),
        expires_at=now + lifetime.absolute,
    )
    if account is not None:
        begun.issuer, begun.subject, begun.sid = account.issuer, account.subject, account.sid
        begun.id_token = account.id_token
    session.add(begun)
    await session.flush()
    _record(session, actor, BEGIN, begun, now)
    return secret


def _shown(browser: str | None) -> str | None:
    """What a browser calls itself, as far as it can be kept and shown."""
    return "".join(filter(str.isprintable, browser or ""))[:LONGEST_BROWSER] or None


async def end(session: AsyncSession, actor: Actor, now: datetime) -> LoginSession | None:
    """End the session by which the actor asks; None where none is open.

    Gives it as it was, for signing out at its provider.
    """
    found = await session.scalar(
        select(LoginSession).where(LoginSession.id == actor.session_id, LoginSession.revoked_at.is_(None))
    )
    if found is None:
        return None
    session.expunge(found)
    await session.execute(
        update(LoginSession).where(LoginSession.id == found.id).values(revoked_at=now, id_token=None)
    )
    _record(session, actor, END, found, now)
    return found


def _record(session: AsyncSession, actor: Actor, action: str, subject: LoginSession, now: datetime) -> None:
    session.add(
        AuditEvent(
            at=now,
            action=action,
            person_id=actor.person_id,
            organisation_id=actor.organisation_id,
            subject_type=LoginSession.__name__,
            subject_id=subject.id,
            details={"issuer": subject.issuer},
        )
    )
