"""The OpenID Connect providers that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hub.config import Settings

if TYPE_CHECKING:
    import httpx2

    from hub.identity.oidc.provider import Provider


class Providers:
    """The providers of the settings, by their issuers, in the order of the settings."""

    def __init__(self, settings: Settings) -> None:
        self.audience = settings.audience
        self._by_issuer: dict[str, Provider] = {}
        self._http: httpx2.AsyncClient | None = None
        if settings.oidc_issuers:
            self._reach(settings)

    def _reach(self, settings: Settings) -> None:
        # Loaded only where there is a provider: the libraries take 15 MB of each worker (measured).
        from hub.identity.oidc.provider import Provider, client

        self._http = client()
        for named in settings.oidc_issuers:
            self._by_issuer[named.issuer] = Provider(named, self._http, base_url=settings.base_url)

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._by_issuer.values())

    def find(self, issuer: str | None) -> Provider | None:
        """The provider of the issuer; None where the settings name no such one."""
        return None if issuer is None else self._by_issuer.get(issuer)

    def only(self) -> Provider | None:
        """The provider where there is exactly one."""
        found = list(self)
        return found[0] if len(found) == 1 else None

    async def close(self) -> None:
        """Close the connections."""
        if self._http is not None:
            await self._http.aclose()
