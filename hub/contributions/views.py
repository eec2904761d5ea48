"""The contribution summary: hand-written, since it groups what the compiler only lists.

Each group is of one currency, always; pledged, committed and received stand side by side and are never added.
A summary reads the sums that are kept (`rollups`) wherever they tell enough apart, else the contributions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Numeric,
    Select,
    Uuid,
    cast,
    func,
    literal_column,
    null,
    outerjoin,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from hub.contributions.models import Allocation, Contribution
from hub.contributions.rollups import Grain, grain_with


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

NAMES = {
    Dimension.YEAR: "year",
    Dimension.KIND: "kind",
    Dimension.STATE: "state",
    Dimension.CURRENCY: "currency",
    Dimension.PROVIDER: "provider_id",
    Dimension.INITIATIVE: "initiative_id",
    Dimension.WORKING_GROUP: "working_group_id",
}
"""The column of a summary that holds each dimension's key."""

PROVIDER = NAMES[Dimension.PROVIDER]
SUMS = ("pledged", "committed", "received", "allocated")

Conditions = Callable[[Any], Sequence[ColumnElement[bool]]]
"""What is asked of a row: of a contribution, or of a kept sum, whose columns have the same names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The rows that a summary may count, each with what the policy lets the viewer see of them."""

    contribution: Any
    seen: Sequence[ColumnElement[bool]]
    """The contributions that the viewer sees."""
    rollup: Any
    rollup_seen: Sequence[ColumnElement[bool]]
    """The kept sums that the viewer sees: of all contributions, or of the published ones."""
    own: Sequence[ColumnElement[bool]] | None
    """Where the viewer sees sums of published contributions only: which others he sees; None where none."""
    initiative: Any
    initiative_seen: ColumnElement[bool]
    provider: Any
    provider_seen: ColumnElement[bool] | None
    """Which organisations the viewer sees; None where that is all of them."""

    def of_seen_provider(self, source: Any, key: ColumnElement[Any]) -> tuple[Any, ColumnElement[Any]]:
        """The source with each row's provider, and its key: null for all that are hidden."""
        if self.provider_seen is None:
            return source, key
        is_it = (self.provider.id == key) & self.provider_seen
        return outerjoin(source, self.provider.table, is_it), self.provider.id


def summary(
    dimensions: Collection[Dimension],
    filters: Collection[str] | None,
    conditions: Conditions,
    sources: Sources,
    *,
    limit: ColumnElement[int],
) -> Select[Any]:
    """One row a group: keys (null where not grouped by), counts and sums, and `row_order`.

    `filters` are the columns that the conditions read; None where they read what no kept sum has. Grouped by
    initiative or working group, only `allocated` has a figure: what is pledged, committed or received belongs
    to no single initiative.
    """
    chosen = {NAMES[dimension]: None for dimension in (*dimensions, Dimension.CURRENCY)}
    if not DIVIDING.isdisjoint(dimensions):
        return _divided(list(chosen), conditions, sources, limit)
    grain = None if filters is None else grain_with({*chosen, *filters})
    if grain is None:
        row = sources.contribution
        parts: Any = _parts(row, list(chosen), ONE).where(*sources.seen, *conditions(row))
    else:
        parts = _kept(grain, list(chosen), conditions, sources)
    found = parts.subquery("parts")
    count = func.sum(found.c.number).label("contribution_count")
    named: dict[str, ColumnElement[Any]] = {name: found.c[name] for name in chosen}
    source: Any = found
    if PROVIDER in named:
        source, named[PROVIDER] = sources.of_seen_provider(found, named[PROVIDER])
    keys = list(named.values())
    statement = select(
        *_keys(named),
        cast(count, BigInteger).label("contribution_count"),
        *(func.sum(found.c[name]).label(name) for name in SUMS),
    )
    groups = statement.select_from(source).group_by(*keys).having(count > literal_column("0"))
    return _first(groups.order_by(count.desc(), *keys), list(chosen), limit)


ONE: ColumnElement[int] = literal_column("1", Integer)


def _kept(grain: Grain, chosen: Sequence[str], conditions: Conditions, sources: Sources) -> Any:
    """The kept sums of the grain, and each contribution that the viewer sees beyond them."""
    part = sources.rollup
    sums = _parts(part, chosen, part.contribution_count)
    sums = sums.where(part.grain == literal_column(f"'{grain}'"), *sources.rollup_seen, *conditions(part))
    if sources.own is None:
        return sums
    row = sources.contribution
    others = _parts(row, chosen, ONE)
    return union_all(sums, others.where(~row.is_published, *sources.own, *conditions(row)))


def _parts(row: Any, chosen: Sequence[str], number: ColumnElement[int]) -> Select[Any]:
    """Keys, number and sums of each row."""
    columns = [row.column(name).label(name) for name in (*chosen, *SUMS)]
    return select(*columns, number.label("number")).select_from(row.table)


def _keys(chosen: Mapping[str, ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """A column for every dimension, null where it is not grouped by."""
    return [chosen.get(name, cast(null(), KEY_TYPES[name])).label(name) for name in NAMES.values()]


def _first(groups: Select[Any], chosen: Sequence[str], limit: ColumnElement[int]) -> Select[Any]:
    """The first groups, numbered once they are few: PostgreSQL then sorts no more than it has to keep."""
    first = groups.limit(limit).subquery("first")
    keys = [first.c[name] for name in chosen]
    number = func.row_number().over(order_by=[first.c.contribution_count.desc(), *keys])
    return select(*first.c, number.label("row_order"))


def _divided(
    chosen: Sequence[str], conditions: Conditions, sources: Sources, limit: ColumnElement[int]
) -> Select[Any]:
    """Groups of what is allocated to initiatives, or to none that the viewer sees."""
    row, initiative, part = sources.contribution, sources.initiative, Allocation.__table__
    source: Any = outerjoin(row.table, part, part.c.contribution_id == row.id)
    source = outerjoin(
        source, initiative.table, (initiative.id == part.c.initiative_id) & sources.initiative_seen
    )
    of_initiative = {"initiative_id": initiative.id, "working_group_id": initiative.working_group_id}
    keys = {name: of_initiative[name] if name in of_initiative else row.column(name) for name in chosen}
    if PROVIDER in keys:
        source, keys[PROVIDER] = sources.of_seen_provider(source, keys[PROVIDER])
    count = func.count(row.id.distinct())
    nothing = cast(null(), Numeric)
    allocated = func.coalesce(func.sum(part.c.amount), func.min(row.allocated) * literal_column("0"))
    statement = select(
        *_keys(keys),
        count.label("contribution_count"),
        *(nothing.label(name) for name in ("pledged", "committed", "received")),
        allocated.label("allocated"),
    )
    statement = statement.select_from(source).where(*sources.seen, *conditions(row))
    groups = statement.group_by(*keys.values()).order_by(count.desc(), *keys.values())
    return _first(groups, chosen, limit)


KEY_TYPES: dict[str, TypeEngine[Any]] = {
    **{name: Contribution.__table__.c[name].type for name in ("year", "kind", "state", "currency")},
    **{name: Uuid() for name in ("provider_id", "initiative_id", "working_group_id")},
}
