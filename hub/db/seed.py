"""Reference data: the CSV files of the slices, loaded so that staff may edit what was loaded.

A row that exists is changed only where the file's `source_on` is newer than the row's own, or where the row
gives way: it has no source, or is an organisation that an import made of a name in its file, whenever that
was. What the file leaves empty is never erased; what staff decide (who is listed, who votes) is set where a
row is new or gives way, and never again. So a second run changes nothing.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar

from sqlalchemy import URL, ColumnElement, Row, Table, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contributions.models import Currency
from hub.db import migrate
from hub.initiatives.models import CorePurpose, GuidingPrinciple
from hub.opendata import directory
from hub.organisations.models import Membership, Organisation, OrganisationKind, WorkingGroup

SEATS = frozenset({"AU", "ID"})
"""The governments of the two Co-Managers: their votes decide until staff configure it otherwise."""

T = TypeVar("T")
Values = dict[str, Any]


def run_seed(owner: URL) -> dict[str, int]:
    """`seed` in a transaction of its own; SetUpError where the database refuses."""
    return run_as_owner(owner, seed)


def run_as_owner(owner: URL, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do the work in one transaction as the role that owns the tables; all of it is kept, or nothing.

    Raises SetUpError where the database refuses, or was never migrated.
    """

    async def as_owner(connection: AsyncConnection) -> T:
        await connection.run_sync(migrate.become_owner)
        return await work(connection)

    return asyncio.run(migrate.in_transaction(owner, as_owner))


async def seed(connection: AsyncConnection) -> dict[str, int]:
    """Load every reference file, as the owner; table -> rows inserted or updated."""
    changed: dict[str, int] = {}
    for model, rows, key in (
        (Currency, _currencies(), "code"),
        (CorePurpose, _numbered("core_purposes.csv"), "number"),
        (GuidingPrinciple, _numbered("guiding_principles.csv"), "number"),
        (WorkingGroup, _working_groups(), "code"),
    ):
        changed[model.__tablename__] = await _load(connection, _table(model), rows, key)
    changed["organisations"] = await _load_organisations(connection)
    changed["memberships"] = await _load_memberships(connection)
    return changed


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


async def _load(
    connection: AsyncConnection,
    table: Table,
    rows: Sequence[Values],
    key: str,
    *,
    first_only: Collection[str] = (),
) -> int:
    """Insert the rows, or update those that give way or are of an older source. `first_only` columns follow
    the file only where the row gives way."""
    insertion = insert(table).values(list(rows))
    present, offered = table.c, insertion.excluded
    changes: Values = {
        name: func.coalesce(offered[name], present[name]) for name in rows[0] if name not in (key, "id")
    }
    for name in first_only:
        changes[name] = case((_gives_way(table), offered[name]), else_=present[name])
    if "version" in present:
        changes |= {"version": present.version + 1, "updated_at": func.now()}
    statement = insertion.on_conflict_do_update(
        index_elements=[key],
        set_=changes,
        where=or_(_gives_way(table), present.source_on < offered.source_on),
    ).returning(present.id)
    return len((await connection.execute(statement)).all())


def _gives_way(table: Table) -> ColumnElement[bool]:
    """That nobody but an import answers for the row: a reference file, whatever its date, knows better."""
    return or_(table.c.source_on.is_(None), table.c.source == directory.SOURCE)


def _read(package: str, name: str) -> list[Values]:
    """A reference file's rows: empty cells as None, `source_on` as a date, `source` in plain words."""
    content = files(package).joinpath("reference", name).read_text("utf-8")
    return [
        {column: cell or None for column, cell in row.items()}
        | {"source": plain(row["source"]), "source_on": date.fromisoformat(row["source_on"])}
        for row in csv.DictReader(io.StringIO(content, newline=""), strict=True)
    ]


def plain(source: str) -> str:
    """The source without the mark (S) of a fact that was seen, keeping what the mark says besides."""

    def words(mark: re.Match[str]) -> str:
        said = mark["said"]
        if not said:
            return ""
        return f" (dated {said})" if said.isdecimal() else f" ({said})"

    return re.sub(r"\s*\(S(?:[,:]\s*(?P<said>[^)]*))?\)", words, source)


def _currencies() -> list[Values]:
    rows = _read("hub.contributions", "currencies.csv")
    return [row | {"minor_unit": int(row["minor_unit"])} for row in rows]


def _numbered(name: str) -> list[Values]:
    return [row | {"number": int(row["number"])} for row in _read("hub.initiatives", name)]


