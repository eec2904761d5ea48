"""What a person does with his or her own sessions and tokens."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select, text

from hub import policy
from hub.act import Act
from hub.errors import Conflict
from hub.identity import tokens
from hub.identity.models import ApiToken, LoginSession, TokenAccess
from hub.policy import Action
from hub.texts import Problems

LONGEST_LIFE: Final = timedelta(days=365)
LONGEST_LABEL: Final = 100
MOST_TOKENS: Final = 200
"""Of one person, in force at the same time."""
TOLD: Final = "secret"
"""Under what name the answer tells the new token."""

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended('tokens ' || :person, 0))")


async def revoke_session(act: Act, *, session_id: uuid.UUID) -> LoginSession:
    """End a session of one's own. Doing it again changes nothing."""
    session = await act.take(LoginSession, session_id, Action.SESSION_REVOKE, what="Session")
    if session.revoked_at is None:
        session.revoked_at, session.id_token = act.now, None
        act.record(Action.SESSION_REVOKE, session)
    return session


async def create_token(
    act: Act, *, label: str, expires_on: date, access: TokenAccess, roles: Collection[str] | None
) -> ApiToken:
    """A token by which a program speaks for the actor, until the end of the day (UTC), at most a year on.

    The answer tells its secret this once; a repetition by the idempotency key finds the token, and no secret.
    """
    policy.require(act.actor, Action.TOKEN_CREATE, ApiToken(person_id=act.person_id))
    problems = Problems()
    called = problems.line(label, "label", longest=LONGEST_LABEL)
    _check_last_day(problems, expires_on, act.now.date())
    if not set(roles or ()) <= act.actor.roles:
        problems.add("roles", code="NOT_HELD", message="choose among the roles that you hold now")
    problems.check()
    await act.session.execute(_LOCK, {"person": str(act.person_id)})
    in_force = (ApiToken.person_id == act.person_id, ApiToken.revoked_at.is_(None))
    count = select(func.count()).select_from(ApiToken).where(*in_force, ApiToken.expires_at > act.now)
    if (await act.session.scalar(count) or 0) >= MOST_TOKENS:
        raise Conflict(f"You have {MOST_TOKENS} tokens in force. Revoke one that is not needed.")
    made, act.told_once[TOLD] = await tokens.issue(
        act.session,
        person_id=act.person_id,
        label=called or "",
        expires_at=datetime.combine(expires_on + timedelta(days=1), time(), UTC),
        access=access,
        roles=roles,
    )
    act.record(Action.TOKEN_CREATE, made, label=made.label, access=made.access, roles=made.roles)
    return made


def _check_last_day(problems: Problems, expires_on: date, today: date) -> None:
    latest = today + LONGEST_LIFE
    if not today <= expires_on <= latest:
        message = f"choose a day from {today} to {latest}: a token lasts a year at most"
        problems.add("expiresOn", code="OUT_OF_RANGE", message=message)


async def revoke_token(act: Act, *, token_id: uuid.UUID) -> ApiToken:
    """End a token of one's own: no program is let in by it within a second. Again changes nothing."""
    token = await act.take(ApiToken, token_id, Action.TOKEN_REVOKE, what="Token")
    if token.revoked_at is None:
        token.revoked_at = act.now
        act.record(Action.TOKEN_REVOKE, token)
    return token
