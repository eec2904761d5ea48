"""The versions, the Makefile and the tracked files: what a newcomer's first hour depends on."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("hub", "schema", "migrations")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Declared for what another package imports by itself when it is there.
LOADED_BY_OTHERS = {
    "asyncpg": "SQLAlchemy, by the URL's scheme",
    "graphql-core": "Strawberry",
    "httptools": "uvicorn",
    "python-multipart": "Starlette, to read forms",
    "redis": "limits, where counters are shared",
    "uvloop": "uvicorn",
    "websockets": "uvicorn",
}


def pins() -> dict[str, str]:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    parsed = [Requirement(line) for line in lines]
    return {canonicalize_name(r.name): str(r.specifier).removeprefix("==") for r in parsed}


def needed() -> dict[str, str]:
    """Every distribution that the project needs here, with tests and checks, and the version installed."""
    extras = PROJECT["optional-dependencies"]
    waiting = [Requirement(text) for text in [*PROJECT["dependencies"], *extras["test"], *extras["check"]]]
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = (name, frozenset(requirement.extras))
        if key in seen or (requirement.marker and not requirement.marker.evaluate()):
            continue
        seen.add(key)
        found[name] = metadata.version(name)
        waiting += further(requirement)
    return found


def further(requirement: Requirement) -> Iterator[Requirement]:
    """What an installed distribution needs in turn, with the extras asked for."""
    for text in metadata.requires(requirement.name) or []:
        wanted = Requirement(text)
        if wanted.marker is None or any(
            wanted.marker.evaluate({"extra": e}) for e in ("", *requirement.extras)
        ):
            wanted.marker = None
            yield wanted


class TestVersions:
    def test_constraints_are_exact_versions_without_addresses(self) -> None:
        lines = (ROOT / "constraints.txt").read_text().splitlines()
        pinned = [line for line in lines if not line.startswith("#")]
        assert [line for line in pinned if not re.fullmatch(r"[\w.-]+==[\w.]+(; .+)?", line)] == []
        assert not re.search(r"https?:|index-url|find-links| @ ", "\n".join(lines))
        assert len(pins()) == len(pinned)

    def test_everything_needed_is_pinned_at_the_version_in_use(self) -> None:
        pinned = pins()
        assert {name: version for name, version in needed().items() if pinned.get(name) != version} == {}

    def test_code_imports_only_what_is_declared_and_declares_only_what_is_used(self) -> None:
        declared, used = distributions(PROJECT["dependencies"]), imported(*PACKAGES)
        assert used - declared == set()
        assert declared - used - LOADED_BY_OTHERS.keys() == set()

    def test_tests_import_only_what_is_declared(self) -> None:
        extras = PROJECT["optional-dependencies"]
        assert imported("tests") - distributions(PROJECT["dependencies"] + extras["test"]) == set()


def distributions(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def imported(*folders: str) -> set[str]:
    """The distributions whose modules the code imports; a module that none provides, by its name."""
    modules: set[str] = set()
    for file in (file for folder in folders for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(str(node.module).partition(".")[0])
    providers = metadata.packages_distributions()
    outside = modules - sys.stdlib_module_names - {*PACKAGES, "tests"}
    return {canonicalize_name(providers.get(module, [module])[0]) for module in outside}


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
class TestMakefile:
    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        kept = {k: v for k, v in os.environ.items() if k not in {"MAKEFLAGS", "MAKELEVEL", "VENV", "PYTHON"}}
        return subprocess.run(["make", "-C", str(ROOT), *arguments], env=kept, capture_output=True, text=True)

    def test_help_is_the_default_and_describes_every_target(self) -> None:
        (line,) = re.findall(r"^\.PHONY: (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
        shown = self.make("--no-print-directory").stdout
        assert shown == self.make("--no-print-directory", "help").stdout
        assert re.findall(r"^  ([a-z]+) +[A-Z].{10,}$", shown, re.MULTILINE) == line.split()
        assert {"demo", "test", "check", "bench"} <= set(line.split())

    def test_a_python_that_is_too_old_is_refused_with_what_to_do(self, tmp_path: Path) -> None:
        result = self.make("demo", "PYTHON=false", f"VENV={tmp_path}/venv")
        assert result.returncode == 2
        assert "The hub needs Python 3.11 or later" in result.stderr
        assert "make demo PYTHON=python3.12" in result.stderr
        assert list(tmp_path.iterdir()) == []


class TestCI:
    def test_script_can_be_run_and_parsed(self) -> None:
        script = ROOT / ".ci" / "run"
        assert os.access(script, os.X_OK)
        assert subprocess.run(["bash", "-n", str(script)]).returncode == 0


@pytest.mark.skipif(
    not (ROOT / ".git").exists(), reason="not a git checkout: what is tracked cannot be known"
)
def test_no_file_names_a_registry_or_a_path_of_somebodys_machine() -> None:
    hosts = (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs"),
        ("docker", "io"),
        ("ghcr", "io"),
    )
    names = [".".join(host) for host in hosts]
    # The checkout's own place and home folders; `/` and one-part places are too common to mean anything.
    places = [f"{p}/" for p in (ROOT, Path.home()) if len(p.parts) > 2]
    forbidden = re.compile(
        "|".join(map(re.escape, names + places)) + r"|/(?:home|Users|root)/\w|[A-Z]:\\Users"
    )
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert files, listed.stderr
    found = {
        f"{file.relative_to(ROOT)}: {match}"
        for file in files
        if file.is_file()
        for match in forbidden.findall(file.read_text(errors="replace"))
    }
    assert found == set()
