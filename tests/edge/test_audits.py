"""The public audits of GraphQL over HTTP, and the linters of schemas."""

from __future__ import annotations

import json
from pathlib import Path

from tests.node_folder import node

ROOT = Path(__file__).parents[2]
AUDITS = 61


def test_every_audit_of_graphql_over_http_passes(address: str, node_packages: Path) -> None:
    done = node("audits.mjs", f"{address}/graphql", cwd=node_packages)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert len({audit["id"] for audit in found}) == AUDITS
    assert [audit for audit in found if audit["status"] != "ok"] == []


def test_the_linter_finds_nothing_that_is_not_explained(node_packages: Path) -> None:
    eslint, config = node_packages / "node_modules/eslint/bin/eslint.js", node_packages / "eslint.config.mjs"
    done = node(eslint, "--config", config, "--format", "json", "schema/hub.graphql", cwd=ROOT)
    assert done.stdout, done.stderr
    (file,) = json.loads(done.stdout)
    assert [(found["ruleId"], found["line"], found["message"]) for found in file["messages"]] == []
    assert (done.returncode, file["filePath"]) == (0, str(ROOT / "schema" / "hub.graphql"))


def test_the_linter_finds_what_is_wrong(node_packages: Path, tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    wrong = (ROOT / "schema" / "hub.graphql").read_text("utf-8") + "\ntype Undescribed { value: Int }\n"
    (tmp_path / "schema" / "hub.graphql").write_text(wrong, "utf-8")
    eslint, config = node_packages / "node_modules/eslint/bin/eslint.js", node_packages / "eslint.config.mjs"
    done = node(eslint, "--config", config, "--format", "json", "schema/hub.graphql", cwd=tmp_path)
    (file,) = json.loads(done.stdout)
    assert {found["ruleId"].removeprefix("@graphql-eslint/") for found in file["messages"]} == {
        "no-unreachable-types",
        "require-description",
        "strict-id-in-types",
    }


def test_the_inspector_finds_every_operation_of_the_portal_valid(node_packages: Path) -> None:
    inspector = node_packages / "node_modules/@graphql-inspector/cli/cjs/index.js"
    done = node(inspector, "validate", "hub/web/*/*.graphql", "schema/hub.graphql", "--deprecated", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All documents are valid" in done.stdout


def test_the_inspector_finds_no_breaking_change(node_packages: Path) -> None:
    inspector = node_packages / "node_modules/@graphql-inspector/cli/cjs/index.js"
    done = node(inspector, "diff", "schema/released.graphql", "schema/hub.graphql", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
