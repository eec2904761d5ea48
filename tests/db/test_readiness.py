"""`/readyz`: ready only where the database answers and has what this version needs."""

from __future__ import annotations

import httpx
from sqlalchemy import text
from starlette.applications import Starlette

from hub.database import Place
from hub.db.migrate import head, revision
from tests.policy.clones import as_owner


async def asked(app: Starlette) -> httpx.Response:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
        return await http.get("/readyz")


async def at_revision(place: Place, number: str) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text("update hub.alembic_version set version_num = :number"), {"number": number})


async def test_a_migrated_database_is_ready(app: Starlette) -> None:
    response = await asked(app)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "revision": head()})


async def test_an_older_database_is_not_ready_and_says_why(app: Starlette, place: Place) -> None:
    await at_revision(place, "0000")
    response = await asked(app)
    assert response.status_code == 503
    assert response.json() == {"status": "database not migrated", "revision": "0000", "needed": head()}


async def test_a_newer_database_serves_the_older_version_on(app: Starlette, place: Place) -> None:
    await at_revision(place, "9999")
    response = await asked(app)
    assert (response.status_code, response.json()["revision"]) == (200, "9999")


def test_the_newest_file_is_the_head_of_the_chain(standing: Place) -> None:
    assert revision(standing.owner) == head()
