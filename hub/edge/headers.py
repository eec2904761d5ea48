"""Headers that tell a browser what it must not do with an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Header = tuple[bytes, bytes]
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
    """Adds each header that an answer does not bring itself."""

    def __init__(self, *, is_tls: bool) -> None:
        self._headers = tuple({**ALWAYS, **(OVER_TLS if is_tls else {})}.items())
        self._names = frozenset(name for name, _ in self._headers)

    def added(self, given: Iterable[Header]) -> list[Header]:
        """The answer's headers with ours."""
        found = list(given)
        names = {name.lower() for name, _ in found}
        if names.isdisjoint(self._names):
            return [*found, *self._headers]
        return [*found, *(header for header in self._headers if header[0] not in names)]
