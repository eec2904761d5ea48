"""How a proposal moves: states, events and the transition table. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import assert_never

from hub.errors import Conflict


class ProposalState(StrEnum):
    """Where a proposal stands between its first draft and the work plan."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    SCREENING = "SCREENING"
    UNDER_REVIEW = "UNDER_REVIEW"
    IN_CONSULTATION = "IN_CONSULTATION"
    AWAITING_DECISION = "AWAITING_DECISION"
    AWAITING_GUIDANCE = "AWAITING_GUIDANCE"
    REVISION_REQUESTED = "REVISION_REQUESTED"
    RESUBMITTED = "RESUBMITTED"
    ENDORSED = "ENDORSED"
    ENDORSED_WITH_CONDITIONS = "ENDORSED_WITH_CONDITIONS"
    NOT_ENDORSED = "NOT_ENDORSED"
    DEFERRED = "DEFERRED"
    INELIGIBLE = "INELIGIBLE"
    WITHDRAWN = "WITHDRAWN"
    LETTER_ISSUED = "LETTER_ISSUED"
    ACCEPTED = "ACCEPTED"
    IN_WORKPLAN = "IN_WORKPLAN"


class Event(StrEnum):
    """What happens to a proposal."""

    SUBMIT = "SUBMIT"
    START_SCREENING = "START_SCREENING"
    FIND_INELIGIBLE = "FIND_INELIGIBLE"
    SEND_TO_REVIEW = "SEND_TO_REVIEW"
    SEND_TO_CONSULTATION = "SEND_TO_CONSULTATION"
    SEND_TO_DECISION = "SEND_TO_DECISION"
    REQUEST_REVISION = "REQUEST_REVISION"
    RESUBMIT = "RESUBMIT"
    RETURN_TO_STAGE = "RETURN_TO_STAGE"
    REQUEST_GUIDANCE = "REQUEST_GUIDANCE"
    GIVE_GUIDANCE = "GIVE_GUIDANCE"
    ENDORSE = "ENDORSE"
    ENDORSE_WITH_CONDITIONS = "ENDORSE_WITH_CONDITIONS"
    NOT_ENDORSE = "NOT_ENDORSE"
    DEFER = "DEFER"
    REOPEN = "REOPEN"
    WITHDRAW = "WITHDRAW"
    ISSUE_LETTER = "ISSUE_LETTER"
    ACCEPT = "ACCEPT"
    ENTER_WORKPLAN = "ENTER_WORKPLAN"


class Choice(StrEnum):
    """What a Co-Manager may vote."""

    ENDORSE = "ENDORSE"
    ENDORSE_WITH_CONDITIONS = "ENDORSE_WITH_CONDITIONS"
    NOT_ENDORSE = "NOT_ENDORSE"
    DEFER = "DEFER"


class Outcome(StrEnum):
    """What the two votes come to."""

    ENDORSED = "ENDORSED"
    ENDORSED_WITH_CONDITIONS = "ENDORSED_WITH_CONDITIONS"
    NOT_ENDORSED = "NOT_ENDORSED"
    DEFERRED = "DEFERRED"


class Screening(StrEnum):
    """What screening finds: ineligible, or where the proposal goes next."""

    INELIGIBLE = "INELIGIBLE"
    TO_REVIEW = "TO_REVIEW"
    TO_CONSULTATION = "TO_CONSULTATION"
    TO_DECISION = "TO_DECISION"


class NextStage(StrEnum):
    """Where a proposal goes from review or consultation."""

    CONSULTATION = "CONSULTATION"
    DECISION = "DECISION"


class ReviewState(StrEnum):
    """How far a reviewer is."""

    ASSIGNED = "ASSIGNED"
    SUBMITTED = "SUBMITTED"
    CONFLICTED = "CONFLICTED"


class Recommendation(StrEnum):
    """What a reviewer recommends."""

    ENDORSE = "ENDORSE"
    ENDORSE_WITH_CONDITIONS = "ENDORSE_WITH_CONDITIONS"
    REVISE = "REVISE"
    NOT_ENDORSE = "NOT_ENDORSE"


_S, _E = ProposalState, Event

STAGES = (_S.SCREENING, _S.UNDER_REVIEW, _S.IN_CONSULTATION, _S.AWAITING_DECISION)
"""The stages that can ask for a revision or for guidance, and are returned to."""

UNDECIDED = (_S.DRAFT, _S.SUBMITTED, *STAGES, _S.AWAITING_GUIDANCE, _S.REVISION_REQUESTED, _S.RESUBMITTED)

