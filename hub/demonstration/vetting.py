"""Invented applications to be vetted: one that waits for a decision, and old ones with what came of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hub.demonstration.partners import ALLIANCE, FEDERATION, OFFICE
from hub.demonstration.rows import Values, World, instant
from hub.identity.actor import Role
from hub.organisations.declaration import Statement, whole
from hub.organisations.models import VettingApplication, VettingDecision
from hub.organisations.workflow import ApplicationState, VettingOutcome

ACCEPTED = (
    # partner, when it applied, what it is, what it wants
    (
        ALLIANCE,
        date(2021, 12, 1),
        "An alliance of organisations that inform and assist people on the move.",
        "Training of front-line officers in referring victims to assistance.",
    ),
    (
        FEDERATION,
        date(2021, 12, 6),
        "A federation of services that assist migrants on arrival and return.",
        "Consultations on returns and reintegration.",
    ),
    (
        "Demo Foundation",
        date(2021, 12, 13),
        "A foundation that pays for research and exchanges on human mobility.",
        "Funding of research on irregular movements.",
    ),
    (
        "Demo Youth Forum",
        date(2022, 1, 17),
        "A forum of young people on migration.",
        "Awareness of young people of the dangers of smuggling.",
    ),
)


def add(world: World) -> None:
    """Add the applications, none of which has a document: no store has the demonstration's files."""
    for partner, day, description, purpose in ACCEPTED:
        application = _submitted(world, partner, day, description, purpose)
        decided = instant(day + timedelta(days=21), 60)
        application.update(_started(world, day + timedelta(days=7), ApplicationState.ACCEPTED, decided))
        application["decided_by_id"] = world.person(Role.CO_MANAGER, "AU")
        reason = "Its references were good, and what it states was found to be so."
        _tell(world, application, VettingOutcome.VETTED, decided, reason, world.person(Role.CO_MANAGER, "AU"))
    suspended = instant(date(2026, 5, 11))
    _tell(
        world,
        {"id": None, "organisation_id": world.organisation("Demo Youth Forum")},
        VettingOutcome.SUSPENDED,
        suspended,
        "It has not answered for half a year, and its address is not in use any more.",
        world.person(Role.STAFF, OFFICE),
    )
    waiting = _submitted(
        world,
        "Demo Recruiters",
        date(2026, 9, 14),
        "A group of recruiters of workers for employment abroad, who charge workers no fees.",
        "A guide to ethical recruitment for Member States, and its tests with employers.",
    )
    taken = date(2026, 10, 5)
    waiting.update(_started(world, taken, ApplicationState.UNDER_VETTING, instant(taken)))


def _submitted(world: World, partner: str, day: date, description: str, purpose: str) -> Values:
    focal_point = world.person(Role.FOCAL_POINT, partner)
    return world.rows.add(
        VettingApplication,
        instant(day),
        reference=world.references.next("VET", day.year),
        organisation_id=world.organisation(partner),
        state=ApplicationState.SUBMITTED.value,
        created_by_id=focal_point,
        description=description,
        purpose=purpose,
        statements=[statement.value for statement in Statement],
        declaration=whole(),
        submitted_at=instant(day, 30),
        submitted_by_id=focal_point,
    )


def _started(world: World, day: date, state: ApplicationState, changed: datetime) -> Values:
    """What the staff's taking an application up leaves in its row."""
    return {
        "state": state.value,
        "started_at": instant(day),
        "started_by_id": world.person(Role.STAFF, OFFICE),
        "updated_at": changed,
        "version": 4 if state is ApplicationState.ACCEPTED else 3,
    }


def _tell(
    world: World,
    about: Values,
    outcome: VettingOutcome,
    at: datetime,
    reason: str,
    by: object,
) -> None:
    world.rows.add(
        VettingDecision,
        at,
        organisation_id=about["organisation_id"],
        application_id=about["id"],
        outcome=outcome.value,
        reason=reason,
        decided_at=at,
        decided_by_id=by,
    )
