"""An import keeps a whole file or nothing, and once; its money is what a script counts from the file."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.seed import run_as_owner
from hub.errors import InvalidInput, SetUpError
from hub.opendata.importing import import_fts, run_import
from tests.opendata.conftest import Begin
from tests.opendata.fts_sample import NOT_POSITIVE, export, record, shared
from tests.opendata.import_store import (
    NOW,
    everything,
    imported,
    one,
    rows,
    snapshot,
    stored,
    wait_for_a_waiting_backend,
)

SAMPLE = "samples/fts/fts_incoming_funding_afg.csv"
STATES = {"paid": "RECEIVED", "commitment": "COMMITTED"}
KINDS = {"financial": "DIRECT_FUNDING", "in kind": "IN_KIND"}


# The published export


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    file = tmp_path / "fts_incoming_funding_afg.csv"
    file.write_bytes(shared(SAMPLE))
    return file


def test_each_row_of_the_published_export_is_accepted_or_rejected(owner: URL, sample: Path) -> None:
    result = run_import(owner, sample, publish=True)

    assert (result.row_count, result.accepted, result.unchanged, len(result.rejected)) == (328, 310, 0, 18)
    assert (result.is_repeated, result.sha256) == (False, hashlib.sha256(sample.read_bytes()).hexdigest())
    lines = sample.read_text().split("\n")
    for gone in result.rejected:
        assert f",{gone.flow_id}," in lines[gone.line - 1]
        assert (gone.field, gone.reason) == ("amountUSD", NOT_POSITIVE.format("0"))

    async def check(connection: AsyncConnection) -> None:
        columns = "id, source_name, file_name, encode(file_hash, 'hex'), ran_at, row_count, accepted_count"
        [run] = await rows(
            connection, f"select {columns}, unchanged_count, rejected_count from hub.import_runs"
        )
        name = "fts_incoming_funding_afg.csv"
        of_file = (result.run_id, "OCHA FTS", name, result.sha256, result.ran_at)
        assert run == (*of_file, 328, 310, 0, 18)
        columns = "import_run_id, line, source_reference, field, reason"
        gone = await rows(connection, f"select {columns} from hub.import_rejections order by line")
        expected = [(r.line, r.flow_id, r.field, r.reason) for r in result.rejected]
        assert gone == [(result.run_id, *rejection) for rejection in expected]
        for entered in ("contributions", "contribution_transactions"):
            count = f"select count(*) from hub.{entered} where import_run_id = :run"
            assert await one(connection, count, run=result.run_id) == 310
        days = await rows(
            connection, "select source_reference, source_updated_on::text from hub.contributions"
        )
        table = csv.DictReader(io.StringIO(shared(SAMPLE).decode(), newline=""))
        updated = {row["id"]: row["updatedAt"] for row in table}
        assert dict(days) == {id: updated[id] for id, _ in days}

    run_as_owner(owner, check)


def test_sums_in_the_database_are_those_of_the_published_export(owner: URL, sample: Path) -> None:
    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    dollars = Decimal(0)
    for row in csv.DictReader(io.StringIO(shared(SAMPLE).decode(), newline="")):
        amount, currency = row["originalAmount"], row["originalCurrency"]
        if not amount or not currency:
            amount, currency = row["amountUSD"], "USD"
        if Decimal(amount) > 0:
            expected[STATES[row["status"]], KINDS[row["contributionType"]], currency] += Decimal(amount)
            dollars += Decimal(row["amountUSD"])

    result = run_import(owner, sample, publish=True)

    async def check(connection: AsyncConnection) -> None:
        by_entries = await rows(
            connection,
            "select c.state, c.kind, t.currency, sum(t.amount) from hub.contributions c"
            " join hub.contribution_transactions t on t.contribution_id = c.id group by 1, 2, 3",
        )
        assert {(state, kind, currency): amount for state, kind, currency, amount in by_entries} == expected
        by_sums = await rows(
            connection,
            "select state, kind, currency, sum(case state when 'RECEIVED' then received else committed end)"
            " from hub.contributions where pledged = 0 and received * committed = 0 group by 1, 2, 3",
        )
        assert {(state, kind, currency): amount for state, kind, currency, amount in by_sums} == expected
        total = (
            "select sum(reporting_amount) from hub.contribution_transactions where reporting_currency = 'USD'"
        )
        assert await one(connection, total) == dollars

    run_as_owner(owner, check)
    assert {(s.state, s.kind, s.currency): s.amount for s in result.sums} == expected
    assert sum(s.count for s in result.sums) == 310


def test_a_second_import_adds_nothing_in_any_table(owner: URL, sample: Path) -> None:
    first = run_import(owner, sample, publish=False)
    before = run_as_owner(owner, snapshot)
    second = run_import(owner, sample.rename(sample.with_name("again.csv")), publish=True)

    assert run_as_owner(owner, snapshot) == before
    assert (second.run_id, second.sha256, second.ran_at) == (first.run_id, first.sha256, first.ran_at)
    counts = (second.is_repeated, second.row_count, second.accepted, second.unchanged)
    assert (*counts, second.organisations_created) == (True, 328, 0, 310, 0)
    assert (second.rejected, second.sums) == (first.rejected, first.sums)


@pytest.mark.parametrize("part", [0.3, 0.5, 0.999])
def test_a_published_export_cut_off_in_the_middle_leaves_nothing(
    owner: URL, sample: Path, part: float
) -> None:
    whole = sample.read_bytes()
    end = whole.rindex(b",", 0, int(len(whole) * part))
    sample.write_bytes(whole[:end])
    before = run_as_owner(owner, snapshot)
    with pytest.raises(InvalidInput) as refused:
        run_import(owner, sample, publish=True)
    assert [problem.code for problem in refused.value.problems] == ["TRUNCATED"]
    assert run_as_owner(owner, snapshot) == before


def test_a_failure_in_the_middle_leaves_nothing(owner: URL, sample: Path) -> None:
    last_line = len(sample.read_text().splitlines())

    async def forbid_the_last_line(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql(
            "create function hub.fail() returns trigger language plpgsql as"
            " $$ begin raise exception 'no more room'; end $$"
        )
        await connection.exec_driver_sql(
            "create trigger fail before insert on hub.contribution_transactions for each row"
            f" when (new.import_line = {last_line}) execute function hub.fail()"
        )

    run_as_owner(owner, forbid_the_last_line)
    before = run_as_owner(owner, snapshot)
    with pytest.raises(SetUpError, match="no more room"):
        run_import(owner, sample, publish=True)
    assert run_as_owner(owner, snapshot) == before

    async def allow(connection: AsyncConnection) -> None:
        await connection.exec_driver_sql("drop trigger fail on hub.contribution_transactions")

    run_as_owner(owner, allow)
    assert run_import(owner, sample, publish=True).accepted == 310


def test_governments_of_the_published_export_are_the_member_states(owner: URL, sample: Path) -> None:
    run_import(owner, sample, publish=True)

    async def check(connection: AsyncConnection) -> None:
        flows = (
            "select o.kind, o.iso_code, count(*) from hub.contributions c"
            " join hub.organisations o on o.id = c.provider_id"
            " where o.iso_code is not null or o.kind = 'OBSERVER' group by o.id"
        )
        expected: dict[str, int] = defaultdict(int)
        codes = {"Japan": "JP", "Korea, Republic of": "KR", "United States of America": "US"}
        codes |= {"Australia": "AU", "United Arab Emirates": "AE", "Afghanistan": "AF"}
        codes |= {"United Kingdom": "GB", "Netherlands": "NL", "Russian Federation": "RU"}
        for row in csv.DictReader(io.StringIO(shared(SAMPLE).decode(), newline="")):
            country = row["srcOrganization"].removesuffix(", Government of")
            if country in codes and Decimal(row["amountUSD"]) > 0:
                expected[codes[country]] += 1
        found = await rows(connection, flows)
        states = {code: count for kind, code, count in found if kind == "MEMBER_STATE"}
        observers = {"GB", "NL", "RU"}
        assert states == {code: n for code, n in expected.items() if code not in observers}
        kept = sorted(n for code, n in expected.items() if code in observers)
        assert sorted(n for kind, _, n in found if kind == "OBSERVER") == kept
        doubles = "select count(*) from hub.organisations where name like '%Japan, %' or name like 'Korea%'"
        assert await one(connection, doubles) == 0

    run_as_owner(owner, check)


# All or nothing, once


async def test_a_file_of_which_nothing_can_be_kept_leaves_its_rejections(begin: Begin) -> None:
    before = await everything(begin)
    result = await imported(begin, record(id="", status="lost"), record(amountUSD="0"))
    after = await everything(begin)
    assert {name for name in after if after[name] != before[name]} == {"import_runs", "import_rejections"}
    assert (result.row_count, result.accepted, len(result.rejected), result.sums) == (2, 0, 2, ())
    found = await stored(
        begin, "select line, source_reference, field from hub.import_rejections order by line"
    )
    assert found == [(2, None, "id"), (3, "1001", "amountUSD")]
    assert (await imported(begin, record(id="", status="lost"), record(amountUSD="0"))).is_repeated


async def test_of_two_imports_of_a_file_at_once_the_second_adds_nothing(begin_apart: Begin) -> None:
    flows = [record(id="1"), record(id="2", srcOrganization="Example Fund")]
    async with begin_apart() as connection:
        first = await import_fts(connection, export(*flows), file_name="flows.csv", publish=False, now=NOW)
        waiting = asyncio.create_task(imported(begin_apart, *flows))
        await wait_for_a_waiting_backend(connection)
        before = await snapshot(connection)
    second = await waiting
    assert await everything(begin_apart) == before
    assert (first.is_repeated, first.accepted, first.organisations_created) == (False, 2, 2)
    assert (second.is_repeated, second.accepted, second.unchanged) == (True, 0, 2)
    assert (second.run_id, second.sums) == (first.run_id, first.sums)


async def test_of_two_files_at_once_each_flow_is_kept_once(begin_apart: Begin) -> None:
    flows = [record(id=str(number), srcOrganization=f"Fund {number}") for number in range(3)]
    async with begin_apart() as connection:
        await import_fts(connection, export(*flows[:2]), file_name="a.csv", publish=False, now=NOW)
        waiting = asyncio.create_task(imported(begin_apart, *flows[1:]))
        await wait_for_a_waiting_backend(connection)
    second = await waiting
    assert (second.accepted, second.unchanged, second.rejected) == (1, 1, ())
    found = await stored(begin_apart, "select source_reference from hub.contributions order by reference")
    assert found == [("0",), ("1",), ("2",)]


async def test_a_roll_back_by_the_caller_leaves_nothing(begin_apart: Begin) -> None:
    before = await everything(begin_apart)
    async with begin_apart() as connection:
        await import_fts(connection, export(record()), file_name="flows.csv", publish=True, now=NOW)
        await connection.rollback()
    assert await everything(begin_apart) == before


async def test_a_database_that_knows_other_currencies_decides(begin: Begin) -> None:
    async with begin() as connection:
        await connection.execute(text("delete from hub.currencies where code = 'EUR'"))
    result = await imported(begin, record(id="1"), record(id="2", originalCurrency="GBP"))
    assert [(gone.line, gone.field) for gone in result.rejected] == [(2, "originalCurrency")]
    assert await stored(begin, "select currency from hub.contributions") == [("GBP",)]


async def test_digits_are_those_of_the_rest_of_the_hub(begin: Begin) -> None:
    async with begin() as connection:
        await connection.execute(text("update hub.currencies set minor_unit = 3 where code = 'EUR'"))
        await connection.execute(
            text(
                "insert into hub.currencies (code, name, numeric_code, minor_unit, source, source_on)"
                " values ('ZZZ', 'Shells', '000', 2, 'Ours', '2026-01-01')"
            )
        )
    flows = [record(id="1", originalAmount="1.005"), record(id="2", originalCurrency="ZZZ"), record(id="3")]
    result = await imported(begin, *flows)
    assert [(gone.line, gone.field) for gone in result.rejected] == [
        (2, "originalAmount"),
        (3, "originalCurrency"),
    ]
    assert await stored(begin, "select received::text from hub.contributions") == [("500000.00",)]


# Speed


async def statements(begin: Begin, data: bytes) -> int:
    """How many statements the import takes."""
    count = 0

    async with begin() as connection:

        def counted(*_: Any) -> None:
            nonlocal count
            count += 1

        event.listen(connection.sync_connection, "before_cursor_execute", counted)
        await import_fts(connection, data, file_name="flows.csv", publish=False, now=NOW)
    return count


def many(first: int, count: int, **cells: str) -> bytes:
    """Flows of all kinds, with and without what may be blank, each of another provider."""
    blanks: list[dict[str, str]] = [
        {},
        {"description": "", "exchangeRate": "", "contributionType": "in kind"},
        {"originalAmount": "", "destOrganization": "", "status": "pledge"},
        {"srcOrganization": "", "description": ""},
    ]
    numbers = range(first, first + count)
    flows = (record(**{"id": str(n), "srcOrganization": f"Fund {n}", **blanks[n % 4]}) for n in numbers)
    return export(*(flow | cells for flow in flows))


async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(begin_apart: Begin) -> None:
    few, more = (0, 4), (1000, 400)
    assert [await statements(begin_apart, many(*size)) for size in (few, more)] == [13, 13]
    assert [await statements(begin_apart, many(*size, amountUSD="1")) for size in (few, more)] == [10, 10]
    again = [many(*size, amountUSD="1", keywords="x") for size in (few, more)]
    assert [await statements(begin_apart, data) for data in again] == [8, 8]


# What the operator is told


def test_a_database_without_reference_data_says_what_to_do(owner: URL, tmp_path: Path) -> None:
    async def empty(connection: AsyncConnection) -> None:
        await connection.execute(text("delete from hub.currencies"))

    run_as_owner(owner, empty)
    (tmp_path / "flows.csv").write_bytes(export(record()))
    with pytest.raises(SetUpError, match="hub seed"):
        run_import(owner, tmp_path / "flows.csv", publish=False)


def test_a_database_that_is_not_there_is_named(owner: URL, tmp_path: Path) -> None:
    (tmp_path / "flows.csv").write_bytes(export(record()))
    with pytest.raises(SetUpError, match="nowhere"):
        run_import(owner.set(database="nowhere"), tmp_path / "flows.csv", publish=False)


@pytest.mark.parametrize("name", ["missing.csv", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_refused(owner: URL, tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        run_import(owner, tmp_path / name, publish=False)
    [problem] = refused.value.problems
    assert (problem.path, problem.code) == (("file",), "NOT_READABLE")


def test_a_file_name_that_is_no_text_is_kept_as_far_as_it_is(owner: URL, tmp_path: Path) -> None:
    file = tmp_path / os.fsdecode(b"fl\xffows.csv")
    file.write_bytes(export(record()))
    run_import(owner, file, publish=False)

    async def names(connection: AsyncConnection) -> Any:
        return await rows(connection, "select file_name from hub.import_runs")

    assert run_as_owner(owner, names) == [("fl?ows.csv",)]
