"""The layers in their order, the outermost first."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from hub.config import Settings
from hub.edge.headers import SafeHeaders
from hub.edge.metrics import Metrics
from hub.edge.rates import IN_MEMORY, FailedSignIns, RateLimits, Rates, limiter
from hub.edge.record import Record
from hub.identity.authentication import Authentication

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def layers(settings: Settings) -> list[Middleware]:
    """What a request passes through, by the settings."""
    address = urlsplit(settings.base_url)
    own = (address.hostname or "", *settings.allowed_hosts, *LOOPBACK_NAMES)
    rates = Rates.of(settings.rate_limit_public, settings.rate_limit_signed_in)
    return [
        Middleware(Record),
        Middleware(SafeHeaders, is_tls=address.scheme == "https"),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(own), www_redirect=False),
        Middleware(Metrics, token=settings.metrics_token),
        Middleware(FailedSignIns),
        Middleware(Authentication),
        Middleware(RateLimits, rates=rates, counters=limiter(settings.rate_limit_url or IN_MEMORY)),
    ]
