"""A newer export changes what its source changed: by more entries, never by changing one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from hub.opendata.fts import Rejection
from hub.opendata.importing import ImportResult, Sum
from tests.opendata.conftest import Begin
from tests.opendata.fts_sample import record
from tests.opendata.import_store import everything, imported, stored

LATER = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
COMMITTED = record(status="commitment")
"""EUR 500,000.00, USD 625,000.00 at 0.8, on 2020-04-16; on line 2 of its file."""


async def newer(begin: Begin, **cells: str) -> ImportResult:
    """Import a newer file that has the committed flow with these cells, below another flow."""
    return await imported(begin, record(id="1"), COMMITTED | cells, now=LATER)


async def change(begin: Begin, sql: str) -> None:
    async with begin() as connection:
        await connection.execute(text(sql))


async def entries(begin: Begin) -> Any:
    """Type, amount, dollars and line of each entry of the flow, oldest first."""
    return await stored(
        begin,
        "select type, t.amount, reporting_amount, import_line from hub.contribution_transactions t"
        " join hub.contributions c on c.id = contribution_id where source_reference = '1001' order by t.id",
    )


async def contribution(begin: Begin) -> Any:
    """State, sums and version of the flow's contribution."""
    [found] = await stored(
        begin,
        "select state, pledged, committed, received, version from hub.contributions"
        " where source_reference = '1001'",
    )
    return found


async def check_that_sums_follow(begin: Begin) -> None:
    """The sums on every contribution are those of its entries."""
    differing = await stored(
        begin,
        "select reference from hub.contributions c"
        " join hub.contribution_transactions t on c.id = contribution_id"
        " group by c.id having pledged <> coalesce(sum(t.amount) filter (where type = 'PLEDGE'), 0)"
        " or committed <> coalesce(sum(t.amount) filter (where type = 'COMMITMENT'), 0)"
        " or received <> coalesce(sum(t.amount) filter (where type = 'RECEIPT'), 0)",
    )
    assert differing == []


# What is followed


