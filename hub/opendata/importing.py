"""`hub import fts FILE`: an FTS export becomes organisations, contributions and transactions.

Each keeps where it came from. One file is one transaction: all of it is kept, or nothing. The same file is
imported once; another file that has flows of an earlier one changes what the source changed (see
`hub.opendata.revision`). Every row of the file is accepted, unchanged, or rejected with line, column and
reason; a rejected row changes nothing.

Only flows into the boundary of the export are kept: money that moves on inside it, or leaves it, was counted
when it came in.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import URL, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import Text, Uuid

from hub import money
from hub.contributions.models import Contribution, Currency
from hub.db.seed import run_as_owner
from hub.errors import InvalidInput, Problem, SetUpError
from hub.opendata import directory as organisations
from hub.opendata import fts, recording
from hub.opendata.directory import Directory
from hub.opendata.fts import Flow, FtsFile, Rejection
from hub.opendata.models import ImportRejection, ImportRun
from hub.opendata.recording import SOURCE, Plan
from hub.opendata.revision import Entry, Held, Refusal, revise

COUNTED_BEFORE = ("internal", "outgoing")
"""The boundaries of flows whose money has come in by another flow."""
_IMPORT_LOCK = 7_205_014


@dataclass(frozen=True, slots=True)
class Sum:
    """What the flows of the file come to in one state, kind and currency, now, in the hub."""

    state: str
    kind: str
    currency: str
    count: int
    amount: Decimal
    """What was received, where anything was; else what was committed; else what was pledged."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did: `row_count == accepted + unchanged + len(rejected)`."""

    run_id: uuid.UUID
    """Of the run that imported this file: the first one, where it `is_repeated`."""
    sha256: str
    is_repeated: bool
    """Whether this very file had been imported before, so that nothing was done."""
    ran_at: datetime
    row_count: int
    accepted: int
    """Rows that made a contribution, or changed one."""
    unchanged: int
    """Rows that the hub had already; at most the day is kept on which the source last changed them."""
    rejected: tuple[Rejection, ...]
    organisations_created: int
    sums: tuple[Sum, ...]


def run_import(owner: URL, path: Path, *, publish: bool) -> ImportResult:
    """Import the file as the owner of the tables, in one transaction; see `import_fts`.

    Raises InvalidInput at path ("file",) where the file is not usable, SetUpError where the database is not.
    """
    data, now = _content(path), datetime.now(UTC)

    def work(connection: AsyncConnection) -> Awaitable[ImportResult]:
        return import_fts(connection, data, file_name=path.name, publish=publish, now=now)

    return run_as_owner(owner, work)


async def import_fts(
    connection: AsyncConnection, data: bytes, *, file_name: str, publish: bool, now: datetime
) -> ImportResult:
    """Import an export over a connection of the owner, in its transaction, which the caller commits.

    `publish` lets the public see the contributions and organisations that this import creates. Imports wait
    for each other. Raises InvalidInput where the file is refused whole, and has then written nothing.
    """
    file = fts.read(data, await _minor_units(connection))
    await connection.execute(select(func.pg_advisory_xact_lock(_IMPORT_LOCK)))
    runs = select(ImportRun.id, ImportRun.ran_at)
    earlier = await connection.execute(runs.where(ImportRun.file_hash == bytes.fromhex(file.sha256)))
    run = earlier.one_or_none()
    if run is not None:
        return await _repeated(connection, file, *run)
    return await _imported(connection, file, _storable(file_name), publish=publish, now=now)


