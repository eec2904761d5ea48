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
from tests.policy.reading import Asker, Reads, asker_of, standing_reads, world_of
from tests.policy.world import World
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


@pytest.fixture(scope="session")
def reads(server: Any, template: str) -> Iterator[Reads]:
    """The demonstration and what acts write, with what is due to everybody who may ask."""
    with standing_reads(server, template) as made:
        yield made


@pytest.fixture(params=IDENTITIES, ids=str)
def asking(request: pytest.FixtureRequest) -> str | None:
    """Each of those who may ask."""
    found: str | None = request.param
    return found


@pytest.fixture
async def seen(asking: str | None, reads: Reads) -> AsyncIterator[World]:
    """What is due to who asks."""
    async with world_of(asking, reads) as made:
        yield made


@pytest.fixture
async def asker(asking: str | None, reads: Reads) -> AsyncIterator[Asker]:
    """Who asks, at the API."""
    async with asker_of(asking, reads) as made:
        yield made
