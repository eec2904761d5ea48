"""What every part of the demonstration stands on: its day, its chance, its rows and their references."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.base import Base
from hub.db.counters import reference_counters
from hub.errors import SetUpError
from hub.identity.actor import Role
from hub.initiatives.models import CorePurpose, GuidingPrinciple
from hub.organisations.models import Organisation, WorkingGroup

ANCHOR = date(2026, 11, 1)
"""The day that the demonstration takes for today: nothing in it happened later."""

Values = dict[str, Any]


def stream(subject: str) -> Random:
    """The subject's own sequence of chance, so that a change to one leaves the others as they were."""
    return Random(f"demonstration:{subject}")  # noqa: S311 (no secret depends on it)


def workday(day: date) -> date:
    """The day, or the Friday before where it is a weekend's."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def instant(day: date, minute: int = 0) -> datetime:
    """A moment of the day's office hours in Bangkok, as UTC; the minute is counted from nine o'clock."""
    return datetime.combine(workday(day), time(2, 0), UTC) + timedelta(minutes=minute)


class Rows:
    """The rows to insert, table by table. Ids are UUIDv7 of the row's own moment, the same each time."""

    def __init__(self) -> None:
        self._of: defaultdict[Table, list[Values]] = defaultdict(list)
        self._chance = stream("ids")
        self._count = 0

    def add(self, model: type[Base], at: datetime, **values: Any) -> Values:
        """Add a row made at the moment, and return it, so that what happens later can still change it."""
        table = Base.metadata.tables[f"{Base.metadata.schema}.{model.__tablename__}"]
        row: Values = {"id": self._next_id(at), **values}
        if "created_at" in table.c:
            row |= {"created_at": at, "updated_at": at}
        if "is_demonstration" in table.c:
            row["is_demonstration"] = True
        if "version" in table.c:
            row.setdefault("version", 1)
        self._of[table].append(row)
        return row

    def _next_id(self, at: datetime) -> uuid.UUID:
        """Milliseconds, version 7, a count that keeps rows of one moment in order, variant, chance."""
        self._count = (self._count + 1) % 4096
        milliseconds = int(at.timestamp()) * 1000
        bits = milliseconds << 80 | 7 << 76 | self._count << 64 | 2 << 62 | self._chance.getrandbits(62)
        return uuid.UUID(int=bits)

    async def insert(self, connection: AsyncConnection) -> dict[str, int]:
        """Insert everything, referred-to tables first; table -> rows."""
        counts: dict[str, int] = {}
        for table in Base.metadata.sorted_tables:
            rows = self._of[table]
            if not rows:
                continue
            columns = dict.fromkeys(name for row in rows for name in row)
            await connection.execute(insert(table), [columns | row for row in rows])
            counts[table.name] = len(rows)
        return counts


class References:
    """References such as PRO-2026-0031, counted on from what the hub has given already."""

    def __init__(self, given: Mapping[tuple[str, int], int]) -> None:
        self._last = defaultdict(int, given)

    def next(self, prefix: str, year: int, digits: int = 4) -> str:
        """The next reference of the kind and year."""
        self._last[prefix, year] += 1
        return f"{prefix}-{year}-{self._last[prefix, year]:0{digits}d}"

    async def keep(self, connection: AsyncConnection) -> None:
        """Let the hub's own references continue after these."""
        rows = [{"prefix": prefix, "year": year, "last": last} for (prefix, year), last in self._last.items()]
        insertion = upsert(reference_counters).values(rows)
        await connection.execute(
            insertion.on_conflict_do_update(
                index_elements=["prefix", "year"], set_={"last": insertion.excluded.last}
            )
        )


@dataclass(slots=True)
class World:
    """What there is so far: the reference data's ids, the invented ones', and the rows to insert."""

    references: References
    working_groups: Mapping[str, uuid.UUID]
    core_purposes: Mapping[int, uuid.UUID]
    guiding_principles: Mapping[int, uuid.UUID]
    organisations: dict[str, uuid.UUID]
    """By ISO code; without one, by short name."""
    labels: dict[str, str]
    """By the same keys: what the organisation is called every day."""
    people: dict[tuple[Role, str], uuid.UUID] = field(default_factory=dict)
    """By role and organisation."""
    rows: Rows = field(default_factory=Rows)

    def organisation(self, key: str) -> uuid.UUID:
        """The organisation's id; SetUpError where the reference data lacks it."""
        try:
            return self.organisations[key]
        except KeyError:
            raise SetUpError(f"The reference data has no organisation {key}. Run `hub seed` first.") from None

    def person(self, role: Role, organisation: str) -> uuid.UUID:
        """The id of the organisation's person with the role."""
        return self.people[role, organisation]


async def survey(connection: AsyncConnection) -> World:
    """The world as the reference data makes it; SetUpError where that is missing."""
    counters, organisations = reference_counters.c, Organisation.__table__.c
    given = await connection.execute(select(counters.prefix, counters.year, counters.last))
    key = func.coalesce(organisations.iso_code, organisations.short_name)
    known = (await connection.execute(select(key, organisations.id, organisations.short_name))).all()
    world = World(
        references=References({(prefix, year): last for prefix, year, last in given}),
        working_groups=await _ids(connection, WorkingGroup, "code"),
        core_purposes=await _ids(connection, CorePurpose, "number"),
        guiding_principles=await _ids(connection, GuidingPrinciple, "number"),
        organisations={key: id for key, id, _ in known},
        labels={key: label for key, _, label in known},
    )
    if not (world.working_groups and world.core_purposes and world.guiding_principles):
        raise SetUpError("The reference data is missing. Run `hub seed` first.")
    return world


async def _ids(connection: AsyncConnection, model: type[Base], key: str) -> dict[Any, uuid.UUID]:
    columns = model.__table__.c
    found = await connection.execute(select(columns[key], columns.id))
    return dict(found.all())
