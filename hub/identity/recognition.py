"""Whom a credential speaks for, remembered for a moment: dashboards ask many times a second."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import structlog

from hub.config import Settings
from hub.db.engine import Database
from hub.identity import accounts, sessions, tokens
from hub.identity.actor import Actor
from hub.identity.oidc.claims import SKEW_SECONDS, claimed_end
from hub.identity.oidc.providers import Providers

FRESH_SECONDS: Final = 0.5
"""Token, session or role, what is withdrawn ends within this time in every worker; promised is a second."""
MOST_REMEMBERED: Final = 10_000

log = structlog.get_logger("hub.identity")

Find = Callable[[str], Awaitable[Actor | None]]


@dataclass(frozen=True, slots=True)
class Credential:
    """What somebody shows: a bearer token, or the cookie of a browser's session."""

    kind: Literal["token", "cookie"]
    secret: str = field(repr=False)


class Recognition:
    """The actors of the credentials seen in the last half second, by their hashes.

    A token is no cookie and a cookie no token: each is looked for among its own kind only.
    """

    def __init__(self, database: Database, settings: Settings, providers: Providers) -> None:
        self._database, self._providers = database, providers
        self._idle, self._is_demonstration = settings.session_idle, settings.is_demonstration
        self._known: OrderedDict[tuple[str, bytes], tuple[float, Actor]] = OrderedDict()
        self._notes: dict[bytes, asyncio.Task[None]] = {}
        """What is being written down of the use of tokens, while the requests go on."""

    def known(self, token: str) -> Actor | None:
        """For whom a bearer token spoke a moment ago, if it did: without waiting."""
        found = self._known.get(("token", tokens.digest(token)))
        return found[1] if found is not None and time.monotonic() < found[0] else None

    async def by_token(self, token: str) -> Actor | None:
        """For whom a bearer token speaks: one of the hub's own, or an access token of a provider."""
        return await self._remembered("token", token, self._by_token)

    async def by_cookie(self, secret: str) -> Actor | None:
        """For whom a browser's session speaks."""
        return await self._remembered("cookie", secret, self._by_cookie)

    async def again(self, credential: Credential, *, is_fresh: bool = False) -> Actor | None:
        """For whom the credential of an open stream speaks. A stream does not use a session.

        `is_fresh`: what is remembered does not count.
        """
        if is_fresh:
            self._known.pop((credential.kind, tokens.digest(credential.secret)), None)
        find = self._by_token if credential.kind == "token" else self._by_unused_cookie
        return await self._remembered(credential.kind, credential.secret, find)

    async def seconds_left(self, credential: Credential) -> float | None:
        """In how many seconds the credential ends by itself, as things stand; None where nobody can say."""
        if credential.kind == "token" and not credential.secret.startswith(tokens.PREFIX):
            end = claimed_end(credential.secret)
            return None if end is None else end + SKEW_SECONDS - time.time()
        digest = tokens.digest(credential.secret)
        row = await self._database.reads.row_of_nobody("select hub.credential_seconds($1)", digest)
        return None if row is None else row[0]

    def forget_cookie(self, secret: str) -> None:
        """Ask again at the next request: for a session that was ended here."""
        self._known.pop(("cookie", tokens.digest(secret)), None)

    async def close(self) -> None:
        """Wait for what is being written down."""
        await asyncio.gather(*self._notes.values())

    async def _remembered(self, kind: str, credential: str, find: Find) -> Actor | None:
        """The actor; None, which is never remembered, where the credential is unknown, expired or revoked."""
        key, now = (kind, tokens.digest(credential)), time.monotonic()
        found = self._known.get(key)
        if found is not None and now < found[0]:
            return found[1]
        self._known.pop(key, None)
        actor = await find(credential)
        if actor is not None:
            self._known[key] = (now + FRESH_SECONDS, actor)
            if len(self._known) > MOST_REMEMBERED:
                self._known.popitem(last=False)
        return actor

    async def _by_token(self, token: str) -> Actor | None:
        if token.startswith(tokens.PREFIX):
            return await self._by_own_token(token)
        return await accounts.by_access_token(
            self._database, self._providers, token, is_demonstration=self._is_demonstration
        )

    async def _by_own_token(self, token: str) -> Actor | None:
        found = await tokens.authenticate(self._database, token, is_demonstration=self._is_demonstration)
        if found is None:
            return None
        key = tokens.digest(token)
        if not found.is_noted and key not in self._notes:
            self._notes[key] = asyncio.create_task(self._note_use(key))
        return found.actor

    async def _note_use(self, key: bytes) -> None:
        """No request waits for this, and none fails with it."""
        try:
            await tokens.note_use(self._database, key)
        except Exception:
            log.warning("the use of a token was not noted", exc_info=True)
        finally:
            del self._notes[key]

    async def _by_cookie(self, secret: str, *, is_use: bool = True) -> Actor | None:
        return await sessions.authenticate(
            self._database, secret, idle=self._idle, is_demonstration=self._is_demonstration, is_use=is_use
        )

    async def _by_unused_cookie(self, secret: str) -> Actor | None:
        return await self._by_cookie(secret, is_use=False)
