"""What a signed token must satisfy: fixed algorithms, and the claims that say for whom and until when."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry, Token

ALGORITHMS: Final = ("RS256", "PS256", "ES256")
"""All of them sign with a private key that the hub never has: neither `none` nor a shared secret passes."""
SKEW_SECONDS: Final = 60
"""By which a provider's clock may differ from the hub's."""
LONGEST_TOKEN: Final = 8_000
LONGEST_IDENTIFIER: Final = 255
ACCESS_TOKEN_TYPES: Final = ("at+jwt", "application/at+jwt")
LOGOUT_TOKEN_TYPES: Final = ("logout+jwt", "application/logout+jwt")
BACK_CHANNEL_EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"

_REGISTRY: Final = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)


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


def id_token(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access_token: str
) -> dict[str, Any]:
    """The claims of an id token that answers this sign-in."""
    read = _signed(token, keys)
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "values": [client_id]},
    }
    asked = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    claims = CodeIDToken(read.claims, read.header, options, asked)
    try:
        claims.validate(leeway=SKEW_SECONDS)
    except JoseError as error:
        raise _untrusted(error) from None
    _require_subject(claims)
    return dict(claims)


def access_token(token: str, keys: KeySet, *, issuer: str, audience: str) -> dict[str, Any]:
    """The claims of an access token for this hub (RFC 9068). An id token is none: its type tells."""
    read = _signed(token, keys, types=ACCESS_TOKEN_TYPES)
    _check(read.claims, issuer, audience, essential=("sub", "client_id", "jti"))
    _require_subject(read.claims)
    return read.claims


def logout_token(token: str, keys: KeySet, *, issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0)."""
    read = _signed(token, keys, types=LOGOUT_TOKEN_TYPES)
    claims = read.claims
    _check(claims, issuer, client_id, essential=("jti",))
    events = claims.get("events")
    if not isinstance(events, Mapping) or not isinstance(events.get(BACK_CHANNEL_EVENT), Mapping):
        raise Untrusted("events: no back-channel logout")
    if "nonce" in claims:
        raise Untrusted("nonce: a logout token has none")
    named = [claims[name] for name in ("sid", "sub") if name in claims]
    if not named or not all(is_identifier(name) for name in (*named, claims["jti"])):
        raise Untrusted("sid, sub, jti: not identifiers")
    return claims


def expiry(claims: Mapping[str, Any]) -> datetime:
    """Until when the token could be used, were it used again."""
    try:
        return datetime.fromtimestamp(claims["exp"] + SKEW_SECONDS, UTC)
    except (OverflowError, ValueError, OSError):
        raise Untrusted("exp: beyond the calendar") from None


def _signed(token: str, keys: KeySet, *, types: Collection[str] | None = None) -> Token:
    if len(token) > LONGEST_TOKEN:
        raise Untrusted("the token is too long")
    try:
        read = jwt.decode(token, keys, registry=_REGISTRY)
    except InvalidKeyIdError:
        raise UnknownKey("the key is unknown") from None
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise _untrusted(error) from None
    kind = read.header.get("typ")
    if types is not None and (not isinstance(kind, str) or kind.lower() not in types):
        raise Untrusted("typ: another kind of token")
    return read


def _check(claims: dict[str, Any], issuer: str, audience: str, *, essential: Collection[str]) -> None:
    registry = JWTClaimsRegistry(
        leeway=SKEW_SECONDS,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "values": [audience]},
        exp={"essential": True},
        iat={"essential": True},
    )
    registry.options |= {name: {"essential": True} for name in essential}
    try:
        registry.validate(claims)
    except JoseError as error:
        raise _untrusted(error) from None


def _require_subject(claims: Mapping[str, Any]) -> None:
    if not is_identifier(claims["sub"]):
        raise Untrusted("sub: not an identifier")


def is_identifier(value: object) -> bool:
    """Whether it is text that can be kept: short, and of printable characters only."""
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_IDENTIFIER and value.isprintable()


def _untrusted(error: Exception) -> Untrusted:
    """The error by its code, and for a claim by its name: the text may hold what the token says."""
    code = getattr(error, "error", type(error).__name__)
    claim = getattr(error, "claim", "")
    return Untrusted(f"{claim}: {code}" if claim else str(code))
