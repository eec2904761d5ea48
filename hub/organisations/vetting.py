"""Vetting a partner: what the office does. Two people of it decide, and nobody about his own organisation."""

from __future__ import annotations

import uuid
from typing import Any

from hub.act import Act
from hub.errors import Conflict, NotAllowed
from hub.organisations import standing
from hub.organisations.models import Organisation, VettingApplication, VettingDecision
from hub.organisations.workflow import (
    ApplicationState,
    Verdict,
    VettingEvent,
    VettingOutcome,
    VettingState,
    event_of,
    next_of_application,
    next_of_partner,
)
from hub.policy import Action
from hub.texts import LONG, Problems


async def start(act: Act, *, application_id: uuid.UUID, version: int | None) -> VettingApplication:
    """Take an application up. Whoever does so does not decide on it."""
    application = await _take(act, application_id, Action.VETTING_START, version)
    await _move(act, application, VettingEvent.START, started_at=act.now, started_by_id=act.person_id)
    act.record(Action.VETTING_START, application)
    _tell(act, "VettingStarted", application)
    return application


async def return_for_more(
    act: Act, *, application_id: uuid.UUID, reasons: str, version: int | None
) -> VettingApplication:
    """Ask for more: the application ends, and its organisation writes another."""
    application = await _take(act, application_id, Action.VETTING_RETURN, version)
    said = _reason(reasons, "reasons")
    await _move(act, application, VettingEvent.RETURN)
    _decide(act, application.organisation_id, application, VettingOutcome.RETURNED, said)
    act.record(Action.VETTING_RETURN, application)
    _tell(act, "VettingReturned", application)
    return application


async def decide(
    act: Act, *, application_id: uuid.UUID, verdict: Verdict, reason: str, version: int | None
) -> VettingApplication:
    """Accept or reject the partner, by another person than the one who took the application up."""
    application = await _take(act, application_id, Action.VETTING_DECIDE, version)
    if application.started_by_id == act.person_id:
        raise NotAllowed("You took this application up; somebody else of the office decides on it.")
    said = _reason(reason, "reason")
    await _move(act, application, event_of(verdict), decided_by_id=act.person_id)
    _decide(act, application.organisation_id, application, VettingOutcome(verdict.value), said)
    act.record(Action.VETTING_DECIDE, application, verdict=verdict.value)
    _tell(act, "VettingDecided", application)
    return application


async def suspend(act: Act, *, organisation_id: uuid.UUID, reason: str, version: int | None) -> Organisation:
    """Stop a vetted partner from saying anything to others (see standing.py); the public sees it no more."""
    return await _of_partner(
        act, organisation_id, Action.PARTNER_SUSPEND, VettingEvent.SUSPEND, reason, version
    )


async def reinstate(
    act: Act, *, organisation_id: uuid.UUID, reason: str, version: int | None
) -> Organisation:
    """Make a suspended partner a vetted one again."""
    return await _of_partner(
        act, organisation_id, Action.PARTNER_REINSTATE, VettingEvent.REINSTATE, reason, version
    )


async def _of_partner(
    act: Act,
    organisation_id: uuid.UUID,
    action: Action,
    event: VettingEvent,
    reason: str,
    version: int | None,
) -> Organisation:
    await standing.alone(act, organisation_id)
    partner = await act.take(Organisation, organisation_id, action, what="Partner", version=version)
    said = _reason(reason, "reason")
    advance(act, partner, event)
    outcome = VettingOutcome.SUSPENDED if event is VettingEvent.SUSPEND else VettingOutcome.REINSTATED
    _decide(act, partner.id, None, outcome, said)
    act.record(action, partner)
    act.tell(f"Partner{outcome.value.capitalize()}", partner, organisation=partner.id)
    return partner


def advance(act: Act, partner: Organisation, event: VettingEvent) -> None:
    """Move the partner by the event; Conflict where the table has no such move. Listed is who is vetted."""
    if partner.vetting_state is None:
        raise Conflict("Vetting does not apply to this organisation.")
    partner.vetting_state = next_of_partner(VettingState(partner.vetting_state), event).value
    partner.is_listed = partner.vetting_state == VettingState.VETTED
    act.changed(partner)


async def _take(act: Act, id: uuid.UUID, action: Action, version: int | None) -> VettingApplication:
    return await act.take(VettingApplication, id, action, what="Application", version=version)


async def _move(act: Act, application: VettingApplication, event: VettingEvent, **kept: Any) -> None:
    """Move the application and its organisation, which nobody else moves meanwhile, and keep who did it."""
    state = next_of_application(ApplicationState(application.state), event)
    await standing.alone(act, application.organisation_id)
    partner = await act.see(Organisation, application.organisation_id, "Organisation")
    await act.session.refresh(partner, with_for_update=True)
    advance(act, partner, event)
    application.state = state
    for name, value in kept.items():
        setattr(application, name, value)
    act.changed(application)


def _decide(
    act: Act,
    organisation_id: uuid.UUID,
    application: VettingApplication | None,
    outcome: VettingOutcome,
    reason: str,
) -> None:
    """Keep what the partner is told. The reason stands here alone, and in no record that others read."""
    act.session.add(
        VettingDecision(
            organisation_id=organisation_id,
            application_id=application.id if application else None,
            outcome=outcome.value,
            reason=reason,
            decided_at=act.now,
            decided_by_id=act.person_id,
        )
    )


def _reason(given: str, field: str) -> str:
    problems = Problems()
    said = problems.text(given, field, longest=LONG)
    problems.check()
    return said or ""


def _tell(act: Act, topic: str, application: VettingApplication) -> None:
    act.tell(topic, application, organisation=application.organisation_id, reference=application.reference)
