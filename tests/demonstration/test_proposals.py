"""Invented proposals: every state, with a history that could have led there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from hub.proposals.workflow import (
    Choice,
    Outcome,
    ProposalState,
    Recommendation,
    ReviewState,
    joint_outcome,
)

Ask = Callable[[str], list[Any]]

REQUIRED = ("summary", "objectives", "kind", "scope", "starts_on", "ends_on")
DECIDED = {
    ProposalState.ENDORSED: Outcome.ENDORSED,
    ProposalState.ENDORSED_WITH_CONDITIONS: Outcome.ENDORSED_WITH_CONDITIONS,
    ProposalState.NOT_ENDORSED: Outcome.NOT_ENDORSED,
    ProposalState.DEFERRED: Outcome.DEFERRED,
}
AFTER = {ProposalState.LETTER_ISSUED, ProposalState.ACCEPTED, ProposalState.IN_WORKPLAN}
IN_FORCE = "v.revision_number = p.revision_number and v.voting_round = p.voting_round"


def test_there_are_at_least_two_proposals_in_every_state(ask: Ask) -> None:
    counts = Counter(ask("select state from hub.proposals"))
    assert set(counts) == set(ProposalState)
    assert min(counts.values()) >= 2
    assert counts.total() == 75


def test_every_opinion_vote_and_outcome_is_shown(ask: Ask) -> None:
    assert set(ask("select state from hub.proposal_reviews")) == set(ReviewState)
    assert set(ask("select recommendation from hub.proposal_reviews where recommendation is not null")) >= {
        Recommendation.ENDORSE,
        Recommendation.REVISE,
        Recommendation.NOT_ENDORSE,
    }
    assert set(ask("select choice from hub.votes")) == set(Choice)
    assert set(ask("select outcome from hub.decisions")) == set(Outcome)


def test_revisions_count_up_to_the_one_in_force_and_at_most_one_is_worked_on(ask: Ask) -> None:
    revisions: defaultdict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for proposal, number, submitted_at in ask(
        "select proposal_id, number, submitted_at from hub.proposal_revisions order by number"
    ):
        revisions[proposal].append((number, submitted_at))
    for id, state, in_force, submitted_at in ask(
        "select id, state, revision_number, submitted_at from hub.proposals"
    ):
        numbers = [number for number, _ in revisions[id]]
        submitted = [at for _, at in revisions[id] if at is not None]
        assert numbers == list(range(1, len(numbers) + 1))
        assert in_force == len(submitted)
        assert submitted_at == (submitted[0] if submitted else None)
        assert submitted == sorted(submitted)
        working = len(numbers) - len(submitted)
        assert working == 1 if state == "DRAFT" else working in (0, state == "REVISION_REQUESTED")


def test_what_was_submitted_is_complete_and_some_drafts_are_not(ask: Ask) -> None:
    missing = " or ".join(f"{column} is null" for column in REQUIRED)
    submitted, working = (
        ask(f"select {missing} from hub.proposal_revisions where submitted_at is {state}")
        for state in ("not null", "null")
    )
    assert set(submitted) == {False}
    assert set(working) == {True, False}
    assert ask(
        "select count(*) from hub.proposal_revisions where submitted_at is not null"
        " and submitted_by_id is null"
    ) == [0]


def test_a_stage_to_return_to_is_kept_exactly_while_it_is_needed(ask: Ask) -> None:
    needing = {"AWAITING_GUIDANCE", "REVISION_REQUESTED", "RESUBMITTED"}
    returning = ask("select state, returns_to from hub.proposals")
    assert {state for state, stage in returning if state in needing and stage is None} == set()
    assert {state for state, stage in returning if stage is not None} <= needing | {"WITHDRAWN"}
    assert {stage for _, stage in returning if stage} == {"SCREENING", "UNDER_REVIEW", "AWAITING_DECISION"}
    asked = set(ask("select state from hub.proposals where revision_request is not null"))
    assert asked == {"REVISION_REQUESTED", "RESUBMITTED", "WITHDRAWN"}
    assert ask(
        "select count(*) from hub.proposals where revision_request is null"
        " and state in ('REVISION_REQUESTED', 'RESUBMITTED')"
    ) == [0]


def test_votes_in_force_come_to_the_state(ask: Ask) -> None:
    votes: defaultdict[Any, list[Choice]] = defaultdict(list)
    for id, choice in ask(
        f"select p.id, v.choice from hub.proposals p join hub.votes v on v.proposal_id = p.id and {IN_FORCE}"
    ):
        votes[id].append(Choice(choice))
    for id, name in ask("select id, state from hub.proposals"):
        state, cast = ProposalState(name), votes[id]
        if state in DECIDED:
            assert joint_outcome(cast) == DECIDED[state]
            assert len(cast) == 2
        elif state in AFTER:
            assert joint_outcome(cast) in (Outcome.ENDORSED, Outcome.ENDORSED_WITH_CONDITIONS)
        elif state is ProposalState.AWAITING_GUIDANCE:
            assert len(cast) == 0 or (len(cast) == 2 and joint_outcome(cast) is None)
        elif len(cast) == 2:
            assert (state, joint_outcome(cast)) == (ProposalState.REVISION_REQUESTED, Outcome.DEFERRED)


def test_votes_are_cast_by_the_co_managers_for_their_governments(ask: Ask) -> None:
    assert set(
        ask(
            "select o.iso_code, p.persona from hub.votes v join hub.organisations o on o.id = v.seat_id"
            " join hub.persons p on p.id = v.person_id"
        )
    ) == {("AU", "co-manager-au"), ("ID", "co-manager-id")}


def test_some_await_both_votes_and_some_the_second(ask: Ask) -> None:
    found = Counter(
        ask(
            "select coalesce(string_agg(o.iso_code, ' '), 'none') from hub.proposals p"
            f" left join hub.votes v on v.proposal_id = p.id and {IN_FORCE}"
            " left join hub.organisations o on o.id = v.seat_id"
            " where p.state = 'AWAITING_DECISION' group by p.id"
        )
    )
    assert found == {"none": 4, "AU": 2, "ID": 2}


def test_some_votes_are_void_because_a_revision_or_a_round_followed(ask: Ask) -> None:
    older = ask(
        "select count(*) filter (where v.revision_number < p.revision_number),"
        " count(*) filter (where v.voting_round < p.voting_round)"
        " from hub.votes v join hub.proposals p on p.id = v.proposal_id"
    )[0]
    assert older[0] > 0
    assert older[1] > 0


def test_each_decision_rests_on_two_votes_and_repeats_their_reasons(ask: Ask) -> None:
    rows = ask(
        "select d.outcome, array_agg(v.choice order by v.id), d.reasons,"
        " string_agg(v.reasons, E'\\n\\n' order by v.id), d.conditions,"
        " string_agg(v.conditions, E'\\n\\n' order by v.id), d.decided_at >= max(v.created_at)"
        " from hub.decisions d join hub.votes v on (v.proposal_id, v.revision_number, v.voting_round)"
        " = (d.proposal_id, d.revision_number, d.voting_round) group by d.id"
    )
    assert len(rows) == ask("select count(*) from hub.decisions")[0] > 20
    for outcome, choices, reasons, said, conditions, demanded, is_after in rows:
        assert len(choices) == 2
        assert joint_outcome([Choice(choice) for choice in choices]) == outcome
        assert (reasons, conditions, is_after) == (said, demanded, True)


def test_decided_proposals_say_when(ask: Ask) -> None:
    decided = {*DECIDED, *AFTER}
    found = set(ask("select state from hub.proposals where decided_at is not null"))
    assert found - {"REVISION_REQUESTED"} == decided
    assert set(ask("select state from hub.proposals where decided_at is null")).isdisjoint(decided)


def test_what_entered_the_work_plan_says_what_its_initiative_says(ask: Ask) -> None:
    columns = (
        *("title", "summary", "kind", "scope", "working_group_id", "starts_on", "ends_on"),
        *("budget_amount", "budget_currency"),
    )
    same = ", ".join(f"r.{column} is not distinct from i.{column}" for column in columns)
    rows = ask(
        f"select p.state, p.updated_at = i.created_at, i.lead_organisation_id = p.organisation_id, {same}"
        " from hub.proposals p join hub.initiatives i on i.id = p.initiative_id"
        " join hub.proposal_revisions r on r.proposal_id = p.id and r.number = p.revision_number"
    )
    assert rows == [("IN_WORKPLAN", *[True] * 11)] * 9
    assert ask("select count(*) from hub.proposals where state = 'IN_WORKPLAN'") == [9]


def test_nobody_judges_a_proposal_of_the_own_organisation(ask: Ask) -> None:
    assert ask(
        "select count(*) from hub.proposal_reviews r join hub.persons p on p.id = r.reviewer_id"
        " where p.organisation_id = r.organisation_id"
    ) == [0]
    assert ask("select count(*) from hub.consultations where consulted_id = organisation_id") == [0]


def test_reviewers_and_stakeholders_are_people_with_the_role(ask: Ask) -> None:
    for table, column, role in (
        ("proposal_reviews", "reviewer_id", "REVIEWER"),
        ("consultations", "responded_by_id", "STAKEHOLDER"),
        ("guidance", "given_by_id", "CO_CHAIR"),
        ("guidance", "requested_by_id", "CO_MANAGER"),
        ("proposal_revisions", "submitted_by_id", "FOCAL_POINT"),
        ("proposals", "created_by_id", "PARTNER"),
    ):
        held = ask(
            f"select distinct g.role from hub.{table} t join hub.role_grants g on g.person_id = t.{column}"
        )
        assert held == [role], (table, column)


def test_the_reviewer_and_the_stakeholder_have_something_to_do(ask: Ask) -> None:
    assert set(
        ask(
            "select r.state from hub.proposal_reviews r join hub.persons p on p.id = r.reviewer_id"
            " join hub.proposals o on o.id = r.proposal_id"
            " where p.persona = 'reviewer' and o.state = 'UNDER_REVIEW'"
        )
    ) >= {"ASSIGNED", "SUBMITTED"}
    assert set(
        ask(
            "select c.response is null from hub.consultations c"
            " join hub.persons p on p.organisation_id = c.consulted_id and p.persona = 'stakeholder'"
        )
    ) == {True, False}


def test_guidance_is_open_exactly_while_it_is_awaited(ask: Ask) -> None:
    open_questions = ask("select proposal_id from hub.guidance where given_at is null")
    awaiting = ask("select id from hub.proposals where state = 'AWAITING_GUIDANCE'")
    assert sorted(open_questions) == sorted(awaiting)
    assert ask("select count(*) from hub.guidance where (answer is null) <> (given_at is null)") == [0]
    assert set(ask("select requested_by_id is null from hub.guidance")) == {True, False}


def test_the_personas_own_proposals_stand_at_each_step(ask: Ask) -> None:
    rows = ask(
        "select p.state, exists (select from hub.proposal_revisions r where r.proposal_id = p.id"
        " and r.submitted_at is null),"
        f" (select coalesce(string_agg(o.iso_code, ' ' order by o.iso_code), '') from hub.votes v"
        f" join hub.organisations o on o.id = v.seat_id where v.proposal_id = p.id and {IN_FORCE})"
        " from hub.proposals p join hub.organisations a on a.id = p.organisation_id"
        " join hub.persons c on c.id = p.created_by_id"
        " where a.short_name = 'Demo Alliance' and c.persona = 'partner' order by p.state, 3"
    )
    assert rows == [
        ("AWAITING_DECISION", False, ""),
        ("AWAITING_DECISION", False, "AU"),
        ("DRAFT", True, ""),
        ("DRAFT", True, ""),
        ("IN_WORKPLAN", False, "AU ID"),
        ("LETTER_ISSUED", False, "AU ID"),
        ("NOT_ENDORSED", False, "AU ID"),
        ("REVISION_REQUESTED", True, ""),
        ("SUBMITTED", False, ""),
        ("UNDER_REVIEW", False, ""),
    ]


def test_only_invented_organisations_are_refused_or_give_up(ask: Ask) -> None:
    assert set(
        ask(
            "select o.is_demonstration from hub.proposals p"
            " join hub.organisations o on o.id = p.organisation_id"
            " where p.state in ('NOT_ENDORSED', 'INELIGIBLE', 'WITHDRAWN')"
        )
    ) == {True}


def test_partners_that_are_rejected_or_suspended_have_drafts_only(ask: Ask) -> None:
    assert ask(
        "select p.state, p.submitted_at from hub.proposals p"
        " join hub.organisations o on o.id = p.organisation_id"
        " where o.vetting_state in ('REJECTED', 'SUSPENDED')"
    ) == [("DRAFT", None)]


def test_steps_follow_each_other_in_time(ask: Ask) -> None:
    for table in (
        "proposal_revisions",
        "proposal_reviews",
        "consultations",
        "guidance",
        "votes",
        "decisions",
    ):
        assert ask(
            f"select count(*) from hub.{table} t join hub.proposals p on p.id = t.proposal_id"
            " where t.created_at < p.created_at or t.updated_at > p.updated_at or t.updated_at < t.created_at"
        ) == [0], table
