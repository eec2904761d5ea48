"""The stage of a run: a loaded database, the contenders' processes, and how each is asked."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.bench import rival
from hub.bench.contender import POOL_SIZE
from hub.bench.failure import BenchFailed
from hub.bench.load import Size, add
from hub.bench.questions import Question, questions
from hub.database import Place
from hub.db import embedded, migrate
from hub.db.engine import Database
from hub.db.seed import run_as_owner, run_seed
from hub.errors import SetUpError
from hub.identity.tokens import persona
from hub.maintenance import issue_token_in

Say = Callable[[str], None]
STARTING_SECONDS = 60
RIVAL = "d"
LOADED = "loaded-scale"
"""A file beside the database that says which scale it holds."""


@dataclass(frozen=True, slots=True)
class Running:
    """A contender that runs."""

    name: str
    url: str
    process: psutil.Process

    def answers(self, question: Question) -> bool:
        """Whether it can be asked the question."""
        return self.name != RIVAL or question.name in rival.ASKED

    def request(self, stage: Stage, question: Question) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a request."""
        document = rival.document(question) if self.name == RIVAL else question.document
        body = json.dumps({"query": document, "variables": dict(question.variables)})
        headers = {"Content-Type": "application/json"}
        if question.persona is not None:
            headers["Authorization"] = f"Bearer {stage.tokens[question.persona]}"
        return body.encode(), headers

    def data(self, stage: Stage, question: Question) -> Any:
        """The data of the answer, in the hub's shape; BenchFailed where there is another answer."""
        body, headers = self.request(stage, question)
        answer = json.loads(post(self.url, body, headers))
        if "errors" in answer:
            raise BenchFailed(f"{question.name} of {self.name}: {answer['errors']}")
        return rival.in_the_hubs_shape(question, answer["data"]) if self.name == RIVAL else answer["data"]


def post(url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body of the answer; BenchFailed where it is not 200."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, dict(headers)), timeout=60) as response:
            found: bytes = response.read()
            return found
    except urllib.error.HTTPError as refused:
        raise BenchFailed(f"{url} answered {refused.code}: {refused.read().decode()}") from None


class Stage:
    """A database of the scale, with a token of each persona that asks."""

    def __init__(
        self,
        server: Any,
        place: Place,
        folder: Path,
        tokens: Mapping[str, str],
        partner_id: str,
        say: Say,
    ) -> None:
        self._server, self.place, self._folder = server, place, folder
        self.tokens, self._say = tokens, say
        self.questions = questions(partner_id)
        postmaster = Path(server.pgdata) / "postmaster.pid"
        self.postgres = psutil.Process(int(postmaster.read_text().splitlines()[0]))

    @contextmanager
    def started(self, name: str) -> Iterator[Running]:
        """The contender, answering; it ends with the block."""
        port = _free_port()
        command = self._rival(port) if name == RIVAL else self._own(name, port)
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())
            try:
                _await_port(port, process, log)
                yield Running(name, f"http://127.0.0.1:{port}/graphql", psutil.Process(process.pid))
            finally:
                process.terminate()
                process.wait(timeout=30)

    def _own(self, name: str, port: int) -> list[str]:
        return [sys.executable, "-m", "hub.bench.contender", name, str(port), _text(self.place.login)]

    def _rival(self, port: int) -> list[str]:
        self._say("Installing PostGraphile from npm, where it is not yet ...")
        folder = rival.install(self._folder / "postgraphile")
        asyncio.run(rival.prepare(self.place.owner))
        return rival.command(folder, port, self.place.login, pool_size=POOL_SIZE)

    @contextmanager
    def logged(self) -> Iterator[Callable[[], str]]:
        """While the block runs the server logs every statement; gives what it logged since."""
        path = Path(self._server.log)
        migrate.alter_system(self.place.owner, {"log_statement": "all"})
        time.sleep(0.3)  # until the backends have read the setting
        began = path.stat().st_size
        yield lambda: path.read_bytes()[began:].decode(errors="replace")
        migrate.alter_system(self.place.owner, {"log_statement": "none"})


@contextmanager
def opened(folder: Path | None, size: Size, mark: str, say: Say) -> Iterator[Stage]:
    """A stage in the folder, loaded where it is new; in a folder for this run alone where none is given.

    `mark` names the size, so that a folder of another is refused.
    """
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as scratch:
        place_of_data = folder or Path(scratch) / "data"
        server = embedded.start(place_of_data)
        owner, login = embedded.owner_url(server), embedded.login_url(server)
        _load(server, place_of_data, size, mark, say)
        tokens, partner_id = _personas(login)
        yield Stage(server, Place(owner, login, is_embedded=True), place_of_data, tokens, partner_id, say)
        server.cleanup()


def _load(server: Any, folder: Path, size: Size, mark: str, say: Say) -> None:
    from hub.demonstration.fill import run_fill

    path = folder / LOADED
    if path.exists():
        if path.read_text() != mark:
            raise SetUpError(f"{folder} holds scale {path.read_text()}; name another folder for {mark}.")
        migrate.migrate(embedded.owner_url(server), login=embedded.login_url(server))
        return
    say(f"Loading scale {mark}: {size.contributions:,} contributions, {size.proposals:,} proposals ...")
    began = time.monotonic()
    owner = embedded.owner_url(server)
    migrate.create_database(embedded.owner_url(server, "postgres"), embedded.DATABASE)
    migrate.alter_system(owner, embedded.SERVER_SETTINGS)
    migrate.migrate(owner, login=embedded.login_url(server))
    run_seed(owner)
    run_fill(owner)

    async def fill(connection: AsyncConnection) -> None:
        await add(connection, size, lambda part: say(f"  {part:.0%} of the statements"))

    run_as_owner(owner, fill)
    asyncio.run(_vacuum(owner))
    path.write_text(mark)
    say(f"Loaded in {time.monotonic() - began:.0f} s.")


async def _vacuum(owner: URL) -> None:
    """What the server would do by itself sooner or later, in the middle of a drive."""
    engine = create_async_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("vacuum (analyze)")
        await connection.exec_driver_sql("checkpoint")
    await engine.dispose()


def _personas(login: URL) -> tuple[dict[str, str], str]:
    """A token of each persona that asks, and the global id of the partner's organisation."""

    async def ask() -> tuple[dict[str, str], str]:
        database = Database(login, pool_size=1)
        names = {q.persona for q in questions("") if q.persona is not None}
        tokens = {name: await issue_token_in(database, name) for name in sorted(names)}
        async with database.app.connect() as connection:
            partner = await persona(connection, "partner")
        await database.dispose()
        organisation = partner.organisation_id if partner else None
        return tokens, base64.b64encode(f"Partner:{organisation}".encode()).decode()

    return asyncio.run(ask())


def _text(url: URL) -> str:
    return url.render_as_string(hide_password=False)


def _environment() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if not name.startswith("HUB_")
    } | rival.ENVIRONMENT


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int, process: subprocess.Popen[bytes], log: Any) -> None:
    for _ in range(STARTING_SECONDS * 20):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    log.seek(0)
    raise BenchFailed(f"{process.args!r} did not start: {log.read().decode()}")
