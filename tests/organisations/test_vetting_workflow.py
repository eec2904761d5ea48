"""The tables by which a partner and its applications move, written out again by hand."""

from __future__ import annotations

import itertools

import pytest

from hub.errors import Conflict
from hub.organisations.declaration import TEXTS, VERSION, Statement, whole
from hub.organisations.workflow import (
    ApplicationState,
    Verdict,
    VettingEvent,
    VettingState,
    event_of,
    next_of_application,
    next_of_partner,
)

APPLICATION = {
    "DRAFT SUBMIT": "SUBMITTED",
    "SUBMITTED START": "UNDER_VETTING",
    "UNDER_VETTING RETURN": "RETURNED",
    "UNDER_VETTING VET": "ACCEPTED",
    "UNDER_VETTING REJECT": "REJECTED",
}
PARTNER = {
    "APPLIED START": "UNDER_VETTING",
    "REJECTED START": "UNDER_VETTING",
    "UNDER_VETTING RETURN": "APPLIED",
    "UNDER_VETTING VET": "VETTED",
    "UNDER_VETTING REJECT": "REJECTED",
    "VETTED SUSPEND": "SUSPENDED",
    "SUSPENDED REINSTATE": "VETTED",
}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(ApplicationState, VettingEvent)))
def test_an_application_moves_by_the_table_alone(state: ApplicationState, event: VettingEvent) -> None:
    expected = APPLICATION.get(f"{state} {event}")
    if expected is not None:
        assert next_of_application(state, event) == expected
        return
    with pytest.raises(Conflict, match=f"The application is {state}; this can be done when it is "):
        next_of_application(state, event)


@pytest.mark.parametrize(("state", "event"), list(itertools.product(VettingState, VettingEvent)))
def test_a_partner_moves_by_the_table_alone(state: VettingState, event: VettingEvent) -> None:
    expected = PARTNER.get(f"{state} {event}")
    if expected is not None:
        assert next_of_partner(state, event) == expected
        return
    with pytest.raises(Conflict, match=f"The partner is {state}; this can be done when it is "):
        next_of_partner(state, event)


def test_a_verdict_is_an_event() -> None:
    assert {verdict: event_of(verdict) for verdict in Verdict} == {"VETTED": "VET", "REJECTED": "REJECT"}


def test_the_declaration_is_kept_whole() -> None:
    assert set(TEXTS) == set(Statement)
    lines = whole().splitlines()
    assert lines[0] == f"Declaration {VERSION}"
    assert lines[1:] == [f"- {TEXTS[statement]}" for statement in Statement]
