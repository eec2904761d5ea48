"""Invented people, named for what they do: the ten personas, and colleagues in other organisations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hub.demonstration.partners import ALLIANCE, FEDERATION, OFFICE, UNIVERSITY
from hub.demonstration.rows import World, instant
from hub.identity.actor import Role
from hub.identity.models import Person, PractitionerGroup, RoleGrant

SINCE = date(2022, 1, 10)
"""From when everybody's role is granted; no end is set."""

_G = PractitionerGroup


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom a visitor of the demonstration may sign in as."""

    persona: str
    role: Role
    organisation: str
    name: str
    group: PractitionerGroup | None


PERSONAS = (
    Persona("admin", Role.ADMIN, OFFICE, "Demo Administrator, RSO", None),
    Persona("staff", Role.STAFF, OFFICE, "Demo Programme Officer, RSO", _G.COUNTER_TRAFFICKING_AND_MIGRATION),
    Persona("analyst", Role.ANALYST, OFFICE, "Demo Analyst, RSO", None),
    Persona(
        "partner", Role.PARTNER, ALLIANCE, "Demo Officer, Demo Alliance", _G.COUNTER_TRAFFICKING_AND_MIGRATION
    ),
    Persona("focal-point", Role.FOCAL_POINT, ALLIANCE, "Demo Focal Point, Demo Alliance", _G.POLICY),
    Persona("co-manager-au", Role.CO_MANAGER, "AU", "Demo Co-Manager, Australia", _G.POLICY),
    Persona("co-manager-id", Role.CO_MANAGER, "ID", "Demo Co-Manager, Indonesia", _G.BORDER_AND_IMMIGRATION),
    Persona("co-chair", Role.CO_CHAIR, "ID", "Demo Co-Chair, Indonesia", _G.POLICY),
    Persona("reviewer", Role.REVIEWER, UNIVERSITY, "Demo Reviewer, Demo University", _G.JUDICIAL),
    Persona(
        "stakeholder",
        Role.STAKEHOLDER,
        FEDERATION,
        "Demo Stakeholder, Demo Federation",
        _G.COUNTER_TRAFFICKING_AND_MIGRATION,
    ),
)

REVIEWERS = (UNIVERSITY, "Demo Border Institute", "Demo Law Faculty")
STAKEHOLDERS = (FEDERATION, "Demo Survivor Network", "Demo Dialogue", "Demo Foundation")
"""Organisations of which somebody reviews, or answers consultations."""

STATES = (
    *("AU", "ID", "NZ", "TH", "PH", "VN", "MY", "SG", "JP", "KR", "US"),
    *("BD", "LK", "PK", "MV", "FJ", "PG", "IN", "KH", "LA", "TL"),
)
PARTNERS = (
    *("IOM", "UNHCR", "UNODC", "ILO"),
    *(FEDERATION, "Demo Survivor Network", "Demo Seafarers", UNIVERSITY, "Demo Border Institute"),
    *("Demo Law Faculty", "Demo Airlines", "Demo Identity Systems", "Demo Logistics", "Demo Dialogue"),
    *("Demo Foundation", "Demo Border Agency", "Demo Recruiters", "Demo Youth Forum"),
)
"""Organisations, besides the personas' own, that have an officer and a focal point."""


def add(world: World) -> None:
    """Add everybody, with the one role of each."""
    for persona in PERSONAS:
        _add(world, persona)
    groups = tuple(PractitionerGroup)
    for number, key in enumerate((*STATES, *PARTNERS)):
        group, label = groups[number % len(groups)], world.labels.get(key, key)
        _add(world, Persona("", Role.PARTNER, key, f"Demo Officer, {label}", group))
        _add(world, Persona("", Role.FOCAL_POINT, key, f"Demo Focal Point, {label}", group))
    for key in REVIEWERS[1:]:
        _add(world, Persona("", Role.REVIEWER, key, f"Demo Reviewer, {key}", PractitionerGroup.JUDICIAL))
    for key in STAKEHOLDERS[1:]:
        _add(world, Persona("", Role.STAKEHOLDER, key, f"Demo Stakeholder, {key}", None))
    _add(world, Persona("", Role.CO_CHAIR, "AU", "Demo Co-Chair, Australia", PractitionerGroup.POLICY))


def _add(world: World, somebody: Persona) -> None:
    at = instant(SINCE)
    address = somebody.persona or f"{somebody.role.value}.{somebody.organisation}"
    person = world.rows.add(
        Person,
        at,
        name=somebody.name,
        email=f"{address.lower().replace(' ', '-').replace('_', '-')}@demonstration.example.org",
        language="id" if somebody.organisation == "ID" else "en",
        practitioner_group=somebody.group.value if somebody.group else None,
        organisation_id=world.organisation(somebody.organisation),
        persona=somebody.persona or None,
        confirmed_at=at,
    )
    world.rows.add(
        RoleGrant,
        at,
        person_id=person["id"],
        organisation_id=person["organisation_id"],
        role=somebody.role.value,
        starts_on=SINCE,
        granted_by_id=world.people.get((Role.ADMIN, OFFICE)),
    )
    world.people[somebody.role, somebody.organisation] = person["id"]
