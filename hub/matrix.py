"""The policy, printed: who sees which rows, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import policy
from hub.identity.actor import Role
from hub.policy import Everybody, Scopes

AUDIENCES = (*Everybody, *Role)
SHORT = {
    "ANYONE": "anyone",
    "SIGNED_IN": "signed in",
    "PARTNER": "partner",
    "FOCAL_POINT": "focal pt",
    "CO_MANAGER": "co-mgr",
    "CO_CHAIR": "co-chair",
    "STAFF": "staff",
    "REVIEWER": "reviewer",
    "STAKEHOLDER": "stakeh.",
    "ANALYST": "analyst",
    "ADMIN": "admin",
}


def matrix() -> str:
    """Both tables, one line a model or an action, one column an audience; scopes are numbered beneath."""
    legend: dict[str, int] = {}
    reads = {model.__name__: scopes for model, scopes in policy.READS.items()}
    grants = {action.value: scopes for action, scopes in policy.GRANTS.items()}
    parts = [
        "Who sees which rows. A person also sees what 'anyone' and 'signed in' see.",
        *_table(reads, legend),
        "",
        "Who may do what, on which rows.",
        *_table(grants, legend),
        "",
        "Rows:",
        *(f"  {number:2}  {words}" for words, number in legend.items()),
        "   -  none",
    ]
    return "\n".join(parts)


def _table(lines: Mapping[str, Mapping[Any, Any]], legend: dict[str, int]) -> list[str]:
    width = max(map(len, lines))
    heading = " " * width + "".join(f"  {SHORT[audience.value]:>9}" for audience in AUDIENCES)
    return [heading, *(_line(name, scopes, width, legend) for name, scopes in lines.items())]


def _line(name: str, scopes: Scopes, width: int, legend: dict[str, int]) -> str:
    cells = []
    for audience in AUDIENCES:
        scope = scopes.get(audience)
        cells.append("-" if scope is None else str(legend.setdefault(scope.says, len(legend) + 1)))
    return f"{name:{width}}" + "".join(f"  {cell:>9}" for cell in cells)