TRANSITIONS: dict[tuple[ProposalState, Event], ProposalState | None] = {
    (_S.DRAFT, _E.SUBMIT): _S.SUBMITTED,
    (_S.SUBMITTED, _E.START_SCREENING): _S.SCREENING,
    (_S.SCREENING, _E.FIND_INELIGIBLE): _S.INELIGIBLE,
    (_S.SCREENING, _E.SEND_TO_REVIEW): _S.UNDER_REVIEW,
    (_S.SCREENING, _E.SEND_TO_CONSULTATION): _S.IN_CONSULTATION,
    (_S.SCREENING, _E.SEND_TO_DECISION): _S.AWAITING_DECISION,
    (_S.UNDER_REVIEW, _E.SEND_TO_CONSULTATION): _S.IN_CONSULTATION,
    (_S.UNDER_REVIEW, _E.SEND_TO_DECISION): _S.AWAITING_DECISION,
    (_S.IN_CONSULTATION, _E.SEND_TO_DECISION): _S.AWAITING_DECISION,
    **{(stage, _E.REQUEST_REVISION): _S.REVISION_REQUESTED for stage in STAGES},
    (_S.REVISION_REQUESTED, _E.RESUBMIT): _S.RESUBMITTED,
    (_S.RESUBMITTED, _E.RETURN_TO_STAGE): None,
    **{(stage, _E.REQUEST_GUIDANCE): _S.AWAITING_GUIDANCE for stage in STAGES},
    (_S.AWAITING_GUIDANCE, _E.GIVE_GUIDANCE): None,
    (_S.AWAITING_DECISION, _E.ENDORSE): _S.ENDORSED,
    (_S.AWAITING_DECISION, _E.ENDORSE_WITH_CONDITIONS): _S.ENDORSED_WITH_CONDITIONS,
    (_S.AWAITING_DECISION, _E.NOT_ENDORSE): _S.NOT_ENDORSED,
    (_S.AWAITING_DECISION, _E.DEFER): _S.DEFERRED,
    (_S.DEFERRED, _E.REOPEN): _S.AWAITING_DECISION,
    (_S.DEFERRED, _E.REQUEST_REVISION): _S.REVISION_REQUESTED,
    **{(state, _E.WITHDRAW): _S.WITHDRAWN for state in (*UNDECIDED, _S.DEFERRED)},
    (_S.ENDORSED, _E.ISSUE_LETTER): _S.LETTER_ISSUED,
    (_S.ENDORSED_WITH_CONDITIONS, _E.ISSUE_LETTER): _S.LETTER_ISSUED,
    (_S.LETTER_ISSUED, _E.ACCEPT): _S.ACCEPTED,
    (_S.ACCEPTED, _E.ENTER_WORKPLAN): _S.IN_WORKPLAN,
}
"""State and event -> next state; None stands for the stage that the proposal came from."""


def stage_to_return_to(state: ProposalState) -> ProposalState:
    """Where a proposal resumes after a revision or guidance asked for in the state."""
    return _S.AWAITING_DECISION if state is _S.DEFERRED else state


def permits(state: ProposalState, event: Event) -> bool:
    """Whether the event may happen in the state."""
    return (state, event) in TRANSITIONS


def states_for(event: Event) -> tuple[ProposalState, ...]:
    """The states in which the event may happen, in the table's order."""
    return tuple(state for state, happens in TRANSITIONS if happens is event)


def next_state(
    state: ProposalState, event: Event, *, returns_to: ProposalState | None = None
) -> ProposalState:
    """The state after the event; Conflict where the table has no such move."""
    if not permits(state, event):
        expected = ", ".join(states_for(event))
        raise Conflict(f"The proposal is {state}; this can be done when it is {expected}. Reload it.")
    target = TRANSITIONS[state, event]
    if target is not None:
        return target
    if returns_to is None:
        raise ValueError(f"{state} came from no stage")
    return returns_to


def joint_outcome(choices: Collection[Choice]) -> Outcome | None:
    """What two votes on one revision come to: None for a split vote, which goes to the Co-Chairs.

    Two endorsements of which one sets conditions are an endorsement with conditions.
    """
    match sorted(set(choices)):
        case [Choice.ENDORSE]:
            return Outcome.ENDORSED
        case [Choice.ENDORSE_WITH_CONDITIONS] | [Choice.ENDORSE, Choice.ENDORSE_WITH_CONDITIONS]:
            return Outcome.ENDORSED_WITH_CONDITIONS
        case [Choice.NOT_ENDORSE]:
            return Outcome.NOT_ENDORSED
        case [Choice.DEFER]:
            return Outcome.DEFERRED
        case _:
            return None


def event_of(outcome: Outcome) -> Event:
    """The event by which an outcome moves the proposal."""
    match outcome:
        case Outcome.ENDORSED:
            return Event.ENDORSE
        case Outcome.ENDORSED_WITH_CONDITIONS:
            return Event.ENDORSE_WITH_CONDITIONS
        case Outcome.NOT_ENDORSED:
            return Event.NOT_ENDORSE
        case Outcome.DEFERRED:
            return Event.DEFER
        case _:
            assert_never(outcome)
