"""The dashboard's figures: one currency, one row a group; pledged, committed and received side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, TypeAlias

from markupsafe import Markup

from hub.web.charts import Bar, bar_chart
from hub.web.templating import label

DIMENSIONS: Final = {
    "YEAR": "Year",
    "KIND": "Kind",
    "STATE": "State",
    "PROVIDER": "Provider",
}
STAGES: Final = ("pledged", "committed", "received")
LONGEST_CHART: Final = 12
UNNAMED: Final = "Not named"

Group: TypeAlias = Mapping[str, Any]


class Row(NamedTuple):
    """The contributions of one group in one currency; an amount is the text that the API gave."""

    label: str
    currency: str
    contributions: int
    pledged: str
    committed: str
    received: str
    allocated: str


def rows_of(groups: Iterable[Group], dimension: str) -> list[Row]:
    """A row for each group: years in their order, everything else with the most contributions first."""
    listed = sorted(groups, key=lambda group: group["year"]) if dimension == "YEAR" else list(groups)
    return [
        Row(
            name,
            group["currency"],
            group["contributionCount"],
            *(group[amount]["amount"] for amount in (*STAGES, "allocated")),
        )
        for name, group in zip(_names(listed, dimension), listed, strict=True)
    ]


def _names(groups: Sequence[Group], dimension: str) -> list[str]:
    """What each group is called; two of one name in one currency are numbered."""
    seen: Counter[tuple[str, str]] = Counter()
    names = []
    for group in groups:
        name = _name(group, dimension)
        seen[name, group["currency"]] += 1
        times = seen[name, group["currency"]]
        names.append(name if times == 1 else f"{name} ({times})")
    return names


def _name(group: Group, dimension: str) -> str:
    value = group[dimension.lower()]
    if dimension == "PROVIDER":
        return UNNAMED if value is None else str(value["shortName"])
    return str(value) if dimension == "YEAR" else label(value)


def chart_of(rows: Sequence[Row], *, dimension: str, currency: str) -> Markup:
    """The first groups as bars, a bar for each stage. Stages are beside each other, never on each other."""
    shown = rows[-LONGEST_CHART:] if dimension == "YEAR" else rows[:LONGEST_CHART]
    by = DIMENSIONS[dimension].lower()
    return bar_chart(
        f"Contributions by {by}, in {currency}",
        f"Pledged, committed and received amounts in {currency} for each {by}. "
        "The table below has every figure.",
        [
            Bar(row.label, stage.capitalize(), Decimal(getattr(row, stage)))
            for row in shown
            for stage in STAGES
        ],
        currency,
    )
