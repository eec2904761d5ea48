"""The contribution summary: hand-written, since it groups what the compiler only lists.

Each group is of one currency, always; pledged, committed and received stand side by side and are never added.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, cast, func, literal_column, null, outerjoin, select

from hub.contributions.models import Allocation, Contribution


class Dimension(StrEnum):
    """What contributions can be grouped by, besides their currency."""

    YEAR = "YEAR"
    KIND = "KIND"
    STATE = "STATE"
    CURRENCY = "CURRENCY"
    PROVIDER = "PROVIDER"
    INITIATIVE = "INITIATIVE"
    WORKING_GROUP = "WORKING_GROUP"


DIVIDING = {Dimension.INITIATIVE, Dimension.WORKING_GROUP}
"""Dimensions along which a contribution is divided: only its allocations can be counted there."""


def summary(
    dimensions: Sequence[Dimension],
    contribution: Any,
    initiative: Any,
    *,
    rows: Sequence[ColumnElement[bool]],
    initiative_seen: ColumnElement[bool],
    limit: ColumnElement[int],
) -> Select[Any]:
    """One row a group: keys (null where not grouped by), counts and sums, and `row_order`.

    `rows` are the conditions on the contribution, policy among them. Grouped by initiative or working group,
    only `allocated` has a figure: what is pledged, committed or received belongs to no single initiative.
    """
    keys = _keys(contribution, initiative)
    chosen = {dimension: keys[dimension] for dimension in dict.fromkeys([*dimensions, Dimension.CURRENCY])}
    is_divided = bool(DIVIDING & set(dimensions))
    sums = _divided_sums(contribution) if is_divided else _whole_sums(contribution)
    columns = [
        (chosen[dimension] if dimension in chosen else cast(null(), keys[dimension].type)).label(name)
        for dimension, name in NAMES.items()
    ]
    order = [func.count(contribution.id.distinct()).desc(), *chosen.values()]
    statement = select(
        *columns,
        func.count(contribution.id.distinct()).label("contribution_count"),
        *(sums[name].label(name) for name in ("pledged", "committed", "received", "allocated")),
        func.row_number().over(order_by=order).label("row_order"),
    )
    source = contribution.table
    if is_divided:
        part = Allocation.__table__
        divided = outerjoin(source, part, part.c.contribution_id == contribution.id)
        source = outerjoin(
            divided, initiative.table, (initiative.id == part.c.initiative_id) & initiative_seen
        )
    found = statement.select_from(source).where(*rows).group_by(*chosen.values())
    return found.order_by(literal_column("row_order")).limit(limit)


NAMES = {
    Dimension.YEAR: "year",
    Dimension.KIND: "kind",
    Dimension.STATE: "state",
    Dimension.CURRENCY: "currency",
    Dimension.PROVIDER: "provider_id",
    Dimension.INITIATIVE: "initiative_id",
    Dimension.WORKING_GROUP: "working_group_id",
}


def _keys(contribution: Any, initiative: Any) -> dict[Dimension, ColumnElement[Any]]:
    return {
        Dimension.YEAR: contribution.year,
        Dimension.KIND: contribution.kind,
        Dimension.STATE: contribution.state,
        Dimension.CURRENCY: contribution.currency,
        Dimension.PROVIDER: contribution.provider_id,
        Dimension.INITIATIVE: initiative.id,
        Dimension.WORKING_GROUP: initiative.working_group_id,
    }


def _whole_sums(contribution: Any) -> dict[str, ColumnElement[Any]]:
    return {
        name: func.sum(getattr(contribution, name))
        for name in ("pledged", "committed", "received", "allocated")
    }


def _divided_sums(contribution: Any) -> dict[str, ColumnElement[Any]]:
    nothing = cast(null(), Contribution.pledged.type)
    allocated = func.sum(Allocation.__table__.c.amount)
    return {
        "pledged": nothing,
        "committed": nothing,
        "received": nothing,
        "allocated": func.coalesce(allocated, func.min(contribution.allocated) * literal_column("0")),
    }
