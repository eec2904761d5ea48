"""One clone for the tests of sign-in: each issues tokens of its own and disturbs nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from hub.app import build_app
from hub.config import Settings
from hub.database import Place
from tests.policy.clones import clone


@pytest.fixture(scope="session")
def identity_place(server: Any, template: str) -> Iterator[Place]:
    """A database with the demonstration."""
    with clone(server, template, "hub_identity") as place:
        yield place


@pytest.fixture
def place(identity_place: Place) -> Place:
    """Under `app` and `people`."""
    return identity_place


@pytest.fixture
async def http(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a token."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
        yield client


@pytest.fixture
async def production(place: Place, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the hub that is no demonstration, over the same database."""
    app = build_app(
        Settings(data_dir=tmp_path, base_url="http://hub.test", is_demonstration=False, pool_size=2),
        place.login,
    )
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as client:
            yield client
