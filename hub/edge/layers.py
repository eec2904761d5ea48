"""The layers in their order, the outermost first."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.middleware import Middleware

from hub.config import Settings
from hub.edge.headers import SafeHeaders
from hub.edge.metrics import Metrics
from hub.edge.names import OwnNames
from hub.edge.rates import FailedSignIns, RateLimits, Rates, store_at
from hub.edge.record import Record
from hub.identity.authentication import Authentication
from hub.identity.cookies import Cookie

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


def layers(settings: Settings, cookie: Cookie) -> list[Middleware]:
    """What a request passes through, by the settings; the cookie is that of browsers' sessions."""
    address = urlsplit(settings.base_url)
    own = (address.hostname or "", *settings.allowed_hosts, *LOOPBACK_NAMES)
    rates = Rates.of(settings.rate_limit_public, settings.rate_limit_signed_in)
    store = store_at(settings.rate_limit_url) if settings.rate_limit_url else None
    return [
        Middleware(Record, safe=SafeHeaders(is_tls=address.scheme == "https")),
        Middleware(OwnNames, allowed_hosts=list(own), www_redirect=False),
        Middleware(Metrics, token=settings.metrics_token),
        Middleware(FailedSignIns),
        Middleware(Authentication, cookie=cookie),
        Middleware(RateLimits, rates=rates, store=store),
    ]