async def test_an_equal_flow_of_another_file_is_unchanged(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    before = await everything(begin)
    result = await imported(begin, COMMITTED | {"keywords": "new", "exchangeRate": "0.80"}, now=LATER)
    after = await everything(begin)
    assert (result.is_repeated, result.accepted, result.unchanged, result.rejected) == (False, 0, 1, ())
    assert result.sums == (Sum("COMMITTED", "DIRECT_FUNDING", "EUR", 1, Decimal(500000)),)
    assert {name for name in after if after[name] != before[name]} == {"import_runs"}
    runs = (
        "select row_count, accepted_count, unchanged_count, rejected_count from hub.import_runs order by id"
    )
    assert await stored(begin, runs) == [(1, 1, 0, 0), (1, 0, 1, 0)]


@pytest.mark.parametrize(
    ("earlier", "later", "state", "sums"),
    [
        ("pledge", "commitment", "COMMITTED", (500000, 500000, 0)),
        ("pledge", "paid", "RECEIVED", (500000, 0, 500000)),
        ("commitment", "paid", "RECEIVED", (0, 500000, 500000)),
    ],
)
async def test_a_status_that_moved_on_adds_an_entry(
    begin: Begin, earlier: str, later: str, state: str, sums: tuple[int, ...]
) -> None:
    await imported(begin, COMMITTED | {"status": earlier})
    [first] = await entries(begin)
    result = await newer(begin, status=later, amountUSD="600000", exchangeRate="0.833", date="2020-06-01")
    assert (result.accepted, result.unchanged, result.rejected) == (2, 0, ())
    type = {"commitment": "COMMITMENT", "paid": "RECEIPT"}[later]
    assert await entries(begin) == [first, (type, 500000, 600000, 3)]
    assert await contribution(begin) == (state, *sums, 2)
    found = await stored(
        begin,
        "select value_on, rate, description, recorded_at from hub.contribution_transactions"
        " where import_line = 3",
    )
    assert found == [(date(2020, 6, 1), Decimal("0.833"), "Revised by OCHA FTS in flows.csv", LATER)]


async def test_pledge_commitment_and_receipt_follow_one_another(begin: Begin) -> None:
    await imported(begin, COMMITTED | {"status": "pledge", "contributionType": "in kind"})
    for status in ("commitment", "paid"):
        await imported(begin, COMMITTED | {"status": status, "contributionType": "in kind"})
    assert [type for type, *_ in await entries(begin)] == ["PLEDGE", "COMMITMENT", "RECEIPT"]
    assert await contribution(begin) == ("RECEIVED", 500000, 500000, 500000, 3)
    assert await stored(begin, "select in_kind_state from hub.contributions") == [("DELIVERED",)]


@pytest.mark.parametrize(
    ("cells", "entry"),
    [
        ({"originalAmount": "400000.5", "amountUSD": "500000"}, (Decimal("400000.5"), 500000)),
        ({"amountUSD": "625001"}, (500000, 625001)),
        ({"exchangeRate": "0.81"}, (500000, 625000)),
        ({"date": "2020-04-17"}, (500000, 625000)),
    ],
    ids=["amount", "dollars", "rate", "date"],
)
async def test_a_figure_that_changed_is_reversed_and_entered_again(
    begin: Begin, cells: dict[str, str], entry: tuple[Any, ...]
) -> None:
    await imported(begin, COMMITTED)
    result = await newer(begin, **cells)
    assert (result.accepted, result.rejected) == (2, ())
    first, reversing, again = await entries(begin)
    assert first == ("COMMITMENT", 500000, 625000, 2)
    assert reversing == ("COMMITMENT", -500000, -625000, 3)
    assert again == ("COMMITMENT", *entry, 3)
    assert await contribution(begin) == ("COMMITTED", 0, entry[0], 0, 2)
    reversed = await stored(
        begin,
        "select r.value_on, r.rate, r.recorded_at, t.import_line from hub.contribution_transactions r"
        " join hub.contribution_transactions t on r.reverses_id = t.id",
    )
    assert reversed == [(date(2020, 4, 16), Decimal("0.8"), LATER, 2)]
    [(recorded_on,)] = await stored(
        begin, "select recorded_on::text from hub.contributions where source_reference = '1001'"
    )
    assert recorded_on == cells.get("date", "2020-04-16")


async def test_a_smaller_payment_than_was_committed_is_the_whole_flow(begin: Begin) -> None:
    await imported(begin, COMMITTED | {"status": "pledge"})
    await imported(begin, COMMITTED)
    await newer(begin, status="paid", originalAmount="400000", amountUSD="500000")
    assert [(type, amount) for type, amount, *_ in await entries(begin)] == [
        ("PLEDGE", 500000),
        ("COMMITMENT", 500000),
        ("PLEDGE", -500000),
        ("COMMITMENT", -500000),
        ("RECEIPT", 400000),
    ]
    assert await contribution(begin) == ("RECEIVED", 0, 0, 400000, 3)


async def test_a_flow_is_revised_again_and_again(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    for amount in ("1", "2", "3"):
        await newer(begin, originalAmount=amount)
        await check_that_sums_follow(begin)
    assert [amount for _, amount, *_ in await entries(begin)] == [500000, -500000, 1, -1, 2, -2, 3]
    assert (await newer(begin, originalAmount="3", keywords="new")).unchanged == 2


async def test_descriptions_become_what_the_newest_file_says(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    result = await newer(
        begin,
        description="Another training",
        srcOrganization="Japan, Government of",
        destOrganization="Example Border Force",
        destUsageYearStart="2021",
    )
    assert (result.accepted, result.organisations_created) == (2, 1)
    found = await stored(
        begin,
        "select title, description, p.iso_code, r.name, year, state, c.version from hub.contributions c"
        " join hub.organisations p on p.id = provider_id join hub.organisations r on r.id = receiver_id"
        " where source_reference = '1001'",
    )
    said = "Another training"
    assert found == [(said, said, "JP", "Example Border Force", 2021, "COMMITTED", 2)]
    assert await entries(begin) == [("COMMITMENT", 500000, 625000, 2)]


async def test_every_entry_names_the_run_of_its_line(begin: Begin) -> None:
    first = await imported(begin, COMMITTED)
    second = await newer(begin, originalAmount="400000")
    third = await newer(begin, originalAmount="400000", status="paid")
    found = await stored(
        begin,
        "select t.import_run_id, import_line from hub.contribution_transactions t"
        " join hub.contributions c on c.id = contribution_id where source_reference = '1001' order by t.id",
    )
    assert [run for run, _ in found] == [first.run_id, second.run_id, second.run_id, third.run_id]
    assert [line for _, line in found] == [2, 3, 3, 3]


# What is older


UPDATED = "select source_updated_on::text, version from hub.contributions where source_reference = '1001'"


@pytest.mark.parametrize(
    "cells", [{"originalAmount": "400000"}, {"description": "Older"}, {}], ids=["amount", "words", "nothing"]
)
async def test_a_flow_older_than_what_the_hub_holds_changes_nothing(
    begin: Begin, cells: dict[str, str]
) -> None:
    await imported(begin, COMMITTED)
    before = await everything(begin)
    result = await imported(begin, COMMITTED | {"updatedAt": "2021-02-28"} | cells, now=LATER)
    after = await everything(begin)
    reason = "CON-2026-0001 is as the source had it on 2021-03-01, and this is of 2021-02-28"
    expected = Rejection(2, "1001", "updatedAt", f"{reason}. Import the newest export.")
    assert (result.rejected, result.accepted, result.unchanged) == ((expected,), 0, 0)
    assert {name for name in after if after[name] != before[name]} == {"import_runs", "import_rejections"}


@pytest.mark.parametrize(
    ("held", "given", "kept"),
    [
        ("2021-03-01", "2021-03-02", "2021-03-02"),
        ("2021-03-01", "2021-03-01", "2021-03-01"),
        ("2021-03-01", "", "2021-03-01"),
        ("", "2021-03-01", "2021-03-01"),
        ("", "", None),
    ],
)
async def test_a_flow_that_is_not_known_to_be_older_is_followed(
    begin: Begin, held: str, given: str, kept: str | None
) -> None:
    await imported(begin, COMMITTED | {"updatedAt": held})
    result = await newer(begin, updatedAt=given, originalAmount="400000")
    assert (result.accepted, result.rejected) == (2, ())
    assert await stored(begin, UPDATED) == [(kept, 2)]
    assert await contribution(begin) == ("COMMITTED", 0, 400000, 0, 2)


async def test_the_day_of_an_unchanged_flow_is_kept_so_that_what_was_between_is_older(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    result = await imported(begin, COMMITTED | {"updatedAt": "2021-05-01"}, now=LATER)
    assert (result.accepted, result.unchanged, result.rejected) == (0, 1, ())
    assert await stored(begin, UPDATED) == [("2021-05-01", 1)]
    between = await imported(begin, COMMITTED | {"updatedAt": "2021-04-01", "originalAmount": "1"})
    assert [rejection.field for rejection in between.rejected] == ["updatedAt"]
    assert await contribution(begin) == ("COMMITTED", 0, 500000, 0, 1)


# What stays as people left it


REVERSE = """
    insert into hub.contribution_transactions
        (contribution_id, type, amount, currency, value_on, reverses_id, recorded_at)
    select contribution_id, type, -amount, currency, value_on, id, now() from hub.contribution_transactions
    where type = '{type}'
"""


async def test_what_people_reversed_is_not_entered_again(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    await change(begin, REVERSE.format(type="COMMITMENT"))
    await change(begin, "update hub.contributions set state = 'CANCELLED', committed = 0")
    before = await entries(begin), await contribution(begin)
    result = await newer(begin)
    assert (result.accepted, result.unchanged, result.rejected) == (1, 1, ())
    assert (await entries(begin), await contribution(begin)) == before


async def test_what_was_reversed_because_the_source_was_wrong_may_come_back_right(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    await imported(begin, COMMITTED | {"status": "paid"})
    await change(begin, REVERSE.format(type="RECEIPT"))
    await change(begin, "update hub.contributions set state = 'COMMITTED', received = 0")
    result = await newer(begin)
    assert (result.accepted, result.unchanged, result.rejected) == (1, 1, ())
    assert await contribution(begin) == ("COMMITTED", 0, 500000, 0, 2)


# What is refused

RECORD_BY_HAND = """
    insert into hub.contribution_transactions (contribution_id, type, amount, currency, value_on, recorded_at)
    select id, 'RECEIPT', 500000, 'EUR', '2020-05-01', now() from hub.contributions
"""
COMPARE = "Compare it with the file, and correct it by hand."


@pytest.mark.parametrize(
    ("done", "cells", "field", "reason"),
    [
        (
            "",
            {"contributionType": "in kind"},
            "contributionType",
            f"CON-2026-0001 is DIRECT_FUNDING, and a contribution's kind does not change. {COMPARE}",
        ),
        (
            "",
            {"originalCurrency": "GBP", "srcOrganization": "Utopia"},
            "originalCurrency",
            f"CON-2026-0001 is in EUR, and an entry in another is not kept. {COMPARE}",
        ),
        (
            "",
            {"status": "pledge"},
            "status",
            "CON-2026-0001 has a COMMITMENT already: the file is older than what the hub has, or wrong. "
            "Import the newest export, or reverse that entry.",
        ),
        (
            "update hub.contributions set allocated = 400000.01",
            {"originalAmount": "400000", "amountUSD": "500000"},
            "originalAmount",
            "EUR 400,000.01 of CON-2026-0001 is allocated to initiatives, more than the file leaves of it. "
            "Reduce the allocations first.",
        ),
        (
            "update hub.contributions set state = 'CANCELLED'",
            {"amountUSD": "1"},
            "amountUSD",
            f"CON-2026-0001 is CANCELLED in the hub, and changes no more. {COMPARE}",
        ),
        (
            "update hub.contributions set state = 'ACKNOWLEDGED', acknowledged_at = now()",
            {"srcOrganization": "Utopia"},
            "srcOrganization",
            f"CON-2026-0001 is ACKNOWLEDGED in the hub, and changes no more. {COMPARE}",
        ),
        (
            RECORD_BY_HAND,
            {"status": "paid"},
            "status",
            f"CON-2026-0001 has entries that people recorded in the hub. {COMPARE}",
        ),
    ],
    ids=["kind", "currency", "back", "allocated", "cancelled", "acknowledged", "recorded by hand"],
)
async def test_what_cannot_be_followed_is_rejected_and_changes_nothing(
    begin: Begin, done: str, cells: dict[str, str], field: str, reason: str
) -> None:
    await imported(begin, COMMITTED)
    if done:
        await change(begin, done)
    before = await everything(begin)
    result = await imported(begin, COMMITTED | cells, now=LATER)
    after = await everything(begin)
    assert result.rejected == (Rejection(2, "1001", field, reason),)
    assert (result.row_count, result.accepted, result.unchanged, result.sums) == (1, 0, 0, ())
    assert {name for name in after if after[name] != before[name]} == {"import_runs", "import_rejections"}


async def test_an_allocation_that_still_fits_holds_nothing_up(begin: Begin) -> None:
    await imported(begin, COMMITTED)
    await change(begin, "update hub.contributions set allocated = 400000")
    result = await newer(begin, originalAmount="400000", amountUSD="500000")
    assert (result.accepted, result.rejected) == (2, ())
    assert await contribution(begin) == ("COMMITTED", 0, 400000, 0, 2)
