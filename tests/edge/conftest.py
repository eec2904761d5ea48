"""The hub on a real socket, and what runs on Node."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from hub.app import build_app
from hub.config import Settings
from hub.database import Place
from tests.conftest import UNLIMITED
from tests.node_folder import installed

START_SECONDS = 20


@pytest.fixture(scope="session")
def node_packages() -> Path:
    """The folder in which the npm packages are installed."""
    return installed(Path(__file__).parent / "node")


@contextmanager
def listening(place: Place, folder: Path) -> Iterator[str]:
    """The hub over the database, on a port of its own; its address."""
    given: dict[str, Any] = {"data_dir": folder, **UNLIMITED}
    app = build_app(Settings(is_demonstration=True, **given), place.login)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + START_SECONDS
    while not server.started and time.monotonic() < until:
        time.sleep(0.01)
    assert server.started, f"the hub did not start within {START_SECONDS} s"
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(START_SECONDS)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def address(standing: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the hub listens, over a database that tests share and do not change."""
    with listening(standing, tmp_path_factory.mktemp("edge")) as found:
        yield found
