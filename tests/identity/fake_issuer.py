"""An OpenID Connect provider that answers whatever a test wants it to, and signs what no honest one would."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import Key, RSAKey
from joserfc.jws import JWSRegistry
from joserfc.registry import HeaderParameter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.identity.conftest import free_address, served

KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "one"})
NEWER_KEY = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
SAME_KEY = RSAKey.import_key(KEY.as_pem(private=True))
"""The key, without the algorithm that it is for."""
WHOLE_REGISTRY = JWSRegistry(
    header_registry={"odd": HeaderParameter("An extension that the hub does not know", "str")},
    algorithms=["RS256", "RS512", "PS256"],
    strict_check_header=False,
)


class FakeIssuer:
    """Serves metadata, keys, tokens and userinfo; counts what it is asked for."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.keys: list[Key] = [KEY]
        self.odd_keys: list[Any] = []
        """What it lists before its keys, and nobody can use."""
        self.asked: list[str] = []
        self.metadata: dict[str, Any] = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "end_session_endpoint": f"{issuer}/end",
            "authorization_response_iss_parameter_supported": True,
        }
        self.token: Any = None
        """What the token endpoint answers: an object, or a Response."""
        self.userinfo: dict[str, Any] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        self.asked.append("metadata")
        return JSONResponse(self.metadata)

    async def _jwks(self, request: Request) -> Response:
        self.asked.append("keys")
        return JSONResponse({"keys": [*self.odd_keys, *(key.as_dict(private=False) for key in self.keys)]})

    async def _token(self, request: Request) -> Response:
        self.asked.append("token")
        return self.token if isinstance(self.token, Response) else JSONResponse(self.token)

    async def _userinfo(self, request: Request) -> Response:
        return Response(json.dumps(self.userinfo), media_type="application/json")

    # -- what it signs ---------------------------------------------------------------------------

    def sign(
        self,
        claims: dict[str, Any],
        *,
        typ: str | None = "JWT",
        alg: str = "RS256",
        key: Key | bytes | None = KEY,
        **header: Any,
    ) -> str:
        """A token with the claims; those that are None are left out."""
        kept = {name: value for name, value in claims.items() if value is not None}
        named = {"alg": alg, "typ": typ, "kid": "one", **header}
        head = {name: value for name, value in named.items() if value is not None}
        if key is None or isinstance(key, bytes):
            return _by_hand(head, kept, key)
        return jwt.encode(head, kept, key, registry=WHOLE_REGISTRY, default_type=None)

    def id_claims(self, nonce: str, subject: str, **more: Any) -> dict[str, Any]:
        """The claims of an id token in order, with changes."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": subject,
            "aud": "hub",
            "nonce": nonce,
            "iat": now,
            "exp": now + 300,
            "email": subject,
            "email_verified": True,
        } | more

    def access_claims(self, subject: str, audience: str, **more: Any) -> dict[str, Any]:
        """The claims of an access token in order, with changes."""
        now = int(time.time())
        return {
            "iss": self.issuer,
            "sub": subject,
            "aud": audience,
            "client_id": "dashboard",
            "jti": f"{now}",
            "iat": now,
            "exp": now + 300,
        } | more

    def answer(self, id_token: str) -> None:
        """Let the token endpoint answer with the id token."""
        self.token = {"access_token": "opaque", "token_type": "Bearer", "id_token": id_token}


PUBLIC_KEY_AS_SECRET = KEY.as_pem(private=False)
"""What an attacker has, and a library that lets the token choose the algorithm takes for a shared secret."""


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    """Signed with HMAC, or not at all: the library refuses a public key as a secret, and warns of none."""
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    signature = b"" if secret is None else hmac.digest(secret, signed.encode(), "sha256")
    return f"{signed}.{_encoded(signature)}"


def _encoded(part: bytes) -> str:
    return urlsafe_b64encode(part).rstrip(b"=").decode()


@asynccontextmanager
async def fake_issuer() -> AsyncIterator[FakeIssuer]:
    """The provider, listening."""
    issuer = FakeIssuer(free_address())
    async with served(issuer.app, issuer.issuer):
        yield issuer


async def begun(http: httpx.AsyncClient) -> dict[str, str]:
    """Begin to sign in at the hub; what it asks of the provider."""
    response = await http.get("/auth/login?next=/contributions")
    assert response.status_code == 303, response.text
    return {
        name: values[0] for name, values in parse_qs(urlsplit(response.headers["location"]).query).items()
    }
