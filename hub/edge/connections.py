"""One client's connection to the server, as far as a stream has to know it and must be able to end it.

What ASGI gives an application cannot end a connection whose reader takes nothing: to send the end would wait
for the reader, too. So uvicorn's protocol hands each request its `Line`; a WebSocket takes it over from the
request that it began as.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Final

from starlette.types import Scope
from uvicorn.protocols.http.auto import AutoHTTPProtocol

STATE: Final = "line"
MOST_BUFFERED: Final = 16_384
"""Bytes that wait in the process for a slow reader, besides the event that is being sent."""
MOST_IN_KERNEL: Final = 65_536
"""Bytes that the operating system keeps for the same reader, about; it would take millions by itself."""
SLOWEST_SECONDS: Final = 10.0
"""For which a reader may take nothing while something waits; then it is cut off."""


class Line:
    """The connection beneath a request."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.draining = asyncio.Event()
        """Set when the server stops."""

    def narrow(self) -> None:
        """Let less wait for the reader than for one who fetches a page."""
        self._transport.set_write_buffer_limits(high=MOST_BUFFERED)
        beneath: socket.socket = self._transport.get_extra_info("socket")
        beneath.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_IN_KERNEL)

    def cut_off(self) -> None:
        """End the connection at once, whatever still waits for the reader."""
        self._transport.abort()

    async def until_closing(self) -> None:
        """Ends soon after the server has given up the connection, which may wait for its reader even then."""
        while not self._transport.is_closing():  # noqa: ASYNC110 (no event tells it)
            await asyncio.sleep(SLOWEST_SECONDS / 2)


class Connection(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's own protocol, with a line."""

    app_state: dict[str, Any]

    def connection_made(self, transport: asyncio.Transport) -> None:
        """The client connected."""
        self.line = Line(transport)
        self.app_state = {**self.app_state, STATE: self.line}
        super().connection_made(transport)

    def shutdown(self) -> None:
        """The server stops."""
        self.line.draining.set()
        super().shutdown()


def line_of(scope: Scope) -> Line | None:
    """The line of a request; None where another server runs the application."""
    line: Line | None = scope["state"].get(STATE)
    return line
