"""`hub serve` with several workers, as production runs it, and which of them answers on which connection."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from hub.database import Place
from tests import secrecy
from tests.conftest import UNLIMITED

START_SECONDS = 60


class Workers:
    """The server, running."""

    def __init__(self, process: psutil.Process, address: str) -> None:
        self.process, self.address = process, address
        self._known: dict[int, int] = {}

    def answering(self, response: httpx.Response) -> int:
        """The id of the process that answered: it holds the other end of the client's connection."""
        port: int = response.extensions["network_stream"].get_extra_info("client_addr")[1]
        if port not in self._known:
            self._known |= {
                connection.raddr.port: worker.pid
                for worker in self.process.children()
                for connection in worker.net_connections("tcp")
                if connection.status == psutil.CONN_ESTABLISHED
            }
        return self._known[port]

    def line(self) -> httpx.AsyncClient:
        """A client with one connection, which stays open: one worker answers all that it asks."""
        one = httpx.Limits(max_connections=1, max_keepalive_connections=1)
        return httpx.AsyncClient(base_url=self.address, limits=one, timeout=30)

    async def lines(self, count: int, each: int) -> dict[int, list[httpx.AsyncClient]]:
        """So many clients on connections to each of the `count` workers, by the worker's process."""
        found: dict[int, list[httpx.AsyncClient]] = {}
        for _ in range(200 * each):
            if len(found) == count and all(len(lines) == each for lines in found.values()):
                return found
            line = self.line()
            lines = found.setdefault(self.answering(await line.get("/healthz")), [])
            if len(lines) < each:
                lines.append(line)
            else:
                await line.aclose()
        raise AssertionError({pid: len(lines) for pid, lines in found.items()})


@contextmanager
def serving(log: Path, *, count: int, environment: Mapping[str, str]) -> Iterator[Workers]:
    """The hub in production, with so many workers over the database; what they log goes into the file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "hub", "serve", "--workers", str(count), "--port", str(port)]
    with log.open("wb") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written, env=dict(environment))
    try:
        address = f"http://127.0.0.1:{port}"
        _await_ready(address, process, log)
        yield Workers(psutil.Process(process.pid), address)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        secrecy.keep("the log of hub serve", log.read_text("utf-8"))


def _await_ready(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, f"the hub ended: {log.read_text()}"
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"the hub did not start within {START_SECONDS} s: {log.read_text()}")


def settings_of_production(place: Place, **more: Any) -> dict[str, str]:
    """Variables with which `hub serve` starts over the database, with rates that nobody reaches."""
    given = {
        "database_url": place.login.render_as_string(hide_password=False),
        "base_url": "https://hub.test",
        "secret_key": "a secret key of the four workers, for tests",
        "oidc_issuer": "https://login.hub.test",
        "oidc_client_id": "hub",
        "oidc_client_secret": "a secret of the four workers at the provider",
        **UNLIMITED,
        **more,
    }
    return {f"HUB_{name.upper()}": str(value) for name, value in given.items()}
