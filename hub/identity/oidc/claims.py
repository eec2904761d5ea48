"""What providers and their tokens say of somebody, without the libraries that check it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

SKEW_SECONDS: Final = 60
"""By which a provider's clock may differ from the hub's."""
LONGEST_TOKEN: Final = 8_000
LONGEST_IDENTIFIER: Final = 255


@dataclass(frozen=True, slots=True)
class Account:
    """Who signed in, as the provider says. `email` is None unless the provider has verified it."""

    issuer: str
    subject: str
    sid: str | None
    email: str | None
    name: str | None
    id_token: str


class Untrusted(Exception):
    """The token is not to be believed. `reason` is for the log: it holds nothing of the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(Untrusted):
    """The token names a key that is not in the set: perhaps a newer one."""


def claimed_issuer(token: str) -> str | None:
    """The issuer that the token claims, before anything of it is believed; None where it is no token."""
    issuer = _claimed(token).get("iss")
    return issuer if isinstance(issuer, str) else None


def claimed_end(token: str) -> float | None:
    """When the token claims to end, in seconds since 1970; None where it does not say so."""
    end = _claimed(token).get("exp")
    return float(end) if isinstance(end, int | float) else None


def _claimed(token: str) -> dict[str, Any]:
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def expiry(claims: Mapping[str, Any]) -> datetime:
    """Until when the token could be used, were it used again."""
    try:
        return datetime.fromtimestamp(claims["exp"] + SKEW_SECONDS, UTC)
    except (OverflowError, ValueError, OSError):
        raise Untrusted("exp: beyond the calendar") from None


def is_identifier(value: object) -> bool:
    """Whether it is text that can be kept: short, and of printable characters only."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_IDENTIFIER and value.isprintable()
