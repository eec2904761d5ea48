"""Which organisation a name in an FTS export is: one that the hub has, by its exact name, or a new one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from hub.opendata.fts import Flow
from hub.organisations.models import Organisation, OrganisationKind

SOURCE = "OCHA FTS export"
"""The source of an organisation that an import made; reference data takes such a one over (`hub.db.seed`)."""
GOVERNMENT_OF = ", Government of"
NOBODY_IN_PARTICULAR = "multiple"

KINDS = {
    "Government": OrganisationKind.GOVERNMENT,
    "UN agency": OrganisationKind.INTERNATIONAL_ORGANISATION,
    "Inter-governmental": OrganisationKind.INTERNATIONAL_ORGANISATION,
    "NGO": OrganisationKind.CIVIL_SOCIETY,
    "Red Cross/Red Crescent": OrganisationKind.CIVIL_SOCIETY,
    "Private organization/foundation": OrganisationKind.PRIVATE_SECTOR,
}
"""FTS type -> kind; any other type, pooled funds among them, is OTHER."""

Named = tuple[str, tuple[str, ...]]
"""An organisation as an export has it: its name and its FTS types."""


class Directory:
    """Organisations by what they are called. Equal but for case and outer space, or with one ", Government
    of" less at the end: a part of a name never decides, so "Niger" is not "Nigeria" nor "CWS Japan" Japan."""

    def __init__(self, organisations: Iterable[tuple[uuid.UUID, str, str, Sequence[str]]]) -> None:
        """From id, name, short name and aliases; a name goes before a short name, that before an alias."""
        known = list(organisations)
        self._ids: dict[str, uuid.UUID] = {}
        for id, name, _, _ in known:
            self._ids.setdefault(_key(name), id)
        for id, _, short_name, _ in known:
            self._ids.setdefault(_key(short_name), id)
        for id, _, _, aliases in known:
            for alias in aliases:
                self._ids.setdefault(_key(alias), id)

    def find(self, name: str | None) -> uuid.UUID | None:
        """The organisation of this name; None where there is none, or where no single one is named."""
        return next((self._ids[key] for key in _keys(name) if key in self._ids), None)

    def knows(self, name: str | None) -> bool:
        """Whether `find` has the answer already, which may be that no single organisation is named."""
        return not _keys(name) or self.find(name) is not None

    def enter(self, id: uuid.UUID, *names: str) -> None:
        """Find the organisation by these names from now on, where they are not another's."""
        for name in names:
            self._ids.setdefault(_key(name), id)


def answers_to(name: str, spellings: Iterable[str]) -> bool:
    """Whether an import takes the name for the organisation that has these spellings."""
    return not {_key(spelling) for spelling in spellings}.isdisjoint(_keys(name))


async def load(connection: AsyncConnection) -> Directory:
    """Every organisation of the hub; of two with one name in common, the older is found."""
    columns = (Organisation.id, Organisation.name, Organisation.short_name, Organisation.aliases)
    rows = await connection.execute(select(*columns).order_by(Organisation.id))
    return Directory(rows.all())


async def create_missing(
    connection: AsyncConnection, directory: Directory, flows: Iterable[Flow], *, listed: bool, on: date
) -> int:
    """Create the organisations that the flows name and the directory lacks; how many were created.

    A name that somebody else is inserting at this moment is waited for, and is then theirs.
    """
    missing = _missing(directory, flows)
    if not missing:
        return 0
    rows = [_row(named, listed=listed, on=on) for named in missing]
    statement = (
        insert(Organisation).on_conflict_do_nothing(index_elements=["name"]).returning(Organisation.id)
    )
    created = (await connection.execute(statement, rows)).all()
    names = literal([row["name"] for row in rows], ARRAY(Text))
    found = select(Organisation.id, Organisation.name, Organisation.short_name)
    for id, name, short_name in await connection.execute(found.where(Organisation.name == any_(names))):
        directory.enter(id, name, short_name)
    return len(created)


def _missing(directory: Directory, flows: Iterable[Flow]) -> list[Named]:
    """In the order of the file, each once: a name that an earlier one of them answers to is not missing."""
    called: set[str] = set()
    missing: list[Named] = []
    for name, types in _named(flows):
        if directory.knows(name) or called.intersection(_keys(name)):
            continue
        missing.append((name, types))
        called |= {_key(name), _key(_everyday(name))}
    return missing


def _named(flows: Iterable[Flow]) -> Iterator[Named]:
    for flow in flows:
        if flow.provider_name is not None:
            yield flow.provider_name, flow.provider_types
        if flow.receiver_name is not None:
            yield flow.receiver_name, flow.receiver_types


def _row(named: Named, *, listed: bool, on: date) -> dict[str, Any]:
    name, types = named
    kind = next((KINDS[type] for type in types if type in KINDS), OrganisationKind.OTHER)
    return {
        "kind": kind.value,
        "name": name.strip(),
        "short_name": _everyday(name),
        "vetting_state": None,
        "is_listed": listed,
        "source": SOURCE,
        "source_on": on,
    }


def _everyday(name: str) -> str:
    """The name without ", Government of" at its end, unless nothing else is in it."""
    stripped = name.strip()
    if not _key(stripped).endswith(_key(GOVERNMENT_OF)):
        return stripped
    return stripped[: -len(GOVERNMENT_OF)].strip() or stripped


def _keys(name: str | None) -> tuple[str, ...]:
    """What to compare, in order; nothing where the name is blank or says that there are several."""
    if name is None or _key(name) in ("", NOBODY_IN_PARTICULAR):
        return ()
    return _key(name), _key(_everyday(name))


def _key(name: str) -> str:
    return name.strip().casefold()
