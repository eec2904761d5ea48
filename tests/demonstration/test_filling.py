"""The filling as a whole: once, fast, the same each time, and marked."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import URL

from hub.db.base import Base
from hub.demonstration.fill import run_fill
from hub.errors import SetUpError

Ask = Callable[[str], list[Any]]
Query = Callable[[URL, str], list[Any]]

COUNTS = {
    "organisations": 25,
    "persons": 94,
    "role_grants": 94,
    "exchange_rates": 420,
    "initiatives": 121,
    "contributions": 222,
    "expressions_of_interest": 32,
    "proposals": 75,
    "secondments": 26,
}
REFERENCE = {
    "organisations": "coalesce(iso_code, short_name)",
    "working_groups": "code",
    "core_purposes": "number::text",
    "guiding_principles": "number::text",
}


def test_it_is_filled_in_less_than_three_seconds(filled: tuple[URL, dict[str, int], float]) -> None:
    assert filled[2] < 3


def test_there_is_as_much_of_everything_as_intended(
    filled: tuple[URL, dict[str, int], float], ask: Ask
) -> None:
    counts = filled[1]
    assert {table: counts[table] for table in COUNTS} == COUNTS
    for table, count in counts.items():
        seeded = 54 if table == "organisations" else 0
        assert ask(f"select count(*) from hub.{table}") == [count + seeded], table


def test_a_second_filling_changes_nothing(filled: tuple[URL, dict[str, int], float], query: Query) -> None:
    before = contents(filled[0], filled[1], query)
    assert run_fill(filled[0]) == {}
    assert contents(filled[0], filled[1], query) == before


def test_two_hubs_are_filled_with_the_same(
    seeded_urls: Callable[[str], URL], filled: tuple[URL, dict[str, int], float], query: Query
) -> None:
    other = seeded_urls("second")
    counts = run_fill(other)
    assert counts == filled[1]
    assert contents(other, counts, query) == contents(filled[0], counts, query)


def contents(url: URL, tables: Iterable[str], query: Query) -> dict[str, list[dict[str, Any]]]:
    """Every row of the demonstration; instead of a reference row's id, which the database chose, its code."""
    labels: dict[Any, str] = {}
    for table, label in REFERENCE.items():
        labels |= {id: f"{table} {name}" for id, name in query(url, f"select id, {label} from hub.{table}")}

    def shown(value: Any) -> Any:
        return labels.get(value, value) if isinstance(value, uuid.UUID) else value

    found = {
        "counters": [
            row._asdict() for row in query(url, "select * from hub.reference_counters order by prefix, year")
        ]
    }
    for table in tables:
        where = "where is_demonstration" if table == "organisations" else ""
        rows = query(url, f"select * from hub.{table} {where} order by id")
        found[table] = [{name: shown(value) for name, value in row._asdict().items()} for row in rows]
    return found


def test_every_row_that_can_say_so_says_that_it_is_invented(ask: Ask) -> None:
    tables = [table for table in Base.metadata.sorted_tables if "is_demonstration" in table.c]
    unmarked = {
        table.name: ask(f"select count(*) from {table} where not is_demonstration")[0] for table in tables
    }
    assert len(tables) == 11
    assert unmarked == dict.fromkeys(unmarked, 0) | {"organisations": 54}
    assert ask("select count(*) from hub.organisations where is_demonstration and source is null") == [0]


def test_nothing_happened_after_the_day_of_the_demonstration(ask: Ask) -> None:
    instants = [
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith("_at")
        and table.name not in ("organisations", "working_groups", "memberships")
    ]
    assert ("votes", "created_at") in instants
    for table, column in instants:
        assert ask(f"select count(*) from hub.{table} where {column} >= '2026-11-01 00:00+00'") == [0], table


PREFIXES = {
    "RSO": ("initiatives", 3),
    "PRO": ("proposals", 4),
    "CON": ("contributions", 4),
    "EOI": ("expressions_of_interest", 4),
    "SEC": ("secondments", 4),
    "VET": ("vetting_applications", 4),
}


def test_references_count_from_one_without_a_gap(ask: Ask) -> None:
    seen: dict[tuple[str, int], int] = {}
    for prefix, (table, digits) in PREFIXES.items():
        for reference in ask(f"select reference from hub.{table} order by reference"):
            match = re.fullmatch(rf"{prefix}-(20\d\d)-(\d{{{digits}}})", reference)
            assert match, reference
            key = (prefix, int(match[1]))
            seen[key] = seen.get(key, 0) + 1
            assert int(match[2]) == seen[key]
    assert seen == {(p, y): n for p, y, n in ask("select prefix, year, last from hub.reference_counters")}


def test_references_go_on_from_those_given_and_the_hub_goes_on_from_them(
    seeded_urls: Callable[[str], URL], query: Query
) -> None:
    url = seeded_urls("counting")
    query(url, "insert into hub.reference_counters (prefix, year, last) values ('PRO', 2026, 5)")
    run_fill(url)
    first, last, count = query(
        url,
        "select min(reference), max(reference), count(*) from hub.proposals where reference like '%-2026-%'",
    )[0]
    assert (first, last) == ("PRO-2026-0006", f"PRO-2026-{5 + count:04d}")
    for prefix, (table, digits) in PREFIXES.items():
        newest = query(url, f"select max(reference) from hub.{table} where reference like '%-2026-%'")[0][0]
        following = query(url, f"select hub.next_reference('{prefix}', 2026, {digits})")[0][0]
        assert following == f"{prefix}-2026-{int(newest[-digits:]) + 1:0{digits}d}"


def test_references_follow_the_order_of_time(ask: Ask) -> None:
    for table in ("initiatives", "proposals", "contributions", "expressions_of_interest", "secondments"):
        by_reference = ask(f"select created_at::date from hub.{table} order by reference")
        assert by_reference == sorted(by_reference), table
        years = ask(
            f"select count(*) from hub.{table}"
            " where split_part(reference, '-', 2)::int <> extract(year from created_at)"
        )
        assert years == [0], table


def test_without_reference_data_it_says_what_to_do_and_leaves_nothing(
    seeded_urls: Callable[[str], URL], query: Query
) -> None:
    url = seeded_urls("unseeded")
    query(url, "delete from hub.memberships")
    query(url, "delete from hub.organisations where iso_code = 'TL'")
    with pytest.raises(SetUpError, match=r"no organisation TL. Run `hub seed` first."):
        run_fill(url)
    query(url, "delete from hub.core_purposes")
    with pytest.raises(SetUpError, match=r"The reference data is missing. Run `hub seed` first."):
        run_fill(url)
    assert query(url, "select count(*) from hub.persons") == [(0,)]
    assert query(url, "select count(*) from hub.reference_counters") == [(0,)]
