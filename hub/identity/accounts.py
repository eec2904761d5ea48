"""Accounts at OpenID Connect providers: which person one is, and what its provider ends."""

from __future__ import annotations

from datetime import datetime

import structlog
from sqlalchemy import DateTime, bindparam, text

from hub.db.engine import Database
from hub.identity.actor import Actor
from hub.identity.oidc.claims import Account, Untrusted, claimed_issuer
from hub.identity.oidc.providers import Providers

log = structlog.get_logger("hub.identity")

LONGEST_NAME = 200

_PERSON = "select * from hub.authenticate_identity($1, $2)"
_ACCEPT = text("select hub.accept_invitations(:issuer, :subject, :email, :name)")
_END = text("select hub.end_sessions(:issuer, :sid, :subject, :jti, :expires_at)").bindparams(
    bindparam("expires_at", type_=DateTime(timezone=True))
)


async def actor_of(database: Database, issuer: str, subject: str, *, is_demonstration: bool) -> Actor | None:
    """The person to whom the account is bound, with the roles of today; None where to nobody."""
    row = await database.reads.row_of_nobody(_PERSON, issuer, subject)
    return Actor.of(row, is_demonstration=is_demonstration)


async def by_access_token(
    database: Database, providers: Providers, token: str, *, is_demonstration: bool
) -> Actor | None:
    """For whom a provider's access token speaks; None where it is not believed, or speaks for nobody."""
    provider = providers.find(claimed_issuer(token))
    if provider is None:
        return None
    try:
        claims = await provider.access_claims(token, providers.audience)
    except Untrusted as error:
        log.info("an access token was refused", issuer=provider.issuer, reason=error.reason)
        return None
    return await actor_of(database, provider.issuer, claims["sub"], is_demonstration=is_demonstration)


async def admit(database: Database, account: Account, *, is_demonstration: bool) -> Actor | None:
    """The person who signs in, after accepting what the verified e-mail address is invited to.

    None where the account is bound to nobody and nobody has invited its address: then no person is made.
    """
    if account.email is not None:
        name = (account.name or account.email.partition("@")[0])[:LONGEST_NAME]
        given = {"issuer": account.issuer, "subject": account.subject, "email": account.email, "name": name}
        async with database.app.begin() as connection:
            await connection.execute(_ACCEPT, given)
    return await actor_of(database, account.issuer, account.subject, is_demonstration=is_demonstration)


async def end_sessions(
    database: Database, *, issuer: str, sid: str | None, subject: str | None, jti: str, expires_at: datetime
) -> int | None:
    """End the sessions that a provider names; how many. None where it used the same token before."""
    given = {"issuer": issuer, "sid": sid, "subject": subject, "jti": jti, "expires_at": expires_at}
    async with database.app.begin() as connection:
        ended: int | None = await connection.scalar(_END, given)
    return ended
