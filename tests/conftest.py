"""Databases for tests: migrated, seeded and filled once into a template, then cloned where a test writes."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool
from starlette.applications import Starlette

from hub.app import build_app
from hub.config import Settings
from hub.database import Place
from hub.db import embedded, migrate
from hub.db.engine import APP_ROLE, PUBLIC_ROLE, Database, identify, identity
from hub.db.seed import run_as_owner, run_seed
from hub.demonstration.fill import fill
from hub.identity import sessions, tokens
from hub.identity.actor import Actor
from hub.maintenance import issue_token_in
from tests import secrecy


def pytest_configure(config: pytest.Config) -> None:
    """No secret that a test uses may be logged."""
    config.pluginmanager.register(secrecy, "secrecy")


PERSONAS = (
    "partner",
    "focal-point",
    "co-manager-au",
    "co-manager-id",
    "co-chair",
    "staff",
    "reviewer",
    "stakeholder",
    "analyst",
    "admin",
)

TEMPLATE = "hub_template"

WITHOUT_DISK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""A test's database need not survive a power cut."""


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """An embedded PostgreSQL of this test process."""
    with tempfile.TemporaryDirectory(prefix="hub-tests-") as folder:
        running = embedded.start(Path(folder) / "data")
        migrate.alter_system(embedded.owner_url(running, "postgres"), WITHOUT_DISK)
        yield running
        running.cleanup()
        secrecy.keep("PostgreSQL's log", (Path(folder) / "data" / "postgres" / "log").read_text("utf-8"))


@pytest.fixture(scope="session")
def template(server: Any) -> str:
    """The name of a database with schema, reference data and demonstration data, to be cloned."""
    migrate.create_database(embedded.owner_url(server, "postgres"), TEMPLATE)
    owner = embedded.owner_url(server, TEMPLATE)
    migrate.migrate(owner, login=embedded.login_url(server, TEMPLATE))
    run_seed(owner)
    run_as_owner(owner, fill)
    return TEMPLATE


_numbers = itertools.count(1)


