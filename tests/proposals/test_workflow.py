"""The transition table of proposals, walked."""

from __future__ import annotations

import itertools

import pytest

from hub.errors import Conflict
from hub.proposals.workflow import (
    STAGES,
    TRANSITIONS,
    Choice,
    Event,
    Outcome,
    ProposalState,
    event_of,
    joint_outcome,
    next_state,
    permits,
    stage_to_return_to,
)

S, E = ProposalState, Event


def test_every_state_is_reached_from_a_draft_and_every_event_happens_somewhere() -> None:
    reached, frontier = {S.DRAFT}, [S.DRAFT]
    while frontier:
        state = frontier.pop()
        for event in E:
            if permits(state, event):
                target = next_state(state, event, returns_to=S.SCREENING)
                if target not in reached:
                    reached.add(target)
                    frontier.append(target)
    assert reached == set(S)
    assert {event for _, event in TRANSITIONS} == set(E)


def test_what_is_not_in_the_table_is_a_conflict_that_names_the_states() -> None:
    for state, event in itertools.product(S, E):
        if not permits(state, event):
            with pytest.raises(Conflict, match=state.value):
                next_state(state, event)


@pytest.mark.parametrize("stage", STAGES)
def test_revision_and_guidance_return_to_the_stage_that_asked(stage: ProposalState) -> None:
    back = stage_to_return_to(stage)
    assert back is stage
    assert next_state(stage, E.REQUEST_REVISION) is S.REVISION_REQUESTED
    assert next_state(S.REVISION_REQUESTED, E.RESUBMIT) is S.RESUBMITTED
    assert next_state(S.RESUBMITTED, E.RETURN_TO_STAGE, returns_to=back) is stage
    assert next_state(stage, E.REQUEST_GUIDANCE) is S.AWAITING_GUIDANCE
    assert next_state(S.AWAITING_GUIDANCE, E.GIVE_GUIDANCE, returns_to=back) is stage


def test_a_deferred_proposal_comes_back_to_the_decision() -> None:
    assert stage_to_return_to(S.DEFERRED) is S.AWAITING_DECISION
    assert next_state(S.DEFERRED, E.REOPEN) is S.AWAITING_DECISION


def test_nothing_is_withdrawn_once_it_is_decided() -> None:
    withdrawable = {state for state in S if permits(state, E.WITHDRAW)}
    decided = {S.ENDORSED, S.ENDORSED_WITH_CONDITIONS, S.NOT_ENDORSED, S.INELIGIBLE, S.IN_WORKPLAN}
    assert not withdrawable & decided


JOINT = {
    (Choice.ENDORSE, Choice.ENDORSE): Outcome.ENDORSED,
    (Choice.ENDORSE, Choice.ENDORSE_WITH_CONDITIONS): Outcome.ENDORSED_WITH_CONDITIONS,
    (Choice.ENDORSE_WITH_CONDITIONS, Choice.ENDORSE_WITH_CONDITIONS): Outcome.ENDORSED_WITH_CONDITIONS,
    (Choice.NOT_ENDORSE, Choice.NOT_ENDORSE): Outcome.NOT_ENDORSED,
    (Choice.DEFER, Choice.DEFER): Outcome.DEFERRED,
}


@pytest.mark.parametrize("votes", list(itertools.combinations_with_replacement(Choice, 2)))
def test_two_votes_decide_or_are_split(votes: tuple[Choice, Choice]) -> None:
    expected = JOINT.get(votes)
    assert joint_outcome(votes) is expected
    assert joint_outcome(votes[::-1]) is expected


@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_moves_the_proposal_to_the_state_of_its_name(outcome: Outcome) -> None:
    assert next_state(S.AWAITING_DECISION, event_of(outcome)).value == outcome.value
