"""Only under its own names: what asks for another host is refused."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class OwnNames(TrustedHostMiddleware):
    """Starlette's check, spared for the very Host headers that it would let pass as they stand."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str], www_redirect: bool = True) -> None:
        super().__init__(app, allowed_hosts, www_redirect)
        self.plain = frozenset(name.encode() for name in allowed_hosts if "*" not in name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) == 1 and hosts[0].partition(b":")[0] in self.plain:
                await self.app(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
