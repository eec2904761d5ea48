"""Two workers over one database, as processes of their own, and people who write to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.database import Place
from hub.db.engine import Database
from hub.maintenance import issue_token_in
from tests.conftest import Person
from tests.node_folder import installed
from tests.policy.clones import clone

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 15


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder in which the npm packages are installed."""
    return installed(ROOT / "tests" / "edge" / "node")


class Worker:
    """A worker of the hub."""

    def __init__(self, process: subprocess.Popen[str], address: str, log: Path) -> None:
        self.process, self.address, self.log = process, address, log
        self.port = int(address.rpartition(":")[2])

    def stop(self) -> int:
        """End it as a supervisor does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def working(place: Place, folder: Path, port: int = 0) -> Iterator[Worker]:
    """A worker over the database, on the port."""
    folder.mkdir(parents=True, exist_ok=True)
    login = place.login.render_as_string(hide_password=False)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.subscriptions.worker", login, str(folder), str(port)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), (folder / "log").read_text()
        try:
            yield Worker(process, address, folder / "log")
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def shared_place(server: Any, template: str) -> Iterator[Place]:
    """A database of the file's own, in which tests write."""
    with clone(server, template, "hub_subscriptions") as place:
        yield place


@pytest.fixture(scope="module")
def workers(shared_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Worker, Worker]]:
    """Two workers of one hub."""
    with ExitStack() as stack:
        first, second = (
            stack.enter_context(working(shared_place, tmp_path_factory.mktemp(name))) for name in ("a", "b")
        )
        yield first, second


@pytest.fixture
async def database(shared_place: Place) -> AsyncIterator[Database]:
    """The same database, for what tests do beside the API."""
    opened = Database(shared_place.login, pool_size=2)
    yield opened
    await opened.dispose()


class People:
    """Gives tokens, and people at a worker."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.opened: list[httpx.AsyncClient] = []

    async def token(self, persona: str) -> str:
        return await issue_token_in(self.database, persona)

    async def at(self, worker: Worker, persona: str) -> Person:
        http = httpx.AsyncClient(base_url=worker.address, timeout=30)
        self.opened.append(http)
        return Person(http, await self.token(persona))


@pytest.fixture
async def people(database: Database) -> AsyncIterator[People]:
    found = People(database)
    yield found
    for http in found.opened:
        await http.aclose()
