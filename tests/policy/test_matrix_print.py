"""`hub policy` prints every role, table and action, and each cell says what the policy says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from click.testing import CliRunner

from hub import policy
from hub.cli import main
from hub.identity.actor import Role
from hub.matrix import AUDIENCES, SHORT
from hub.policy import Action, Audience, Everybody


def printed() -> str:
    """What the command prints."""
    result = CliRunner().invoke(main, ["policy"])
    assert result.exit_code == 0
    return result.output


def cells(output: str, name: str) -> list[str]:
    """The cells of the line of a table or an action."""
    lines = [line.split() for line in output.splitlines() if line.startswith(f"{name} ")]
    assert len(lines) == 1, name
    return lines[0][1:]


def legend(output: str) -> dict[str, str]:
    """Number -> which rows."""
    return dict(re.findall(r"^ +(\d+)  (.+)$", output, re.MULTILINE))


def check_line(output: str, name: str, scopes: Mapping[Audience, Any]) -> None:
    """Every cell is a dash, or the number of the scope in words."""
    words = legend(output)
    expected = [scopes[audience].says if audience in scopes else "-" for audience in AUDIENCES]
    assert [words.get(cell, cell) for cell in cells(output, name)] == expected, name


def test_every_audience_has_a_column() -> None:
    assert set(AUDIENCES) == {*Everybody, *Role}
    headings = [line for line in printed().splitlines() if all(label in line for label in SHORT.values())]
    assert len(headings) == 2
    assert set(SHORT) == {audience.value for audience in AUDIENCES}


def test_every_table_has_a_line_that_says_who_sees_what() -> None:
    output = printed()
    for model, scopes in policy.READS.items():
        check_line(output, model.__name__, scopes)


def test_every_action_has_a_line_that_says_who_may() -> None:
    output = printed()
    assert set(policy.GRANTS) == set(Action)
    for action, scopes in policy.GRANTS.items():
        check_line(output, action.value, scopes)


def test_every_mapped_table_is_in_the_policy() -> None:
    assert policy.unguarded_models() == []
