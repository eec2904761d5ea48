"""The form of a draft, the same for a new one and for one that is edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hub.web.forms import Form
from hub.web.listing import options

FIELDS: Final = (
    "title",
    "summary",
    "objectives",
    "kind",
    "scope",
    "workingGroupId",
    "startsOn",
    "endsOn",
    "budget.amount",
    "budget.currency",
)
HIDDEN: Final = ("id", "expectedVersion", "idempotencyKey")
LABELS: Final = {
    "title": "Title",
    "summary": "Summary",
    "objectives": "Objectives",
    "kind": "Kind",
    "scope": "Scope",
    "workingGroupId": "Working group",
    "startsOn": "First day",
    "endsOn": "Last day",
    "budget.amount": "Budget",
    "budget.currency": "Currency of the budget",
}
_DAY: Final = "write the day as year, month, day, such as 2027-03-01"
MALFORMED: Final = {
    "startsOn": _DAY,
    "endsOn": _DAY,
    "budget.amount": "write the digits with a point before the last ones, such as 120000.00",
    "kind": "choose one of the list",
    "scope": "choose one of the list",
}


def choices(data: Mapping[str, Any]) -> dict[str, list[tuple[str, str]]]:
    """The choices of the form's lists."""
    groups = [(group["id"], group["name"]) for group in data["workingGroups"]["nodes"]]
    return {
        "kind": options("Not chosen yet", data["kinds"]),
        "scope": options("Not chosen yet", data["scopes"]),
        "workingGroupId": [("", "None"), *groups],
    }


def content(form: Form) -> dict[str, Any]:
    """The input of the mutation; what is empty is null, which empties it."""
    given: dict[str, Any] = {name: form.given(name) for name in FIELDS if "." not in name}
    # Null would be refused before the API looks at the rest; empty is reported along with everything else.
    given["title"] = form.value("title")
    amount, currency = form.given("budget.amount"), form.given("budget.currency")
    given["budget"] = {"amount": amount, "currency": currency} if amount or currency else None
    return given


def filled(revision: Mapping[str, Any]) -> Form:
    """The form with what the revision says."""
    values = {name: revision.get(name) for name in FIELDS if "." not in name}
    values["workingGroupId"] = revision["workingGroup"]["id"] if revision["workingGroup"] else None
    for part in ("amount", "currency"):
        values[f"budget.{part}"] = revision["budget"][part] if revision["budget"] else None
    return Form.filled(FIELDS, values)


def visible(form: Form) -> Form:
    """Without what the form carries unseen: a problem there stands at the whole form."""
    return Form(FIELDS, {name: form.chosen(name) for name in FIELDS if form.chosen(name)})
