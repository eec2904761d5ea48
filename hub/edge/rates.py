"""How often somebody may ask: by person where somebody is signed in, else by address.

Counted in the worker's memory, or in Redis or Valkey for all workers together. The headers are those of the
IETF draft "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.errors import StorageError
from limits.storage import storage_from_string
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.edge.answers import refuse
from hub.edge.windows import Windows
from hub.errors import SetUpError

log = structlog.get_logger("hub.edge")

STORE_OPTIONS: Any = {"implementation": "redispy", "socket_connect_timeout": 0.3, "socket_timeout": 0.3}
AWAY_SECONDS = 5
"""For how long a store that did not answer is not asked again."""
OF_NO_ACCOUNT = ("/healthz", "/readyz", "/metrics")
"""Asked by machines that look after the hub; assets are not counted either."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How many requests, such as "600/minute": of an address, and of a person."""

    public: RateLimitItem
    signed_in: RateLimitItem

    @classmethod
    def of(cls, public: str, signed_in: str) -> Rates:
        """The rates as an operator writes them; SetUpError names the setting that cannot be read."""
        return cls(_rate("HUB_RATE_LIMIT_PUBLIC", public), _rate("HUB_RATE_LIMIT_SIGNED_IN", signed_in))


def _rate(name: str, text: str) -> RateLimitItem:
    try:
        return parse(text)
    except ValueError:
        raise SetUpError(f"{name} is {text!r}: write a number and a unit, such as 600/minute.") from None


def store_at(url: str) -> Storage:
    """The counters at the URL; SetUpError where there can be none."""
    redis = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url  # one protocol
    try:
        found = storage_from_string(f"async+{redis}", wrap_exceptions=True, **STORE_OPTIONS)
    except Exception as error:
        raise SetUpError(
            f"HUB_RATE_LIMIT_URL cannot be used ({error}). Write redis://host:6379 or valkey://host:6379."
        ) from None
    if not isinstance(found, Storage):
        raise SetUpError(f"HUB_RATE_LIMIT_URL {url!r} names no store that a server can wait for.")
    return found


class RateLimits:
    """Refuses with 429 whoever asks more often than the rates say. Comes after authentication."""

    def __init__(self, app: ASGIApp, *, rates: Rates, store: Storage | None = None) -> None:
        self.app, self.rates, self.store = app, rates, store
        self.own = Windows()
        self.away_until = 0.0
        self.policies = {
            rate: (b"ratelimit-policy", b'"requests";q=%d;w=%d' % (rate.amount, rate.get_expiry()))
            for rate in (rates.public, rates.signed_in)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_free(scope["path"]):
            await self.app(scope, receive, send)
            return
        person = scope["state"]["actor"].person_id
        rate = self.rates.signed_in if person else self.rates.public
        if self.store is None:
            count, seconds = self.own.count(rate, person.int if person else address_of(scope))
        else:
            count, seconds = await self._counted(self.store, rate, str(person or address_of(scope)))
        left = max(rate.amount - count, 0)
        told = (self.policies[rate], (b"ratelimit", b'"requests";r=%d;t=%d' % (left, seconds)))
        scope["state"]["headers"].extend(told)
        if count <= rate.amount:
            await self.app(scope, receive, send)
            return
        message = f"This is more than {rate.amount} requests in {rate.get_expiry()} s. Wait {seconds} s."
        await refuse(429, message, {"Retry-After": str(seconds)})(scope, receive, send)

    async def _counted(self, store: Storage, rate: RateLimitItem, who: str) -> tuple[int, int]:
        """How often it was, with this request, and in how many seconds the window ends."""
        if time.monotonic() < self.away_until:
            return self.own.count(rate, who)
        key = rate.key_for(who)
        try:
            count = await store.incr(key, rate.get_expiry())
            return count, max(int(await store.get_expiry(key) - time.time()) + 1, 1)
        except StorageError as error:  # every worker counts for itself until the store is back
            self.away_until = time.monotonic() + AWAY_SECONDS
            log.warning("the store of rate limits does not answer", reason=repr(error.storage_error))
            return self.own.count(rate, who)


UNKNOWN_TOKEN = 4403
"""By which the hub closes a WebSocket whose token is not good (before anybody was known), or no longer."""
FAILURES = parse("100/minute")
"""Unknown or ended tokens from one address, in which several officials may sit."""


class FailedSignIns:
    """Refuses an address that tries token after token, before the database is asked; before authentication.

    Only requests with a token are refused: the public at the same address is not.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.failures = app, Windows()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # A WebSocket may bring its token later, in a message.
        if scope["type"] != "websocket" and all(
            name != b"authorization" for name, _ in scope.get("headers", ())
        ):
            await self.app(scope, receive, send)
            return
        address = address_of(scope)
        if self.failures.count(FAILURES, address, 0)[0] < FAILURES.amount:
            try:
                await self.app(scope, receive, send)
            finally:
                if _is_refused(scope["state"]):
                    self.failures.count(FAILURES, address)
            return
        message = "Too many unknown tokens came from this address. Wait a minute, then use a token in force."
        await refuse(429, message, {"Retry-After": "60"})(scope, receive, send)


def _is_refused(state: Mapping[str, Any]) -> bool:
    is_unknown = state["status"] == UNKNOWN_TOKEN and state["actor"].is_public
    return bool(is_unknown or state["status"] == 401)


def address_of(scope: Scope) -> str:
    """The client's address, as the server or its trusted proxy says."""
    return scope["client"][0] if scope.get("client") else "unknown"


def _is_free(path: str) -> bool:
    return path in OF_NO_ACCOUNT or path.startswith("/assets/")
