"""One clone for the tests of sign-in: each issues tokens of its own and disturbs nobody else's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from hub.app import build_app
from hub.config import OidcIssuer, Settings
from hub.database import Place
from hub.serving import listen
from tests.identity.browsing import Browser
from tests.identity.provider_process import SOURCES, ProviderProcess
from tests.node_folder import installed
from tests.policy.clones import clone

SECRET_KEY = "a secret key of the tests, which is long enough"
CLIENT_SECRET = "the-secret-of-the-hub-at-the-provider"


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


# -- a hub that people sign in to ----------------------------------------------------------------------


def free_address() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="session")
def hub_address() -> str:
    """Where the hub listens in these tests: the provider must know it before."""
    return free_address()


@pytest.fixture(scope="session")
def provider_process(hub_address: str) -> Iterator[ProviderProcess]:
    """The provider."""
    with ProviderProcess(installed(SOURCES), hub_address) as running:
        yield running


@pytest.fixture
def provider(provider_process: ProviderProcess) -> Iterator[ProviderProcess]:
    """The provider with its clock right."""
    yield provider_process
    provider_process.set_clock(0)


@asynccontextmanager
async def served(app: Starlette, address: str) -> AsyncIterator[Starlette]:
    """The application, listening at the address."""
    listener = listen("127.0.0.1", int(address.rpartition(":")[2]))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        assert not task.done(), "the hub did not start"
        await asyncio.sleep(0.01)
    yield app
    server.should_exit = True
    await task
    listener.close()


def settings_for(address: str, issuer: str, folder: Path, **more: Any) -> Settings:
    """Settings of production, with one provider."""
    known = OidcIssuer(issuer=issuer, client_id="hub", client_secret=CLIENT_SECRET, label="the Provider")
    given: dict[str, Any] = {
        "data_dir": folder,
        "base_url": address,
        "secret_key": SECRET_KEY,
        "oidc_issuers": (known,),
        "pool_size": 3,
        "session_idle": timedelta(hours=1),
        "session_life": timedelta(hours=12),
    }
    return Settings(**(given | more))


@pytest.fixture
async def hub(
    place: Place, hub_address: str, provider: ProviderProcess, tmp_path: Path
) -> AsyncIterator[Starlette]:
    """The hub of production, with the provider."""
    settings = settings_for(hub_address, provider.issuer, tmp_path)
    async with served(build_app(settings, place.login), hub_address) as app:
        yield app


@pytest.fixture
async def browser(hub: Starlette, hub_address: str) -> AsyncIterator[Browser]:
    """Somebody's browser."""
    opened = Browser(hub_address)
    yield opened
    await opened.http.aclose()
