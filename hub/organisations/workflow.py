"""How a partner is vetted: states, events and the transition tables. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from hub.errors import Conflict


class VettingState(StrEnum):
    """How far the vetting of a partner has come."""

    APPLIED = "APPLIED"
    UNDER_VETTING = "UNDER_VETTING"
    VETTED = "VETTED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"


class ApplicationState(StrEnum):
    """Where one application of a partner stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_VETTING = "UNDER_VETTING"
    RETURNED = "RETURNED"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"


class VettingEvent(StrEnum):
    """What happens to an application, or to the partner, or to both at once."""

    SUBMIT = "SUBMIT"
    START = "START"
    RETURN = "RETURN"
    VET = "VET"
    REJECT = "REJECT"
    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"


class Verdict(StrEnum):
    """What vetting may come to."""

    VETTED = "VETTED"
    REJECTED = "REJECTED"


class VettingOutcome(StrEnum):
    """What the office told a partner, with its reason."""

    RETURNED = "RETURNED"
    VETTED = "VETTED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"
    REINSTATED = "REINSTATED"


_A, _V, _E = ApplicationState, VettingState, VettingEvent

OPEN = (_A.DRAFT, _A.SUBMITTED, _A.UNDER_VETTING)
"""An organisation has at most one application in these."""

MAY_APPLY = (_V.APPLIED, _V.REJECTED)
"""Of partners: who was rejected may apply again."""

BARRED = (_V.REJECTED, _V.SUSPENDED)
"""Of partners: they say nothing to anybody outside; their people invite nobody, and have confirmed nobody."""

OF_APPLICATION: dict[tuple[ApplicationState, VettingEvent], ApplicationState] = {
    (_A.DRAFT, _E.SUBMIT): _A.SUBMITTED,
    (_A.SUBMITTED, _E.START): _A.UNDER_VETTING,
    (_A.UNDER_VETTING, _E.RETURN): _A.RETURNED,
    (_A.UNDER_VETTING, _E.VET): _A.ACCEPTED,
    (_A.UNDER_VETTING, _E.REJECT): _A.REJECTED,
}
"""State and event -> next state. What was returned stays as it was: the next draft is another application."""

OF_PARTNER: dict[tuple[VettingState, VettingEvent], VettingState] = {
    (_V.APPLIED, _E.START): _V.UNDER_VETTING,
    (_V.REJECTED, _E.START): _V.UNDER_VETTING,
    (_V.UNDER_VETTING, _E.RETURN): _V.APPLIED,
    (_V.UNDER_VETTING, _E.VET): _V.VETTED,
    (_V.UNDER_VETTING, _E.REJECT): _V.REJECTED,
    (_V.VETTED, _E.SUSPEND): _V.SUSPENDED,
    (_V.SUSPENDED, _E.REINSTATE): _V.VETTED,
}
"""State and event -> next state. The office alone moves a partner."""

State = TypeVar("State", bound=StrEnum)


def next_of_application(state: ApplicationState, event: VettingEvent) -> ApplicationState:
    """The application's state after the event; Conflict where the table has no such move."""
    return _next("application", OF_APPLICATION, state, event)


def next_of_partner(state: VettingState, event: VettingEvent) -> VettingState:
    """The partner's state after the event; Conflict where the table has no such move."""
    return _next("partner", OF_PARTNER, state, event)


def states_for(table: Mapping[tuple[State, VettingEvent], State], event: VettingEvent) -> tuple[State, ...]:
    """The states in which the event may happen, in the table's order."""
    return tuple(state for state, happens in table if happens is event)


def event_of(verdict: Verdict) -> VettingEvent:
    """The event by which a verdict moves application and partner."""
    return _E.VET if verdict is Verdict.VETTED else _E.REJECT


def _next(
    what: str, table: Mapping[tuple[State, VettingEvent], State], state: State, event: VettingEvent
) -> State:
    found = table.get((state, event))
    if found is None:
        expected = ", ".join(states_for(table, event))
        raise Conflict(f"The {what} is {state}; this can be done when it is {expected}. Reload it.")
    return found
