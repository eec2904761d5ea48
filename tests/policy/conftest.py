"""What the tests of access share: one clone that nobody changes, seen as its owner and as anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.database import Place
from hub.db.engine import Database
from hub.db.seed import run_as_owner
from hub.identity.actor import Actor
from tests.policy.clones import IDENTITIES, actor_of, as_owner, clone
from tests.policy.written import write

Actors = dict[str | None, Actor]


@pytest.fixture(scope="session")
def shared_place(server: Any, template: str) -> Iterator[Place]:
    """A database with the demonstration and what acts write, for tests that change nothing."""
    with clone(server, template, "hub_policy") as place:
        run_as_owner(place.owner, write)
        yield place


@pytest.fixture
async def database(shared_place: Place) -> AsyncIterator[Database]:
    """The pools that requests use."""
    opened = Database(shared_place.login, pool_size=2)
    yield opened
    await opened.dispose()


@pytest.fixture
async def owner(shared_place: Place) -> AsyncIterator[AsyncConnection]:
    """The owner's connection."""
    async with as_owner(shared_place) as connection:
        yield connection


@pytest.fixture
async def actors(owner: AsyncConnection) -> Actors:
    """Everybody who may ask."""
    return {name: await actor_of(owner, name) for name in IDENTITIES}
