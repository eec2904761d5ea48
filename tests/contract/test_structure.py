"""The order of imports between slices, and who may know what."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

RANK = {
    "identity": 0,
    "organisations": 1,
    "initiatives": 2,
    "engagement": 3,
    "proposals": 3,
    "contributions": 4,
    "secondments": 5,
    "reports": 6,
    "opendata": 6,
    "demonstration": 7,
    "web": 8,
}
"""A slice imports slices of a lower rank. Rooms without a rank (db, audit, notifications) serve them all."""

KNOWS_ROLES = ("hub/policy/", "hub/matrix.py", "hub/identity/", "hub/demonstration/", "hub/act.py")
"""Beside the policy: who a role is granted to, and whom the outbox tells."""


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found
    return found


def imports(path: Path) -> set[str]:
    """Every module that the file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def slice_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "hub" and parts[1] in RANK else None


@pytest.mark.parametrize("path", sources("hub"), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_slice_imports_only_slices_below_it(path: Path) -> None:
    own = path.relative_to(ROOT).parts[1]
    if own not in RANK:
        return
    others = {found for module in imports(path) if (found := slice_of(module)) and found != own}
    assert not {other for other in others if RANK[other] >= RANK[own]}


def test_only_the_composition_root_imports_the_contract() -> None:
    importing = {
        str(path.relative_to(ROOT))
        for path in sources("hub")
        if any(module.split(".")[0] == "schema" for module in imports(path))
    }
    assert importing == {"hub/app.py"}


def test_only_the_policy_knows_roles() -> None:
    knowing = {
        str(path.relative_to(ROOT)) for path in sources("hub") if "hub.identity.actor.Role" in imports(path)
    }
    told = {"hub/proposals/actions/moves.py"}  # the type of a recipient, no role of its own
    assert {name for name in knowing if not name.startswith(KNOWS_ROLES)} <= told
    for name in told:
        assert "Role." not in (ROOT / name).read_text("utf-8")


def test_only_the_workflow_moves_a_proposal() -> None:
    """No action but `advance` assigns a state to a proposal that exists."""
    for path in sources("hub/proposals/actions"):
        if path.name == "moves.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign | ast.AugAssign):
                text = ast.unparse(node)
                assert not text.startswith("proposal.state = ") or "ProposalState.DRAFT" in text, text


def test_no_reader_writes_sql_outside_the_rooms_for_it() -> None:
    """The contract is read through the compiler: `select(` stands there, in views, and in filters only."""
    allowed = ("schema/compiler/", "schema/allowed.py", "schema/search.py", "schema/mutating.py")
    filters = {"schema/initiatives.py", "schema/proposals.py", "schema/organisations.py"}
    writing = {
        str(path.relative_to(ROOT))
        for path in sources("schema")
        if "sqlalchemy.select" in imports(path) or "sqlalchemy.text" in imports(path)
    }
    assert {name for name in writing if not name.startswith(allowed)} <= filters


def test_what_signs_people_in_is_loaded_where_there_is_a_provider_only() -> None:
    """Its libraries take a seventh of a worker's memory (measured)."""
    loaded = "import sys, hub.app; print(sorted({'authlib', 'joserfc', 'httpx2'} & set(sys.modules)))"
    command = [sys.executable, "-c", loaded]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"
