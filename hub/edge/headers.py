"""Headers that tell a browser what it must not do with an answer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Mapping[bytes, bytes]

ALWAYS: Headers = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    # What is no page needs nothing at all; a page brings a policy of its own.
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
OVER_TLS: Headers = {b"strict-transport-security": b"max-age=31536000; includeSubDomains"}


class SafeHeaders:
    """Adds each header that the answer does not bring itself."""

    def __init__(self, app: ASGIApp, *, is_tls: bool) -> None:
        self.app = app
        self.headers = tuple({**ALWAYS, **(OVER_TLS if is_tls else {})}.items())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                more = [header for header in self.headers if header[0] not in given]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self.app(scope, receive, add)
