"""People who hand files in."""

from __future__ import annotations

from typing import Any

import httpx

from tests.conftest import Person


async def hand_in(
    person: Person, content: bytes, name: str | None = "report.pdf", **more: Any
) -> httpx.Response:
    """The answer to a file's raw bytes."""
    params = {} if name is None else {"name": name}
    return await person.http.post(
        "/files", params={**params, **more}, content=content, headers=person.headers
    )


async def fetched(person: Person, path: str) -> httpx.Response:
    """The answer to whoever wants the file."""
    return await person.http.get(path, headers=person.headers)
