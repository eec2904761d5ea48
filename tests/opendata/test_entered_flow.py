"""A flow becomes a contribution with one entry: what it says, to the cent, and where it says so."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy.exc import DBAPIError

from hub.opendata.fts import Rejection
from hub.opendata.importing import Sum
from tests.opendata.conftest import Begin
from tests.opendata.fts_sample import record
from tests.opendata.import_store import NOW, imported, one, stored


async def test_a_flow_becomes_a_contribution_with_one_entry(begin: Begin) -> None:
    result = await imported(begin, record(), record(id="1002", status="lost"))

    assert result.sums == (Sum("RECEIVED", "DIRECT_FUNDING", "EUR", 1, Decimal(500000)),)
    columns = (
        "c.reference, c.title, c.description, c.kind, c.state, c.in_kind_state, c.earmarking, p.iso_code,"
        " r.name, c.currency, c.year, c.recorded_on, c.pledged, c.committed, c.received, c.allocated,"
        " c.is_published, c.import_run_id, c.source_name, c.source_reference, c.source_updated_on,"
        " c.is_demonstration, c.version"
    )
    [contribution] = await stored(
        begin,
        f"select {columns} from hub.contributions c join hub.organisations p on p.id = provider_id"
        " join hub.organisations r on r.id = receiver_id",
    )
    training = "Training of border officials"
    assert contribution == (
        *("CON-2026-0001", training, training, "DIRECT_FUNDING", "RECEIVED", None, None),
        *("AU", "Example Relief Agency", "EUR", 2020, date(2020, 4, 16)),
        *(0, 0, 500000, 0, False, result.run_id, "OCHA FTS", "1001", date(2021, 3, 1), False, 1),
    )
    columns = (
        "type, amount, currency, value_on, rate, rate_source, reporting_amount, reporting_currency,"
        " description, reverses_id, recorded_at, recorded_by_id, import_run_id, import_line"
    )
    [entry] = await stored(begin, f"select {columns} from hub.contribution_transactions")
    assert entry == (
        *("RECEIPT", 500000, "EUR", date(2020, 4, 16), Decimal("0.8"), "OCHA FTS", 625000, "USD", None),
        *(None, NOW, None, result.run_id, 2),
    )


@pytest.mark.parametrize(
    ("status", "state", "in_kind_state"),
    [
        ("pledge", "PLEDGED", "OFFERED"),
        ("commitment", "COMMITTED", "ACCEPTED"),
        ("paid", "RECEIVED", "DELIVERED"),
    ],
)
async def test_states_follow_from_the_entry(
    begin: Begin, status: str, state: str, in_kind_state: str
) -> None:
    flows = [record(id="1", status=status), record(id="2", status=status, contributionType="in kind")]
    result = await imported(begin, *flows)
    found = await stored(begin, "select state, in_kind_state from hub.contributions order by reference")
    assert found == [(state, None), (state, in_kind_state)]
    assert [(s.state, s.kind, s.count, s.amount) for s in result.sums] == [
        (state, "DIRECT_FUNDING", 1, Decimal(500000)),
        (state, "IN_KIND", 1, Decimal(500000)),
    ]


@pytest.mark.parametrize("stated", [{"originalCurrency": "USD", "exchangeRate": "1"}, {"originalAmount": ""}])
async def test_us_dollars_have_no_rate(begin: Begin, stated: dict[str, str]) -> None:
    await imported(begin, record(**{"originalAmount": "625000", **stated}))
    columns = "amount, currency, rate, rate_source, reporting_amount, reporting_currency"
    found = await stored(begin, f"select {columns} from hub.contribution_transactions")
    assert found == [(625000, "USD", None, "OCHA FTS", 625000, "USD")]


@pytest.mark.parametrize(
    ("status", "currency", "sums"),
    [
        ("paid", "USD", ("0.00", "0.00", "7.00", "0.00")),
        ("paid", "JPY", ("0", "0", "7", "0")),
        ("paid", "KWD", ("0.000", "0.000", "7.000", "0.000")),
        ("pledge", "USD", ("7.00", "0.00", "0.00", "0.00")),
        ("commitment", "KWD", ("0.000", "7.000", "0.000", "0.000")),
    ],
)
async def test_sums_have_exactly_the_digits_of_their_currency(
    begin: Begin, status: str, currency: str, sums: tuple[str, ...]
) -> None:
    cells = {"originalAmount": "7", "originalCurrency": currency}
    await imported(begin, record(status=status, **cells))
    columns = "pledged::text, committed::text, received::text, allocated::text"
    assert await stored(begin, f"select {columns} from hub.contributions") == [sums]
    await imported(begin, record(status=status, **cells | {"originalAmount": "8", "keywords": "more"}))
    revised = tuple(value.replace("7", "8") for value in sums)
    assert await stored(begin, f"select {columns} from hub.contributions") == [revised]


async def test_a_line_is_of_a_file(begin: Begin) -> None:
    await imported(begin, record())
    for part in ("import_line", "import_run_id"):
        with pytest.raises(DBAPIError, match="ck_contribution_transactions_import_whole"):
            await stored(begin, f"update hub.contribution_transactions set {part} = null returning 1")


async def test_references_of_one_statement_go_on_from_those_given(begin: Begin) -> None:
    statement = "select * from hub.next_references('XXX', 2026, 3, {})"
    assert await stored(begin, statement.format(3)) == [(f"XXX-2026-00{n}",) for n in (1, 2, 3)]
    for count in (0, -2):
        assert await stored(begin, statement.format(count)) == []
    assert await stored(begin, "select hub.next_reference('XXX', 2026, 3)") == [("XXX-2026-004",)]
    await stored(begin, "update hub.reference_counters set last = 998 where prefix = 'XXX' returning 1")
    assert await stored(begin, statement.format(2)) == [("XXX-2026-999",), ("XXX-2026-1000",)]


async def test_none_of_a_new_kind_starts_no_counter(begin: Begin) -> None:
    assert await stored(begin, "select * from hub.next_references('XXX', 2026, 3, 0)") == []
    assert await stored(begin, "select * from hub.reference_counters where prefix = 'XXX'") == []


async def test_references_are_numbered_in_the_order_of_the_file(begin: Begin) -> None:
    async with begin() as connection:
        assert await one(connection, "select hub.next_reference('CON', 2026, 4)") == "CON-2026-0001"
    await imported(begin, *(record(id=str(number)) for number in (30, 9, 100)))
    found = await stored(
        begin, "select reference, source_reference from hub.contributions order by reference"
    )
    assert found == [("CON-2026-0002", "30"), ("CON-2026-0003", "9"), ("CON-2026-0004", "100")]


@pytest.mark.parametrize(
    ("description", "title"),
    [
        ("", "FTS flow 1001"),
        ("two  spaces\nand lines", "two spaces and lines"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
        ("aid " * 28 + "to seafarers", "aid " * 27 + "aid to…"),
    ],
)
async def test_the_title_is_the_beginning_of_the_description(
    begin: Begin, description: str, title: str
) -> None:
    await imported(begin, record(description=description))
    found = await stored(begin, "select title, description from hub.contributions")
    assert found == [(title, description or None)]
    assert len(title) <= 120


@pytest.mark.parametrize("boundary", ["internal", "outgoing"])
async def test_money_that_came_in_before_is_not_counted_again(begin: Begin, boundary: str) -> None:
    result = await imported(begin, record(id="1"), record(id="2", boundary=boundary))
    reason = f"The flow is “{boundary}”: its money is in the export's incoming flows already."
    assert result.rejected == (Rejection(3, "2", "boundary", f"{reason} Export incoming flows only."),)
    assert await stored(begin, "select source_reference from hub.contributions") == [("1",)]