def _working_groups() -> list[Values]:
    return [
        row | {"established_year": int(row["established_year"]) if row["established_year"] else None}
        for row in _read("hub.organisations", "working_groups.csv")
    ]


def _organisations() -> list[Values]:
    """Member States, member organisations, observers and the RSO itself, as rows of one shape."""
    found = []
    for name, kind in (
        ("member_states.csv", OrganisationKind.MEMBER_STATE),
        ("member_organisations.csv", OrganisationKind.INTERNATIONAL_ORGANISATION),
        ("observers.csv", OrganisationKind.OBSERVER),
        ("office.csv", OrganisationKind.OTHER),
    ):
        for row in _read("hub.organisations", name):
            found.append(_organisation(row, kind))
    return found


def _organisation(row: Values, kind: OrganisationKind) -> Values:
    return {
        "kind": kind.value,
        "name": row.get("official_label") or row.get("name"),
        "short_name": row["short_name"],
        "aliases": row["aliases"].split(";") if row["aliases"] else [],
        "iso_code": row.get("iso_code"),
        "iso3_code": row.get("iso3"),
        "m49_code": row.get("m49"),
        "iati_reference": row.get("iati_reference"),
        "is_listed": True,
        "decides": row.get("iso_code") in SEATS,
        "source": row["source"],
        "source_on": row["source_on"],
    }


async def _load_organisations(connection: AsyncConnection) -> int:
    present = await _present(connection, Organisation)
    rows = [row | {"id": _known_organisation(row, present) or func.uuidv7()} for row in _organisations()]
    return await _load(connection, _table(Organisation), rows, "id", first_only=("is_listed", "decides"))


async def _present(
    connection: AsyncConnection, model: type[Organisation] | type[Membership]
) -> Sequence[Row[Any]]:
    table = _table(model)
    return (await connection.execute(select(table).order_by(table.c.id))).all()


def _known_organisation(row: Values, present: Sequence[Row[Any]]) -> uuid.UUID | None:
    """The organisation's id in the database: by its codes; else by its name or short name, either of which
    staff may have changed; else, of those that give way, by a name that imports will take for it."""
    code, reference = row["iso_code"], row["iati_reference"]
    spellings = (row["name"], row["short_name"], *row["aliases"])
    tests: tuple[Callable[[Row[Any]], bool], ...] = (
        lambda other: code is not None and other.iso_code == code,
        lambda other: reference is not None and other.iati_reference == reference,
        lambda other: other.name == row["name"],
        lambda other: code is None and other.iso_code is None and other.short_name == row["short_name"],
        lambda other: (
            (other.source_on is None or other.source == directory.SOURCE)
            and other.iso_code is None
            and directory.answers_to(other.name, spellings)
        ),
    )
    found = (other.id for test in tests for other in present if test(other))
    return next(found, None)


async def _load_memberships(connection: AsyncConnection) -> int:
    """Each seat of the file once: a date that staff have since found does not make it another seat."""
    groups = _table(WorkingGroup).c
    found = await connection.execute(select(groups.code, groups.id))
    group_ids = dict(found.all())
    organisations = await _present(connection, Organisation)
    organisation_ids = {
        row["iso_code"] or row["short_name"]: _known_organisation(row, organisations)
        for row in _organisations()
    }
    present = await _present(connection, Membership)
    rows = []
    for line in _read("hub.organisations", "memberships.csv"):
        row = {
            "organisation_id": organisation_ids[line["organisation"]],
            "working_group_id": group_ids[line["group_code"]],
            "role": line["role"],
            "starts_on": _day(line["starts_on"]),
            "ends_on": _day(line["ends_on"]),
            "source": line["source"],
            "source_on": line["source_on"],
        }
        rows.append(row | {"id": _known_membership(row, present) or func.uuidv7()})
    return await _load(connection, _table(Membership), rows, "id")


def _day(cell: str | None) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _known_membership(row: Values, present: Sequence[Row[Any]]) -> uuid.UUID | None:
    """The seat's id in the database: with the same first day, else where either side does not know it."""
    seat = ("organisation_id", "working_group_id", "role")
    same = [other for other in present if all(getattr(other, name) == row[name] for name in seat)]
    dated = [other for other in same if other.starts_on == row["starts_on"]]
    unknown = [other for other in same if None in (other.starts_on, row["starts_on"])]
    return next((other.id for other in (*dated, *unknown)), None)
