"""Personas, invented people and invented partners: nobody and nothing real."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hub.identity.actor import Role
from hub.identity.models import PractitionerGroup
from hub.organisations.models import OrganisationKind
from hub.organisations.workflow import VettingState

Ask = Callable[[str], list[Any]]

PERSONAS = {
    "partner": ("Demo Officer, Demo Alliance", "Demo Alliance", ["PARTNER"]),
    "focal-point": ("Demo Focal Point, Demo Alliance", "Demo Alliance", ["FOCAL_POINT"]),
    "co-manager-au": ("Demo Co-Manager, Australia", "Australia", ["CO_MANAGER"]),
    "co-manager-id": ("Demo Co-Manager, Indonesia", "Indonesia", ["CO_MANAGER"]),
    "co-chair": ("Demo Co-Chair, Indonesia", "Indonesia", ["CO_CHAIR"]),
    "staff": ("Demo Programme Officer, RSO", "RSO", ["STAFF"]),
    "reviewer": ("Demo Reviewer, Demo University", "Demo University", ["REVIEWER"]),
    "stakeholder": ("Demo Stakeholder, Demo Federation", "Demo Federation", ["STAKEHOLDER"]),
    "analyst": ("Demo Analyst, RSO", "RSO", ["ANALYST"]),
    "admin": ("Demo Administrator, RSO", "RSO", ["ADMIN"]),
}


def test_the_ten_personas_are_those_that_can_sign_in(ask: Ask) -> None:
    found = ask("select persona, name, organisation, roles from hub.demonstration_personas()")
    assert {persona: (name, organisation, roles) for persona, name, organisation, roles in found} == PERSONAS


def test_every_role_is_held_by_a_persona(ask: Ask) -> None:
    held = ask(
        "select distinct g.role from hub.role_grants g join hub.persons p on p.id = g.person_id"
        " where p.persona is not null"
    )
    assert set(held) == set(Role)


def test_everybody_has_one_role_that_is_in_force_and_was_granted_by_somebody_else(ask: Ask) -> None:
    assert ask("select person_id from hub.role_grants group by 1 having count(*) <> 1") == []
    assert ask(
        "select count(*) from hub.persons p where not exists"
        " (select from hub.role_grants where person_id = p.id)"
    ) == [0]
    assert set(ask("select starts_on::text from hub.role_grants where ends_on is null")) == {"2022-01-10"}
    assert ask("select count(*) from hub.role_grants where granted_by_id = person_id") == [0]
    assert ask(
        "select p.persona from hub.role_grants g join hub.persons p on p.id = g.person_id"
        " where granted_by_id is null"
    ) == ["admin"]


def test_people_are_named_for_what_they_do(ask: Ask) -> None:
    for name, label in ask(
        "select p.name, o.short_name from hub.persons p join hub.organisations o on o.id = p.organisation_id"
    ):
        assert re.fullmatch(
            r"Demo (Officer|Focal Point|Reviewer|Stakeholder|Co-Chair|Co-Manager|Programme Officer|Analyst|"
            rf"Administrator), {re.escape(label)}",
            name,
        )
    addresses = ask("select email from hub.persons")
    assert len(set(addresses)) == len(addresses)
    assert [a for a in addresses if not re.fullmatch(r"[a-z.-]+@demonstration\.example\.org", a)] == []


def test_people_of_every_practitioner_group(ask: Ask) -> None:
    assert set(ask("select practitioner_group from hub.persons where practitioner_group is not null")) == set(
        PractitionerGroup
    )


def test_invented_partners_of_every_kind_and_at_every_stage_of_vetting(ask: Ask) -> None:
    partners = ask(
        "select kind, vetting_state, is_listed, name from hub.organisations where is_demonstration"
    )
    assert len(partners) == 25
    assert {kind for kind, *_ in partners} == set(OrganisationKind) - {OrganisationKind.MEMBER_STATE}
    assert {vetting for _, vetting, *_ in partners} == set(VettingState)
    for _, vetting, is_listed, name in partners:
        assert is_listed == (vetting == "VETTED")
        assert name.startswith("Demonstration ")


def test_the_office_is_listed_and_neither_it_nor_a_partner_votes(ask: Ask) -> None:
    assert ask(
        "select name, kind, vetting_state, is_listed from hub.organisations where short_name = 'RSO'"
    ) == [("Regional Support Office of the Bali Process", "OTHER", None, True)]
    assert ask("select iso_code from hub.organisations where decides order by 1") == ["AU", "ID"]
