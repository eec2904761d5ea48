"""What is shipped can be installed, and runs where it is installed.

`docker build` needs a daemon that a test machine may not have. So the Dockerfile is read, and the very lines
of its build stage are run in an empty folder that stands for the image.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from hub.db import embedded

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hub", "schema", "migrations")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@dataclass
class Stage:
    """One FROM of a Dockerfile, with its instructions in order."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [text for name, text in self.steps if name == instruction]


def stages_of(dockerfile: str) -> list[Stage]:
    """The stages of a Dockerfile, without comments, with lines joined and the global ARGs filled in."""
    text = "\n".join(line for line in dockerfile.splitlines() if not line.lstrip().startswith("#"))
    values: dict[str, str] = {}
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, re.sub(r"\\\n\s*", "", text).splitlines())):
        name, rest = line.split(None, 1)
        if name == "ARG" and not stages:
            key, value = rest.split("=", 1)
            values[key] = value
        elif name == "FROM":
            base, _, alias = re.sub(r"\$\{(\w+)\}", lambda m: values[m[1]], rest).partition(" AS ")
            stages.append(Stage(base, alias))
        else:
            stages[-1].steps.append((name, rest))
    return stages


STAGES = stages_of((ROOT / "Dockerfile").read_text())
BUILD, RUNTIME = STAGES


def is_ignored(path: Path) -> bool:
    """Whether .dockerignore keeps a path out of the build: the last pattern that matches decides."""
    ignored = False
    candidates = [path, *path.parents][:-1]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!").removeprefix("**/")
        names = [c.name if "**/" in line else c.as_posix() for c in candidates]
        if any(fnmatch(name, pattern) for name in names):
            ignored = not line.startswith("!")
    return ignored


