"""Invented contributions: every row's sums and states follow from its transactions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from hub import money
from hub.contributions.workflow import (
    Closure,
    ContributionKind,
    ContributionState,
    Earmarking,
    InKindState,
    Totals,
    TransactionType,
    ValuationMethod,
    in_kind_state_of,
    state_of,
)

Ask = Callable[[str], list[Any]]

CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def totals(ask: Ask) -> dict[Any, Totals]:
    """Contribution -> the sums of its transactions, counted here."""
    sums: defaultdict[Any, Totals] = defaultdict(Totals)
    for contribution, type, amount in ask(
        "select contribution_id, type, amount from hub.contribution_transactions"
    ):
        sums[contribution] = sums[contribution].plus(TransactionType(type), amount)
    return sums


def test_every_kind_state_earmarking_and_method_is_shown(ask: Ask) -> None:
    for column, values in (
        ("kind", ContributionKind),
        ("state", ContributionState),
        ("in_kind_state", InKindState),
        ("earmarking", Earmarking),
        ("valuation_method", ValuationMethod),
    ):
        found = ask(f"select distinct {column} from hub.contributions where {column} is not null")
        assert set(found) == set(values), column
    assert ask("select count(*) from hub.contributions where earmarking is null") == [0]


def test_every_money_state_is_shown_in_funding_and_in_kind(ask: Ask) -> None:
    for kind in ("DIRECT_FUNDING", "IN_KIND"):
        found = ask(f"select distinct state from hub.contributions where kind = '{kind}'")
        assert set(found) == set(ContributionState)


def test_five_years_of_contributions_in_seven_currencies(ask: Ask) -> None:
    years = ask("select year, count(*) from hub.contributions group by 1 order by 1")
    assert [year for year, _ in years] == [2022, 2023, 2024, 2025, 2026]
    assert min(count for _, count in years) > 30
    assert set(ask("select distinct currency from hub.contributions")) == {
        *("AUD", "USD", "IDR", "NZD", "JPY", "KRW", "THB"),
    }


def test_sums_and_states_of_every_row_follow_from_its_transactions(
    ask: Ask, totals: dict[Any, Totals]
) -> None:
    rows = ask(
        "select id, state, in_kind_state, pledged, committed, received, acknowledged_at is not null,"
        " valuation_approved_by_id is not null from hub.contributions"
    )
    assert len(rows) == len(totals) == 222
    for id, state, in_kind_state, pledged, committed, received, is_acknowledged, is_valued in rows:
        sums = totals[id]
        assert (pledged, committed, received) == (sums.pledged, sums.committed, sums.received)
        closure = Closure(state) if state in set(Closure) else None
        assert state == state_of(sums, is_acknowledged=is_acknowledged, closure=closure)
        if in_kind_state is not None:
            assert in_kind_state == in_kind_state_of(
                sums, is_valued=is_valued, is_acknowledged=is_acknowledged
            )


def test_what_was_cancelled_sums_to_nothing_and_what_expired_was_never_committed(
    ask: Ask, totals: dict[Any, Totals]
) -> None:
    nothing = Totals()
    cancelled = ask("select id from hub.contributions where state = 'CANCELLED'")
    assert {totals[id] for id in cancelled} == {nothing}
    expired = ask("select id from hub.contributions where state = 'EXPIRED'")
    assert {totals[id].allocatable for id in expired} == {Decimal(0)}
    assert min(totals[id].pledged for id in expired) > 0


def test_a_reversing_entry_undoes_one_entry_exactly_once(ask: Ask) -> None:
    pairs = ask(
        "select r.amount + t.amount, r.type = t.type, r.contribution_id = t.contribution_id,"
        " r.value_on = t.value_on, r.reporting_amount + t.reporting_amount, t.amount > 0,"
        " r.recorded_at > t.recorded_at, c.state = 'CANCELLED'"
        " from hub.contribution_transactions r join hub.contribution_transactions t on t.id = r.reverses_id"
        " join hub.contributions c on c.id = r.contribution_id"
    )
    assert {pair[:7] for pair in pairs} == {(0, True, True, True, 0, True, True)}
    assert {pair[7] for pair in pairs} == {True, False}
    assert ask("select count(*) from hub.contribution_transactions where amount < 0") == [len(pairs)]


def test_amounts_have_the_digits_of_their_currency(ask: Ask) -> None:
    amounts = ask("select amount, currency from hub.contribution_transactions") + ask(
        "select amount, currency from hub.allocations"
    )
    assert [pair for pair in amounts if money.exact(abs(pair[0]), pair[1]).amount != abs(pair[0])] == []
    assert [pair for pair in amounts if money.problems_of(abs(pair[0]), pair[1], ())] == []


def test_amounts_and_sums_are_written_with_exactly_the_digits_of_their_currency(ask: Ask) -> None:
    for table, columns in (
        ("contributions", ("pledged", "committed", "received", "allocated")),
        ("contribution_transactions", ("amount",)),
        ("allocations", ("amount",)),
    ):
        for column in columns:
            found = dict(ask(f"select distinct currency, scale({column}) from hub.{table} order by 1, 2"))
            assert found == {currency: money.minor_units()[currency] for currency in found}, (table, column)
            pairs = ask(f"select count(distinct (currency, scale({column}))) from hub.{table}")
            assert (pairs, {found["USD"], found["JPY"]}) == ([len(found)], {2, 0}), (table, column)
    dollars = ask("select scale(reporting_amount) from hub.contribution_transactions")
    assert set(dollars) == {2}


def test_reporting_amounts_are_frozen_at_the_newest_rate_of_the_value_date(ask: Ask) -> None:
    rates: defaultdict[str, dict[date, Decimal]] = defaultdict(dict)
    for currency, day, units in ask("select currency, effective_on, units_per_usd from hub.exchange_rates"):
        rates[currency][day] = units
    rows = ask(
        "select currency, value_on, amount, rate, rate_source, reporting_amount, reporting_currency"
        " from hub.contribution_transactions"
    )
    for currency, day, amount, rate, source, reporting, reporting_currency in rows:
        expected, said = Decimal(1), "same currency"
        if currency != "USD":
            expected = rates[currency][max(on for on in rates[currency] if on <= day)]
            said = "Demonstration rate, invented"
        assert (rate, source, reporting_currency) == (expected, said, "USD")
        assert reporting == (amount / rate).quantize(CENT, rounding=ROUND_HALF_EVEN)


def test_rates_are_monthly_and_say_that_they_are_invented(ask: Ask) -> None:
    assert set(ask("select distinct source from hub.exchange_rates")) == {"Demonstration rate, invented"}
    assert ask(
        "select currency, count(*), min(effective_on)::text, max(effective_on)::text"
        " from hub.exchange_rates group by 1 order by 1"
    ) == [
        (currency, 60, "2021-12-01", "2026-11-01")
        for currency in ("AUD", "EUR", "IDR", "JPY", "KRW", "NZD", "THB")
    ]
    assert ask("select count(*) from hub.exchange_rates where extract(day from effective_on) <> 1") == [0]
    assert ask(
        "select count(*) from (select abs(units_per_usd / lag(units_per_usd) over"
        " (partition by currency order by effective_on) - 1) moved from hub.exchange_rates) m"
        " where moved > 0.04"
    ) == [0]


def test_allocations_come_to_what_the_contribution_says(ask: Ask) -> None:
    rows = ask(
        "select c.allocated, coalesce(sum(a.amount), 0), greatest(c.committed, c.received), c.state"
        " from hub.contributions c left join hub.allocations a on a.contribution_id = c.id group by c.id"
    )
    assert [row for row in rows if row[0] != row[1] or row[1] > row[2]] == []
    assert {row[3] for row in rows if row[1] > 0} >= {"COMMITTED", "PARTLY_RECEIVED", "RECEIVED"}
    assert ask(
        "select count(*) from hub.allocations a join hub.contributions c on c.id = a.contribution_id"
        " where a.allocated_at < c.created_at"
    ) == [0]


def test_tightly_earmarked_contributions_go_to_one_initiative(ask: Ask) -> None:
    assert ask(
        "select max(n) from (select count(*) n from hub.allocations a"
        " join hub.contributions c on c.id = a.contribution_id"
        " where c.earmarking = 'TIGHTLY_EARMARKED' group by c.id) counted"
    ) == [1]


def test_a_valuation_is_approved_by_a_second_person(ask: Ask) -> None:
    assert ask(
        "select count(*) from hub.contributions where valuation_approved_by_id = valued_by_id"
        " or (valuation_approved_by_id is not null and valued_by_id is null)"
        " or (valued_by_id is not null and (valuation_method is null or valuation_evidence is null))"
    ) == [0]
    waiting = ask(
        "select distinct in_kind_state from hub.contributions"
        " where valued_by_id is not null and valuation_approved_by_id is null"
    )
    assert waiting == ["ACCEPTED"]


def test_most_are_published_and_pledges_are_not(ask: Ask) -> None:
    published, count = ask("select count(*) filter (where is_published), count(*) from hub.contributions")[0]
    assert 0.65 < published / count < 0.8
    assert ask("select count(*) from hub.contributions where state = 'PLEDGED' and is_published") == [0]


def test_only_invented_organisations_gave_less_than_they_promised(ask: Ask) -> None:
    assert set(
        ask(
            "select distinct o.is_demonstration from hub.contributions c"
            " join hub.organisations o on o.id = c.provider_id"
            " where c.state in ('CANCELLED', 'EXPIRED') or (c.state = 'PARTLY_RECEIVED' and c.year < 2025)"
        )
    ) == {True}


def test_the_personas_organisation_has_something_to_do_at_each_step(ask: Ask) -> None:
    found = ask(
        "select c.kind, c.state from hub.contributions c join hub.organisations o on o.id = c.provider_id"
        " where o.short_name = 'Demo Alliance'"
    )
    assert set(found) == {
        ("DIRECT_FUNDING", "ACKNOWLEDGED"),
        ("DIRECT_FUNDING", "PLEDGED"),
        ("DIRECT_FUNDING", "COMMITTED"),
        ("IN_KIND", "RECEIVED"),
        ("IN_KIND", "PLEDGED"),
        ("IN_KIND", "COMMITTED"),
        ("SECONDMENT", "RECEIVED"),
    }
