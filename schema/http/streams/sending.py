"""Sending to a reader who may be slow: whoever takes nothing for a while is cut off."""

import asyncio

import structlog
from starlette.types import Message, Scope, Send

from hub.edge.connections import SLOWEST_SECONDS, line_of

log = structlog.get_logger("hub.streams")


class Gone(Exception):
    """The other side is not there any more."""


class Sender:
    """Sends the messages of one stream."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send, self.line = send, line_of(scope)
        if self.line is not None:
            self.line.narrow()

    async def __call__(self, message: Message) -> None:
        """Send; Gone where the reader is, or takes nothing for SLOWEST_SECONDS."""
        try:
            async with asyncio.timeout(SLOWEST_SECONDS):
                await self._send(message)
        except TimeoutError:
            self.cut_off()
            raise Gone from None
        except OSError:
            raise Gone from None

    def cut_off(self) -> None:
        """End the connection at once."""
        log.info("a reader who took nothing was cut off")
        if self.line is not None:
            self.line.cut_off()

    async def watch(self) -> None:
        """Raises Gone when the server has given up the connection; its buffer is let go then."""
        if self.line is not None:
            await self.line.until_closing()
            self.line.cut_off()
            raise Gone

    async def drain(self) -> None:
        """Raises Gone when the server stops."""
        if self.line is not None:
            await self.line.draining.wait()
            raise Gone
