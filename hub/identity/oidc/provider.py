"""One OpenID Connect provider: where it is, its keys, and what the hub asks of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet, import_key

from hub.config import OidcIssuer
from hub.errors import Unavailable
from hub.identity.oidc import checks
from hub.identity.oidc.attempt import Attempt
from hub.identity.oidc.claims import Account, UnknownKey, Untrusted, is_identifier
from hub.identity.oidc.remembered import Remembered

log = structlog.get_logger("hub.identity")

LARGEST_DOCUMENT: Final = 1_000_000
SCOPE: Final = "openid email profile"
KEY_TYPES: Final = ("RSA", "EC")
"""Of the algorithms that the hub takes; a shared secret is none of them."""
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")

TIMEOUT_SECONDS: Final = 5

T = TypeVar("T")


class Provider:
    """One provider, as the settings name it. Its metadata and its keys are fetched when first needed."""

    def __init__(self, settings: OidcIssuer, http: httpx2.AsyncClient, *, base_url: str) -> None:
        self.settings, self.issuer, self.name = settings, settings.issuer, settings.name
        self._http, self._base_url = http, base_url
        self.metadata = Remembered(self._fetch_metadata)
        self.keys = Remembered(self._fetch_keys)

    @property
    def client_id(self) -> str:
        """The hub's name at the provider; Unavailable where the settings give none."""
        if self.settings.client_id is None:
            raise Unavailable(f"Signing in at {self.name} is not set up: its client id is missing.")
        return self.settings.client_id

    # -- signing in ------------------------------------------------------------------------------

    async def authorization_url(self, attempt: Attempt, *, again: bool = False) -> str:
        """Where the browser goes to sign in; `again`: even where somebody is signed in there already."""
        metadata = await self.metadata.get()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=attempt.state,
                nonce=attempt.nonce,
                code_verifier=attempt.verifier,
                **({"prompt": "login"} if again else {}),
            )
        return str(url)

    async def require_sender(self, named: str | None) -> None:
        """Untrusted where the answer comes from another provider than the one asked (RFC 9207)."""
        metadata = await self.metadata.get()
        if named is None and not metadata.get("authorization_response_iss_parameter_supported"):
            return
        if named != self.issuer:
            raise Untrusted("iss: the answer is another provider's")

    async def account(self, code: str, attempt: Attempt) -> Account:
        """Who signed in, for the code; Untrusted where the answer does not hold."""
        metadata = await self.metadata.get()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=attempt.verifier
                )
                claims = await self._identified(token, attempt)
                return _account(claims, await self._profile(client, metadata, claims), token["id_token"])
        except OAuthError as error:
            raise Untrusted(f"token: {error.error}") from None
        except ValueError:
            raise Untrusted("token: the answer is no JSON object") from None
        except httpx2.HTTPError as error:
            raise self._silent(error) from error

    async def _identified(self, token: Mapping[str, Any], attempt: Attempt) -> dict[str, Any]:
        given, access = token.get("id_token"), token.get("access_token")
        if not isinstance(given, str) or not isinstance(access, str):
            raise Untrusted("token: no id token")
        return await self._with_keys(
            lambda keys: checks.id_token(
                given,
                keys,
                issuer=self.issuer,
                client_id=self.client_id,
                nonce=attempt.nonce,
                access_token=access,
            )
        )

    async def _profile(
        self, client: Any, metadata: Mapping[str, Any], claims: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims of e-mail address and name: from the id token, else from the provider's userinfo."""
        if "email" in claims or "userinfo_endpoint" not in metadata:
            return claims
        answer = await client.get(metadata["userinfo_endpoint"])
        profile = self._object(answer)
        if profile.get("sub") != claims["sub"]:
            raise Untrusted("userinfo: another subject")
        return profile

    # -- signing out -----------------------------------------------------------------------------

    async def logout_url(self, id_token: str | None) -> str | None:
        """Where the browser goes to sign out at the provider too; None where it offers no such place."""
        endpoint = (await self.metadata.get()).get("end_session_endpoint")
        if not isinstance(endpoint, str):
            return None
        given = {"client_id": self.client_id, "post_logout_redirect_uri": f"{self._base_url}/"}
        if id_token is not None:
            given["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(given)}"

    async def logout_claims(self, token: str) -> dict[str, Any]:
        """The claims of a logout token of the provider; Untrusted where it is none."""
        return await self._with_keys(
            lambda keys: checks.logout_token(token, keys, issuer=self.issuer, client_id=self.client_id)
        )

    # -- access tokens ---------------------------------------------------------------------------

    async def access_claims(self, token: str, audience: str) -> dict[str, Any]:
        """The claims of an access token of the provider; Untrusted where it is none for the audience."""
        return await self._with_keys(
            lambda keys: checks.access_token(token, keys, issuer=self.issuer, audience=audience)
        )

    async def examine(self) -> None:
        """Unavailable says what is wrong where the provider cannot sign anybody in."""
        await self._fetch_metadata()
        await self._fetch_keys()

    # -- what is fetched -------------------------------------------------------------------------

    async def _with_keys(self, check: Callable[[KeySet], T]) -> T:
        """The check's result with the provider's keys, fetched once more where the token names another."""
        keys = await self.keys.get()
        try:
            return check(keys)
        except UnknownKey:
            newer = await self.keys.newer(keys)
            if newer is keys:
                raise
            return check(newer)

    async def _fetch_metadata(self) -> dict[str, Any]:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        metadata = await self._get(address)
        if metadata.get("issuer") != self.issuer:
            raise Unavailable(f"{address} is the metadata of another issuer")
        is_secure = urlsplit(self.issuer).scheme == "https"
        for name in ENDPOINTS:
            if not str(metadata.get(name, "")).startswith("https://" if is_secure else "http"):
                raise Unavailable(f"{address} names no usable {name}")
        return metadata

    async def _fetch_keys(self) -> KeySet:
        address = (await self.metadata.get())["jwks_uri"]
        listed = (await self._get(address)).get("keys")
        keys = [key for given in listed if (key := self._key(given))] if isinstance(listed, list) else []
        if not keys:
            raise Unavailable(f"{address} holds no usable keys")
        return KeySet(keys)

    def _key(self, given: Any) -> Key | None:
        """A public key of the list; None for one that the hub cannot use, whatever else the list holds."""
        if not isinstance(given, dict) or given.get("kty") not in KEY_TYPES:
            return None
        try:
            return import_key(given)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            log.warning("a key of a provider is not usable", issuer=self.issuer, reason=type(error).__name__)
            return None

    async def _get(self, address: str) -> dict[str, Any]:
        try:
            return self._object(await self._http.get(address, headers={"Accept": "application/json"}))
        except httpx2.HTTPError as error:
            raise self._silent(error) from error

    def _object(self, answer: httpx2.Response) -> dict[str, Any]:
        """The JSON object of a good answer; Unavailable for any other."""
        if answer.status_code != 200 or len(answer.content) > LARGEST_DOCUMENT:
            raise Unavailable(f"{answer.request.url} answered {answer.status_code}")
        try:
            found = answer.json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"{answer.request.url} answered no JSON object")
        return found

    def _silent(self, error: httpx2.HTTPError) -> Unavailable:
        log.warning("a provider does not answer", issuer=self.issuer, reason=type(error).__name__)
        return Unavailable(f"{self.name} does not answer now. Try again in a few seconds.")

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.settings.client_secret,
            scope=SCOPE,
            redirect_uri=f"{self._base_url}/auth/callback",
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
        )


def _account(claims: Mapping[str, Any], profile: Mapping[str, Any], id_token: str) -> Account:
    email, sid, name = profile.get("email"), claims.get("sid"), profile.get("name")
    is_verified = profile.get("email_verified") is True and is_identifier(email) and "@" in str(email)
    return Account(
        issuer=claims["iss"],
        subject=claims["sub"],
        sid=sid if is_identifier(sid) else None,
        email=email if is_verified else None,
        name=name if is_identifier(name) else None,
        id_token=id_token,
    )


def client() -> httpx2.AsyncClient:
    """For what is fetched of providers' metadata and keys."""
    return httpx2.AsyncClient(timeout=TIMEOUT_SECONDS)
