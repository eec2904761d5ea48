"""The invented work plan, secondments and expressions of interest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import product
from typing import Any

from hub.engagement.models import Interest, InterestState
from hub.initiatives.models import GenderMarker, InitiativeKind, InitiativeState, ParticipationRole, Scope
from hub.secondments.workflow import SecondeeKind, SecondmentState

Ask = Callable[[str], list[Any]]

TODAY = date(2026, 11, 1)


def test_every_kind_state_scope_gender_marker_and_role_is_shown(ask: Ask) -> None:
    for column, values in (
        ("kind", InitiativeKind),
        ("state", InitiativeState),
        ("scope", Scope),
        ("gender_marker", GenderMarker),
    ):
        assert set(ask(f"select distinct {column} from hub.initiatives")) == set(values)
    assert set(ask("select distinct role from hub.initiative_participants")) == set(ParticipationRole)


def test_the_work_plans_of_six_years(ask: Ask) -> None:
    assert ask("select work_plan_year, count(*) from hub.initiatives group by 1 order by 1") == [
        (2022, 16),
        (2023, 20),
        (2024, 22),
        (2025, 24),
        (2026, 25),
        (2027, 14),
    ]


def test_titles_are_different(ask: Ask) -> None:
    titles = ask("select title from hub.initiatives") + ask(
        "select title from hub.proposals where initiative_id is null"
    )
    assert len(set(titles)) == len(titles) == 121 + 66


def test_dates_fit_the_state(ask: Ask) -> None:
    for state, year, starts_on, ends_on in ask(
        "select state, work_plan_year, starts_on, ends_on from hub.initiatives"
    ):
        assert starts_on.year == year
        assert starts_on.weekday() < 5
        match state:
            case "CLOSED" | "FINALISATION":
                assert ends_on < TODAY
            case "IMPLEMENTATION":
                assert starts_on < TODAY < ends_on
            case "PIPELINE":
                assert starts_on > TODAY
            case _:
                assert starts_on < TODAY


def test_what_is_only_planned_is_mostly_unpublished_and_the_rest_published(ask: Ask) -> None:
    found = {
        state: (published, count)
        for state, published, count in ask(
            "select state, count(*) filter (where is_published), count(*) from hub.initiatives group by 1"
        )
    }
    planned = found.pop("PIPELINE")
    assert 0 < planned[0] < planned[1] / 2
    assert sum(count - published for published, count in found.values()) in range(1, 12)
    assert all(published > count / 2 for published, count in found.values())


def test_every_initiative_serves_a_purpose_and_a_principle_and_has_a_lead_that_takes_part(ask: Ask) -> None:
    for table in ("initiative_core_purposes", "initiative_guiding_principles"):
        assert ask(f"select count(distinct initiative_id) from hub.{table}") == [121]
    assert ask(
        "select count(*) from hub.initiatives i where not exists (select from hub.initiative_participants"
        " where initiative_id = i.id and organisation_id = i.lead_organisation_id)"
    ) == [0]


def test_those_who_fund_are_those_whose_money_is_allocated(ask: Ask) -> None:
    funding = ask(
        "select initiative_id, organisation_id from hub.initiative_participants where role = 'FUNDING'"
    )
    allocated = ask(
        "select distinct a.initiative_id, c.provider_id from hub.allocations a"
        " join hub.contributions c on c.id = a.contribution_id where c.kind = 'DIRECT_FUNDING'"
    )
    assert len(funding) > 50
    assert set(funding) == set(allocated)


def test_no_initiative_has_more_than_its_budget(ask: Ask) -> None:
    same_currency = ask(
        "select i.reference, i.budget_amount, sum(a.amount) from hub.initiatives i"
        " join hub.allocations a on a.initiative_id = i.id and a.currency = i.budget_currency group by i.id"
    )
    assert len(same_currency) > 10
    # What is left of a budget is counted in dollars, and rates move within the year.
    assert [line for line in same_currency if line[2] > line[1] * 11 / 10] == []
    assert ask(
        "select count(*) from hub.allocations a join hub.initiatives i on i.id = a.initiative_id"
        " where i.budget_amount is null or i.state in ('PIPELINE', 'CANCELLED', 'SUSPENDED')"
    ) == [0]


def test_secondments_of_every_state_last_three_to_twelve_months(ask: Ask) -> None:
    assert set(ask("select distinct state from hub.secondments")) == set(SecondmentState)
    assert set(ask("select distinct secondee_kind from hub.secondments")) == set(SecondeeKind)
    for state, starts_on, ends_on in ask("select state, starts_on, ends_on from hub.secondments"):
        assert 80 < (ends_on - starts_on).days < 370
        match state:
            case "DEPLOYED" | "EXTENDED" | "HANDOVER":
                assert starts_on < TODAY < ends_on
            case "COMPLETED" | "EVALUATED":
                assert ends_on < TODAY
            case "CURTAILED" | "DECLINED" | "WITHDRAWN":
                assert starts_on < TODAY
            case _:
                assert starts_on > TODAY


def test_a_secondment_from_its_selection_on_is_a_contribution_of_its_home_organisation(ask: Ask) -> None:
    found = ask(
        "select s.state, s.organisation_id = c.provider_id and c.kind = 'SECONDMENT', c.state"
        " from hub.secondments s left join hub.contributions c on c.id = s.contribution_id"
    )
    expected: dict[str, set[str | None]] = {
        **{state: {None} for state in ("TOR_DRAFT", "CALL_OPEN", "NOMINATED", "SCREENED")},
        **{state: {None} for state in ("DECLINED", "WITHDRAWN")},
        "SELECTED": {"PLEDGED"},
        **{state: {"COMMITTED"} for state in ("AGREED", "CLEARED")},
        **{state: {"PARTLY_RECEIVED"} for state in ("DEPLOYED", "EXTENDED", "HANDOVER", "CURTAILED")},
        "COMPLETED": {"RECEIVED"},
        "EVALUATED": {"ACKNOWLEDGED"},
    }
    assert {state: {c for s, _, c in found if s == state} for state, *_ in found} == expected
    assert {own for _, own, c in found if c is not None} == {True}
    assert ask(
        "select count(*) from hub.contributions c where kind = 'SECONDMENT'"
        " and not exists (select from hub.secondments where contribution_id = c.id)"
    ) == [0]


def test_interest_of_every_kind_came_to_everything_that_can_come_of_it(ask: Ask) -> None:
    assert set(ask("select interest, state from hub.expressions_of_interest")) == set(
        product(Interest, InterestState)
    )
    by_subject = ask("select initiative_id is null, count(*) from hub.expressions_of_interest group by 1")
    assert {is_new for is_new, count in by_subject if count > 5} == {True, False}


def test_interest_is_expressed_by_somebody_of_the_organisation_and_answered(ask: Ask) -> None:
    assert ask(
        "select count(*) from hub.expressions_of_interest e join hub.persons p on p.id = e.person_id"
        " where p.organisation_id <> e.organisation_id"
    ) == [0]
    assert set(ask("select state from hub.expressions_of_interest where answer is not null")) == {
        "ACKNOWLEDGED",
        "TAKEN_UP",
        "CLOSED",
    }
    assert ask(
        "select count(*) from hub.expressions_of_interest where answer is null"
        " and state in ('ACKNOWLEDGED', 'TAKEN_UP', 'CLOSED')"
    ) == [0]
    assert ask(
        "select count(*) from hub.expressions_of_interest e join hub.initiatives i on i.id = e.initiative_id"
        " where not i.is_published or i.created_at > e.created_at"
    ) == [0]