@asynccontextmanager
async def _cloned(server: Any, template: str) -> AsyncIterator[Place]:
    name = f"hub_test_{next(_numbers)}"
    engine = create_async_engine(
        embedded.owner_url(server, "postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    async with engine.connect() as connection:
        await connection.execute(text(f'create database "{name}" template "{template}"'))
        await connection.execute(text(f'revoke temporary on database "{name}" from public'))
    yield Place(embedded.owner_url(server, name), embedded.login_url(server, name), is_embedded=True)
    async with engine.connect() as connection:
        await connection.execute(text(f'drop database "{name}" with (force)'))
    await engine.dispose()


@pytest.fixture
async def place(server: Any, template: str) -> AsyncIterator[Place]:
    """A database of the test's own, with the demonstration in it."""
    async with _cloned(server, template) as made:
        yield made


@pytest.fixture(scope="session")
def standing(server: Any, template: str) -> Place:
    """The template itself, for tests that only read it over the API, and issue tokens."""
    name = "hub_standing"
    migrate.create_database(embedded.owner_url(server, "postgres"), name, template=template)
    return Place(embedded.owner_url(server, name), embedded.login_url(server, name), is_embedded=True)


UNLIMITED = {"rate_limit_public": "1000000/minute", "rate_limit_signed_in": "1000000/minute"}
"""Tests ask faster than anybody may."""


@asynccontextmanager
async def running(place: Place, tmp_path: Path, **settings: Any) -> AsyncIterator[Starlette]:
    """The application over the database, started."""
    given: dict[str, Any] = {"base_url": "http://hub.test", "is_demonstration": True, **UNLIMITED, **settings}
    app = build_app(Settings(data_dir=tmp_path, **given), place.login)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def app(place: Place, tmp_path: Path) -> AsyncIterator[Starlette]:
    """The application over the test's own database."""
    async with running(place, tmp_path, pool_size=5) as started:
        yield started


@asynccontextmanager
async def reading(database: Database, actor: Actor) -> AsyncIterator[AsyncConnection]:
    """A SQLAlchemy connection in the actor's identity, as an act has it, but unable to write."""
    engine = database.public if actor.is_public else database.app
    async with engine.connect() as connection:
        if actor.is_public:
            yield connection
            return
        async with connection.begin():
            await identify(connection, actor)
            await connection.execute(text("set transaction read only"))
            yield connection


@asynccontextmanager
async def requests_own(database: Database, actor: Actor) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the requests' own pool, in the actor's identity."""
    role = PUBLIC_ROLE if actor.is_public else APP_ROLE
    async with database.reads.connection(role) as connection, connection.transaction(readonly=True):
        if not actor.is_public:
            await connection.execute(
                "select set_config('hub.person', $1, true), set_config('hub.organisation', $2, true),"
                " set_config('hub.roles', $3, true)",
                *identity(actor),
            )
        yield connection


async def session_of(app: Starlette, name: str) -> str:
    """What the cookie of a browser holds with which the persona has signed in."""
    database: Database = app.state.database
    async with database.app.connect() as connection:
        actor = await tokens.persona(connection, name)
    assert actor is not None, name
    lifetime = sessions.Lifetime(timedelta(hours=1), timedelta(hours=12))
    async with database.writing(actor) as session:
        return await sessions.begin(
            session, actor, lifetime, now=datetime.now(UTC), browser="a test", account=None
        )


Client = Callable[..., Awaitable["Person"]]


class Person:
    """Somebody at the API: a persona with a bearer token or a browser's cookie, or the public."""

    def __init__(self, http: httpx.AsyncClient, token: str | None, cookie: str | None = None) -> None:
        self.http, self.token, self.cookie = http, token, cookie

    @property
    def headers(self) -> dict[str, str]:
        if self.cookie:
            return {"Cookie": f"hub_session={self.cookie}"}
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The whole response of an operation."""
        response = await self.http.post(
            "/graphql",
            content=json.dumps({"query": document, "variables": variables}),
            headers=self.headers | {"Content-Type": "application/json"},
        )
        body: dict[str, Any] = response.json()
        return body

    async def data(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        body = await self.ask(document, **variables)
        assert "errors" not in body, body["errors"]
        data: dict[str, Any] = body["data"]
        return data

    async def do(self, mutation: str, selection: str = "", **given: Any) -> dict[str, Any]:
        """A mutation by its name: the payload, with `__typename`; a UserError has code, message, problems."""
        stem = mutation[0].upper() + mutation[1:]
        chosen = f"... on {stem}Success {{ {selection} }}" if selection else ""
        document = (
            f"mutation($input: {stem}Input!) {{ {mutation}(input: $input) {{ __typename {chosen}"
            " ... on UserError { code message } ... on InvalidInput { problems { path code message } } } }"
        )
        payload: dict[str, Any] = (await self.data(document, input=given))[mutation]
        return payload


@pytest.fixture
async def people(app: Starlette) -> AsyncIterator[Client]:
    """Gives the client of a persona, or (None) of the public, on the test's own database."""
    async with clients(app) as client:
        yield client


@pytest.fixture
async def reading_app(standing: Place, tmp_path: Path) -> AsyncIterator[Starlette]:
    """The application over a database that tests share and do not change."""
    async with running(standing, tmp_path, pool_size=5) as started:
        yield started


@pytest.fixture
async def readers(reading_app: Starlette) -> AsyncIterator[Client]:
    """Like `people`, for tests that change nothing."""
    async with clients(reading_app) as client:
        yield client


@asynccontextmanager
async def clients(app: Starlette) -> AsyncIterator[Client]:
    """Gives the client of a persona, or (None) of the public; with a token, or signed in with a browser."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:

        async def client(persona: str | None = None, *, in_person: bool = False) -> Person:
            if persona is None:
                return Person(http, None)
            if in_person:
                return Person(http, None, await session_of(app, persona))
            return Person(http, await issue_token_in(app.state.database, persona))

        yield client
