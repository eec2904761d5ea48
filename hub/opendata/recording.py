"""Writes what an FTS import has decided: a fixed number of statements, whatever the number of rows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, bindparam, insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub import money
from hub.contributions.models import Contribution
from hub.contributions.workflow import ContributionKind, Totals, in_kind_state_of, state_of
from hub.db.base import Base
from hub.opendata.directory import Directory
from hub.opendata.fts import Flow, FtsFile, Rejection
from hub.opendata.models import ImportRejection, ImportRun
from hub.opendata.revision import Entry, Held, Revision, is_newer, rate, summed, title

SOURCE = "OCHA FTS"
_MAKE_KEYS = text(
    "select uuidv7(), reference"
    " from hub.next_references('CON', :year, 4, :count) with ordinality given(reference, number)"
    " order by number"
)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of each flow: entered as new, changing what is held, unchanged, or rejected."""

    new: list[Flow]
    revised: list[tuple[Flow, Held, Revision]]
    unchanged: list[tuple[Flow, Held]]
    rejected: list[Rejection]

    @property
    def accepted(self) -> list[Flow]:
        return sorted([*self.new, *(flow for flow, _, _ in self.revised)], key=lambda flow: flow.line)


async def record_run(
    connection: AsyncConnection, file: FtsFile, plan: Plan, file_name: str, now: datetime
) -> uuid.UUID:
    """The run with its rejections; its id, to which contributions refer."""
    statement = insert(ImportRun).values(
        source_name=SOURCE,
        file_name=file_name,
        file_hash=bytes.fromhex(file.sha256),
        ran_at=now,
        row_count=file.row_count,
        accepted_count=len(plan.accepted),
        unchanged_count=len(plan.unchanged),
        rejected_count=len(plan.rejected),
    )
    run_id = (await connection.execute(statement.returning(ImportRun.id))).scalar_one()
    rows = [
        {
            "import_run_id": run_id,
            "line": rejection.line,
            "source_reference": rejection.flow_id or None,
            "field": rejection.field,
            "reason": rejection.reason,
        }
        for rejection in plan.rejected
    ]
    await _insert(connection, ImportRejection, rows)
    return run_id


async def enter(
    connection: AsyncConnection,
    flows: list[Flow],
    directory: Directory,
    run_id: uuid.UUID,
    *,
    publish: bool,
    now: datetime,
) -> None:
    """A contribution with one entry for each flow. All keys and references come from one statement."""
    if not flows:
        return
    keys = await connection.execute(_MAKE_KEYS, {"year": now.year, "count": len(flows)})
    contributions: list[Row] = []
    entries: list[Row] = []
    for flow, (id, reference) in zip(flows, keys, strict=True):
        contribution = {
            "id": id,
            "reference": reference,
            "kind": flow.kind.value,
            "currency": flow.currency,
            "is_published": publish,
            "import_run_id": run_id,
            "source_name": SOURCE,
            "source_reference": flow.flow_id,
            "source_updated_on": flow.updated_on,
            "allocated": money.exact(Decimal(0), flow.currency).amount,
            **_descriptions(flow, directory),
            **_figures(summed([(flow.transaction_type, flow.amount)]), flow),
        }
        contributions.append(contribution)
        entries.append(_entry(flow, id, run_id, now, said=None))
    await _insert(connection, Contribution, contributions)
    await _insert(connection, Entry, entries)


async def revise(
    connection: AsyncConnection,
    revised: list[tuple[Flow, Held, Revision]],
    directory: Directory,
    run_id: uuid.UUID,
    *,
    file_name: str,
    now: datetime,
) -> None:
    """Bring contributions up to what the newer file says; what was entered before stays on record."""
    if not revised:
        return
    said = f"Revised by {SOURCE} in {file_name}"
    contributions: list[Row] = []
    entries: list[Row] = []
    for flow, held, revision in revised:
        was = held.contribution
        contribution = {
            "key": was.id,
            "version": was.version + 1,
            "source_updated_on": flow.updated_on or was.source_updated_on,
            **_descriptions(flow, directory),
            **_figures(revision.totals, flow, is_valued=was.valuation_approved_by_id is not None),
        }
        contributions.append(contribution)
        entries += [_reversing(entry, flow, run_id, now, said=said) for entry in revision.reversed]
        if revision.is_entered:
            entries.append(_entry(flow, was.id, run_id, now, said=said))
    table = _table(Contribution)
    await connection.execute(update(table).where(table.c.id == bindparam("key")), contributions)
    await _insert(connection, Entry, entries)


async def note(connection: AsyncConnection, unchanged: list[tuple[Flow, Held]]) -> None:
    """Keep on which day the source last changed what it changed in nothing that the hub has.

    It is no new version: whoever is editing the contribution has read all that there is.
    """
    rows = [
        {"key": held.contribution.id, "source_updated_on": flow.updated_on}
        for flow, held in unchanged
        if is_newer(flow, held.contribution)
    ]
    if rows:
        table = _table(Contribution)
        await connection.execute(update(table).where(table.c.id == bindparam("key")), rows)


async def _insert(connection: AsyncConnection, model: type[Base], rows: list[Row]) -> None:
    """All rows by one statement: every row has the same columns, and a None is written as such."""
    if rows:
        await connection.execute(insert(_table(model)), rows)


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table


def _descriptions(flow: Flow, directory: Directory) -> Row:
    """What says what the contribution is, and whose."""
    return {
        "title": title(flow),
        "description": flow.description or None,
        "provider_id": directory.find(flow.provider_name),
        "receiver_id": directory.find(flow.receiver_name),
        "year": flow.year,
        "recorded_on": flow.value_on,
    }


def _figures(totals: Totals, flow: Flow, *, is_valued: bool = False) -> Row:
    """Sums and states, as they follow from the entries; what is acknowledged or closed is not revised."""
    in_kind = None
    if flow.kind != ContributionKind.DIRECT_FUNDING:
        in_kind = in_kind_state_of(totals, is_valued=is_valued, is_acknowledged=False).value
    stated = totals.stated_in(flow.currency)
    return {
        "pledged": stated.pledged,
        "committed": stated.committed,
        "received": stated.received,
        "state": state_of(totals).value,
        "in_kind_state": in_kind,
    }


def _entry(
    flow: Flow, contribution_id: uuid.UUID, run_id: uuid.UUID, now: datetime, *, said: str | None
) -> Row:
    return {
        "contribution_id": contribution_id,
        "type": flow.transaction_type.value,
        "amount": flow.amount,
        "currency": flow.currency,
        "value_on": flow.value_on,
        "rate": rate(flow),
        "rate_source": SOURCE,
        "reporting_amount": flow.reporting_amount,
        "reporting_currency": flow.reporting_currency,
        "description": said,
        "reverses_id": None,
        "recorded_at": now,
        "import_run_id": run_id,
        "import_line": flow.line,
    }


def _reversing(entry: Entry, flow: Flow, run_id: uuid.UUID, now: datetime, *, said: str) -> Row:
    reporting = entry.reporting_amount
    return {
        "contribution_id": entry.contribution_id,
        "type": entry.type,
        "amount": -entry.amount,
        "currency": entry.currency,
        "value_on": entry.value_on,
        "rate": entry.rate,
        "rate_source": entry.rate_source,
        "reporting_amount": None if reporting is None else -reporting,
        "reporting_currency": entry.reporting_currency,
        "description": said,
        "reverses_id": entry.id,
        "recorded_at": now,
        "import_run_id": run_id,
        "import_line": flow.line,
    }
