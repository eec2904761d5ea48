"""A request that is not answered: why, and what to send instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Header = tuple[bytes, bytes]


class BadRequest(Exception):
    """The request cannot be run; the message says what to send instead.

    `status` None: the request is well-formed, and the media type of the answer decides.
    """

    def __init__(
        self,
        message: str,
        status: int | None = 400,
        *,
        code: str = "BAD_REQUEST",
        headers: Sequence[Header] = (),
        **extensions: str,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.headers = message, status, headers
        self.extensions = {"code": code, **extensions}

    @property
    def answer(self) -> dict[str, Any]:
        """The response, as GraphQL writes it."""
        return {"errors": [{"message": self.message, "extensions": self.extensions}]}


def quoted(text: str) -> str:
    """What a client sent, short enough for a message."""
    return f'"{text[:60]}…"' if len(text) > 60 else f'"{text}"'
