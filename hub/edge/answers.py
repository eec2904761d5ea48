"""What a layer of the edge answers itself, before a page or the API is reached."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import JSONResponse


def refuse(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """A refusal as a GraphQL client reads it; the message says what to do."""
    return JSONResponse({"errors": [{"message": message}]}, status_code=status, headers=headers)
