"""A database that is filled with the demonstration, and a way to ask it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db import embedded, migrate
from hub.db.seed import run_as_owner, run_seed
from hub.demonstration.fill import run_fill


@pytest.fixture(scope="session")
def seeded_urls(server: Any) -> Callable[[str], URL]:
    """Gives a new database by the name, with the reference data."""

    def make(name: str) -> URL:
        database = f"hub_demonstration_{name}"
        migrate.create_database(embedded.owner_url(server, "postgres"), database)
        url = embedded.owner_url(server, database)
        migrate.migrate(url, login=embedded.login_url(server, database))
        run_seed(url)
        return url

    return make


@pytest.fixture(scope="session")
def filled(seeded_urls: Callable[[str], URL]) -> tuple[URL, dict[str, int], float]:
    """A filled database, what the filling counted, and the seconds that it took."""
    url = seeded_urls("filled")
    began = perf_counter()
    counts = run_fill(url)
    return url, counts, perf_counter() - began


@pytest.fixture(scope="session")
def filled_url(filled: tuple[URL, dict[str, int], float]) -> URL:
    """A filled database. Tests only read it."""
    return filled[0]


@pytest.fixture(scope="session")
def query() -> Callable[[URL, str], list[Any]]:
    """Runs a statement in any database, as the owner."""

    def ask(url: URL, statement: str) -> list[Any]:
        async def work(connection: AsyncConnection) -> list[Any]:
            result = await connection.execute(text(statement))
            return list(result.all()) if result.returns_rows else []

        return run_as_owner(url, work)

    return ask


@pytest.fixture(scope="session")
def ask(filled_url: URL, query: Callable[[URL, str], list[Any]]) -> Callable[[str], list[Any]]:
    """Runs a statement in the filled database; its rows, or the values where a row has only one."""

    def rows(statement: str) -> list[Any]:
        found = query(filled_url, statement)
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    return rows