@dataclass(frozen=True)
class Image:
    """A folder that stands for a container's file system."""

    root: Path

    def at(self, path: str) -> Path:
        return self.root / path.lstrip("/")

    def copy(self, arguments: str, workdir: str) -> None:
        *sources, target = arguments.split()
        for source in sources:
            here = ROOT / source
            goal = self.at(f"{workdir}/{target}")
            for file in [here] if here.is_file() else filter(Path.is_file, here.rglob("*")):
                if not is_ignored(file.relative_to(ROOT)):
                    place = goal / file.relative_to(here) if here.is_dir() else goal / file.name
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(file, place)

    def run(self, command: str, workdir: str) -> None:
        """A RUN line as /bin/sh would take it, every absolute path moved below the folder."""
        moved = re.sub(r"(?<![\w.:/-])/(?=\w)", f"{shlex.quote(str(self.root))}/", command)
        path = f"{self.root}/python/bin{os.pathsep}{os.environ['PATH']}"
        result = subprocess.run(
            ["/bin/sh", "-c", moved],
            cwd=self.at(workdir),
            env=environment(PATH=path),
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, f"RUN {command}\n{result.stdout}\n{result.stderr}"

    def call(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        """One of the image's own programs, from a folder that has nothing of the project in it."""
        elsewhere = self.at("/elsewhere")
        elsewhere.mkdir(exist_ok=True)
        program = self.at(f"/opt/hub/bin/{command[0]}")
        return subprocess.run(
            [str(program), *command[1:]],
            cwd=elsewhere,
            env=environment(**settings),
            capture_output=True,
            text=True,
        )


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without what would lead Python or the hub back to the checkout."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "HUB_", "VIRTUAL_ENV"))}
    return kept | settings


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The build stage, carried out."""
    image = Image(tmp_path_factory.mktemp("image"))
    subprocess.run([sys.executable, "-m", "venv", str(image.at("/python"))], check=True)
    workdir = "/"
    for name, text in BUILD.steps:
        match name:
            case "WORKDIR":
                workdir = text
                image.at(workdir).mkdir(parents=True)
            case "COPY":
                image.copy(text, workdir)
            case "RUN":
                image.run(text, workdir)
            case _:
                pytest.fail(f"the build stage has {name}, which this test cannot carry out")
    return image


class TestDockerfile:
    def test_second_stage_takes_only_the_installed_hub(self) -> None:
        assert [stage.name for stage in STAGES] == ["build", "runtime"]
        assert [stage.base for stage in STAGES] == [BUILD.base] * 2
        assert re.fullmatch(r"python:3\.\d+-slim", BUILD.base)
        assert RUNTIME.all("COPY") == ["--from=build /opt/hub /opt/hub"]
        assert not re.search(r"\b(pip|apt-get|gcc|npm|curl)\b", " ".join(RUNTIME.all("RUN")))

    def test_python_is_one_that_the_hub_supports(self) -> None:
        version = BUILD.base.removeprefix("python:").removesuffix("-slim")
        assert Requirement(f"python{PROJECT['requires-python']}").specifier.contains(version)

    def test_runs_as_a_user_who_is_not_root_and_owns_only_the_data(self) -> None:
        uid, gid = RUNTIME.all("USER")[-1].split(":")
        (made,) = RUNTIME.all("RUN")
        assert int(uid) > 0
        assert f"--uid {uid} " in made
        assert f"--gid {gid} " in made
        assert re.findall(r"--owner \S+ .* (\S+)$", made) == ["/var/lib/hub"]
        assert RUNTIME.all("VOLUME") == ["/var/lib/hub"]
        assert "HUB_DATA_DIR=/var/lib/hub" in RUNTIME.all("ENV")[0]
        last_user = max(i for i, (name, _) in enumerate(RUNTIME.steps) if name == "USER")
        assert "RUN" not in [name for name, _ in RUNTIME.steps[last_user:]]

    def test_copies_only_what_exists_and_is_not_ignored(self) -> None:
        sources = [source for copy in BUILD.all("COPY") for source in copy.split()[:-1]]
        assert sorted(sources) == sorted(["pyproject.toml", "constraints.txt", *PACKAGES])
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not is_ignored(Path(source)), source

    @pytest.mark.parametrize(
        "path", [".env", ".git/config", ".venv/bin/python", "hub/db/__pycache__/x.pyc", "tests/a.py"]
    )
    def test_secrets_history_and_left_overs_stay_out_of_the_build(self, path: str) -> None:
        assert is_ignored(Path(path))

    def test_command_is_a_program_of_the_project(self) -> None:
        (command,) = RUNTIME.all("CMD")
        assert json.loads(command)[0] in PROJECT["scripts"]
        assert RUNTIME.all("EXPOSE") == ["8000"]

    @pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
    def test_health_check_follows_the_answer_of_healthz(self, status: int, healthy: bool) -> None:
        _, command = RUNTIME.all("HEALTHCHECK")[0].split("CMD ", 1)
        python, *arguments = json.loads(command)
        assert python == "python"
        asked: list[str] = []
        with answering(status, asked) as port:
            moved = [argument.replace(":8000/", f":{port}/") for argument in arguments]
            result = subprocess.run([sys.executable, *moved], capture_output=True)
        assert asked == ["/healthz"]
        assert (result.returncode == 0) is healthy


@contextmanager
def answering(status: int, asked: list[str]) -> Iterator[int]:
    """An HTTP server on a free port, which notes the paths asked for and answers all with one status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: `asked` is the record."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.slow
class TestInstalled:
    """What the image's first stage installs works away from the checkout."""

    def test_hub_runs_from_the_installed_package(self, image: Image) -> None:
        version = image.call("hub", "--version")
        assert (version.returncode, version.stderr) == (0, "")
        assert code_version() in version.stdout
        place = image.call(
            "python", "-c", "import hub, schema, migrations; print(hub.__file__, schema.__file__)"
        )
        assert place.stdout.count(str(image.at("/opt/hub/"))) == 2, place.stderr

    def test_hub_prints_the_schema_that_is_checked_in(self, image: Image) -> None:
        sdl = image.call("hub", "sdl")
        assert sdl.returncode == 0, sdl.stderr
        assert sdl.stdout.strip() == (ROOT / "schema" / "hub.graphql").read_text().strip()

    def test_migrations_and_reference_data_are_in_the_package(self, image: Image, tmp_path: Path) -> None:
        for command in ("migrate", "seed"):
            done = image.call("hub", command, HUB_DATA_DIR=str(tmp_path / "data"))
            assert done.returncode == 0, done.stderr
            assert "Next: hub" in done.stdout

    def test_command_of_the_image_is_understood(self, image: Image) -> None:
        program, *arguments = json.loads(RUNTIME.all("CMD")[0])
        shown = image.call(program, *arguments, "--help")
        assert shown.returncode == 0, shown.stderr

    def test_every_file_beside_the_code_is_installed(self, image: Image) -> None:
        installed = next(image.at("/opt/hub/lib").glob("python3*/site-packages"))
        for package in PACKAGES:
            assert files_of(installed / package) == files_of(ROOT / package)

    def test_installed_versions_are_the_constraints(self, image: Image) -> None:
        code = "from importlib.metadata import distributions as d; [print(x.name, x.version) for x in d()]"
        listed = dict(line.split() for line in image.call("python", "-c", code).stdout.splitlines())
        pinned = set((ROOT / "constraints.txt").read_text().splitlines())
        assert listed.pop(PROJECT["name"]) == code_version()
        assert {f"{name}=={version}" for name, version in listed.items()} - pinned == set()


def files_of(package: Path) -> set[str]:
    return {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def code_version() -> str:
    """The version as the code has it, which is where the distribution takes it from."""
    match = re.search(r'^__version__ = "(.+)"$', (ROOT / "hub" / "__init__.py").read_text(), re.MULTILINE)
    assert match
    return match[1]


class TestCompose:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services = compose["services"]

    def test_database_is_postgresql_18_with_its_data_in_a_volume(self) -> None:
        database = self.services["database"]
        assert database["image"] == "postgres:18"
        assert database["volumes"] == ["database:/var/lib/postgresql"]
        assert "pg_isready" in database["healthcheck"]["test"]
        assert "ports" not in database
        assert self.compose["networks"]["inside"] == {"internal": True}

    def test_database_has_the_settings_of_the_hubs_own(self) -> None:
        program, *options = self.services["database"]["command"]
        assert (program, options[::2]) == ("postgres", ["-c"] * len(embedded.SERVER_SETTINGS))
        assert dict(option.split("=") for option in options[1::2]) == embedded.SERVER_SETTINGS

    def test_hub_starts_after_the_tables_are_there(self) -> None:
        assert self.services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
        assert self.services["migrate"]["restart"] == "no"
        assert self.services["hub"]["depends_on"] == {
            "database": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }

    def test_hub_never_has_the_password_of_the_owner(self) -> None:
        assert "OWNER" not in json.dumps(self.services["hub"])
        assert self.services["hub"]["environment"]["HUB_DATABASE_URL"].startswith("postgresql://hub:")

    def test_no_secret_has_a_default(self) -> None:
        """Every variable stops the start when it is missing, but for the port and the mail server."""
        text = (ROOT / "compose.yaml").read_text()
        variables = dict(re.findall(r"\$\{(\w+)(:[?-])", text))
        for name in ("HUB_PORT", "HUB_SMTP_URL", "HUB_MAIL_FROM"):  # without the last two no mail is sent
            assert variables.pop(name) == ":-"
        assert "${HUB_SMTP_URL:-}" in text
        assert {"HUB_SECRET_KEY", "HUB_DATABASE_PASSWORD", "HUB_DATABASE_OWNER_PASSWORD"} <= variables.keys()
        assert set(variables.values()) == {":?"}
        assert text.count("${") == len(re.findall(r"\$\{\w+:[?-]", text))

    @pytest.mark.parametrize("service", ["migrate", "hub"])
    def test_own_services_can_write_only_where_they_must(self, service: str) -> None:
        settings = self.services[service]
        assert settings["read_only"] is True
        assert settings["cap_drop"] == ["ALL"]
        assert settings["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in settings
        assert "user" not in settings

    def test_every_setting_is_one_that_the_hub_reads(self) -> None:
        given = {name for s in ("migrate", "hub") for name in self.services[s]["environment"]}
        assert {name for name in given if name not in (ROOT / "hub" / "config.py").read_text()} == set()
