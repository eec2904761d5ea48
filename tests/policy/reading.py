"""Reading as somebody over the API, beside what is due to him: by compiled statements alone, and from two
databases at once, of which one has no row-level security."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.database import Place
from hub.db.engine import Database
from hub.db.migrate import in_transaction
from hub.db.models import metadata
from hub.db.seed import run_as_owner
from hub.identity.actor import Actor
from schema.http import answered
from tests.policy.clones import IDENTITIES, actor_of, as_owner, clone
from tests.policy.oracle import Rows, Who, load
from tests.policy.world import World, build, due_to, names_of, within
from tests.policy.written import write


@dataclass(frozen=True)
class Reads:
    """A database with a world for everybody who may ask."""

    place: Place
    unguarded: Place
    """The same without row-level security: only what the compiler writes keeps a row from anybody."""
    rows: Rows
    who: dict[str | None, Who]
    due: dict[str | None, dict[str, frozenset[uuid.UUID]]]


@contextmanager
def standing_reads(server: Any, template: str) -> Iterator[Reads]:
    """The demonstration and what acts write."""
    today = datetime.now(UTC).date()
    with clone(server, template, "hub_policy_reads") as place:
        run_as_owner(place.owner, write)
        rows = run_as_owner(place.owner, lambda owner: load(owner, metadata))
        who = {name: rows.who(name, today) for name in IDENTITIES}
        due = {name: due_to(who[name], rows) for name in IDENTITIES}
        with clone(server, "hub_policy_reads", "hub_policy_reads_unguarded") as unguarded:
            asyncio.run(in_transaction(unguarded.owner, take_guards_away))
            for name in IDENTITIES:
                asyncio.run(in_transaction(place.owner, partial(build, schema_of(name), due[name])))
            yield Reads(place, unguarded, rows, who, due)


async def take_guards_away(owner: AsyncConnection) -> None:
    """Let everybody's statements find every row."""
    guarded = "select relname from pg_class where relnamespace = 'hub'::regnamespace and relrowsecurity"
    for table in (await owner.scalars(text(guarded))).all():
        await owner.execute(text(f"alter table hub.{table} disable row level security"))


def schema_of(name: str | None) -> str:
    """The schema of a persona's world."""
    return f"due_to_{name or 'public'}".replace("-", "_")


@asynccontextmanager
async def world_of(name: str | None, reads: Reads) -> AsyncIterator[World]:
    """What is due to a persona."""
    async with within(reads.place, schema_of(name)) as connection:
        yield World(reads.who[name], reads.rows, reads.due[name], names_of(reads.rows), connection)


@dataclass(frozen=True)
class Asker:
    """Somebody who reads, by compiled statements alone."""

    actor: Actor
    databases: list[Database]

    async def data(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of a read that must compile, and need no row-level security to be right."""
        guarded, unguarded = [
            await answered(database, self.actor, document, variables, None) for database in self.databases
        ]
        assert guarded is not None, f"this did not compile: {document}"
        assert unguarded == guarded, f"only row-level security makes this right: {document}"
        found: dict[str, Any] = json.loads(guarded)["data"]
        return found


@asynccontextmanager
async def asker_of(name: str | None, reads: Reads) -> AsyncIterator[Asker]:
    """Who asks, at the API."""
    databases = [Database(place.login, pool_size=1) for place in (reads.place, reads.unguarded)]
    async with as_owner(reads.place) as owner:
        actor = await actor_of(owner, name)
    yield Asker(actor, databases)
    for database in databases:
        await database.dispose()