def _content(path: Path) -> bytes:
    """The file's bytes; of one that is too large as many as show it."""
    try:
        with path.open("rb") as file:
            return file.read(fts.LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is not usable"
        message = f"{str(path)!a} cannot be read ({reason}). Name a CSV export that you may read."
        raise InvalidInput([Problem(("file",), "NOT_READABLE", message)]) from error


def _storable(file_name: str) -> str:
    """The name in characters that text can have: a file system may allow others."""
    return file_name.replace("\0", "?").encode("utf-8", "replace").decode()


async def _minor_units(connection: AsyncConnection) -> dict[str, int]:
    """Digits after the point of every currency that the database has, as all amounts of the hub have them."""
    codes = set(await connection.scalars(select(Currency.code)))
    units = {code: digits for code, digits in money.minor_units().items() if code in codes}
    if "USD" not in units:
        raise SetUpError("The database has no currencies yet. Run `hub seed`, then import again.")
    return units


async def _repeated(
    connection: AsyncConnection, file: FtsFile, run_id: uuid.UUID, ran_at: datetime
) -> ImportResult:
    """Nothing is done; the rejections are those of the first time."""
    columns = (
        ImportRejection.line,
        func.coalesce(ImportRejection.source_reference, ""),
        ImportRejection.field,
        ImportRejection.reason,
    )
    found = select(*columns).where(ImportRejection.import_run_id == run_id).order_by(ImportRejection.line)
    rejected = tuple(Rejection(*row) for row in await connection.execute(found))
    lines = {rejection.line for rejection in rejected}
    return ImportResult(
        run_id=run_id,
        sha256=file.sha256,
        is_repeated=True,
        ran_at=ran_at,
        row_count=file.row_count,
        accepted=0,
        unchanged=file.row_count - len(rejected),
        rejected=rejected,
        organisations_created=0,
        sums=await _sums(connection, [flow for flow in file.flows if flow.line not in lines]),
    )


async def _imported(
    connection: AsyncConnection, file: FtsFile, file_name: str, *, publish: bool, now: datetime
) -> ImportResult:
    directory = await organisations.load(connection)
    plan = _planned(file, await _held(connection, file.flows), directory)
    run_id = await recording.record_run(connection, file, plan, file_name, now)
    created = await organisations.create_missing(
        connection, directory, plan.accepted, listed=publish, on=now.date()
    )
    await recording.enter(connection, plan.new, directory, run_id, publish=publish, now=now)
    await recording.revise(connection, plan.revised, directory, run_id, file_name=file_name, now=now)
    await recording.note(connection, plan.unchanged)
    return ImportResult(
        run_id=run_id,
        sha256=file.sha256,
        is_repeated=False,
        ran_at=now,
        row_count=file.row_count,
        accepted=len(plan.accepted),
        unchanged=len(plan.unchanged),
        rejected=tuple(plan.rejected),
        organisations_created=created,
        sums=await _sums(connection, [*plan.accepted, *(flow for flow, _ in plan.unchanged)]),
    )


# What becomes of each flow


async def _held(connection: AsyncConnection, flows: Sequence[Flow]) -> dict[str, Held]:
    """By flow id, what earlier imports made of these flows; locked until the transaction ends."""
    ids = literal([flow.flow_id for flow in flows], ARRAY(Text))
    ours = (Contribution.source_name == SOURCE) & (Contribution.source_reference == any_(ids))
    found = select(Contribution).where(ours).order_by(Contribution.id).with_for_update()
    async with AsyncSession(connection) as session:
        contributions = (await session.scalars(found)).all()
        entries: dict[uuid.UUID, list[Entry]] = {contribution.id: [] for contribution in contributions}
        keys = literal(list(entries), ARRAY(Uuid))
        on_them = select(Entry).where(Entry.contribution_id == any_(keys)).order_by(Entry.id)
        for entry in await session.scalars(on_them):
            entries[entry.contribution_id].append(entry)
    return {str(c.source_reference): Held(c, tuple(entries[c.id])) for c in contributions}


def _planned(file: FtsFile, held: dict[str, Held], directory: Directory) -> Plan:
    plan = Plan([], [], [], list(file.rejections))
    for flow in file.flows:
        was = held.get(flow.flow_id)
        outcome = _counted_before(flow) or (None if was is None else revise(flow, was, directory))
        if isinstance(outcome, Refusal):
            plan.rejected.append(Rejection(flow.line, flow.flow_id, outcome.field, outcome.reason))
        elif was is None:
            plan.new.append(flow)
        elif outcome is None:
            plan.unchanged.append((flow, was))
        else:
            plan.revised.append((flow, was, outcome))
    plan.rejected.sort(key=lambda rejection: rejection.line)
    return plan


def _counted_before(flow: Flow) -> Refusal | None:
    if flow.boundary.casefold() not in COUNTED_BEFORE:
        return None
    said = f"The flow is “{flow.boundary}”: its money is in the export's incoming flows already"
    return Refusal("boundary", f"{said}. Export incoming flows only.")


# What it comes to


async def _sums(connection: AsyncConnection, flows: Sequence[Flow]) -> tuple[Sum, ...]:
    """One statement, so that it says what the database has, not what was meant to be written."""
    ids = literal([flow.flow_id for flow in flows], ARRAY(Text))
    of = (Contribution.state, Contribution.kind, Contribution.currency)
    reached = func.coalesce(
        func.nullif(Contribution.received, 0), func.nullif(Contribution.committed, 0), Contribution.pledged
    )
    statement = (
        select(*of, func.count(), func.sum(reached))
        .where(Contribution.source_name == SOURCE, Contribution.source_reference == any_(ids))
        .group_by(*of)
        .order_by(*of)
    )
    return tuple(Sum(*row) for row in await connection.execute(statement))
