"""Invented partners of every kind, at every stage of vetting. Their names say that they do not exist."""

from __future__ import annotations

from datetime import date, timedelta

from hub.demonstration.rows import ANCHOR, World, instant, stream
from hub.organisations.models import Organisation, OrganisationKind
from hub.organisations.workflow import VettingState

OFFICE = "RSO"
"""The short name of the RSO itself, which the reference data has."""
ALLIANCE = "Demo Alliance"
"""The organisation of the personas `partner` and `focal-point`."""
UNIVERSITY = "Demo University"
"""The organisation of the persona `reviewer`."""
FEDERATION = "Demo Federation"
"""The organisation of the persona `stakeholder`."""

INVENTED = "Invented for the demonstration"

_K, _V = OrganisationKind, VettingState

PARTNERS: tuple[tuple[str, str, OrganisationKind, VettingState], ...] = (
    # short name, name, kind, vetting
    (ALLIANCE, "Demonstration Alliance for Safe Migration", _K.CIVIL_SOCIETY, _V.VETTED),
    (FEDERATION, "Demonstration Federation of Migrant Assistance Services", _K.CIVIL_SOCIETY, _V.VETTED),
    (
        "Demo Survivor Network",
        "Demonstration Network of Survivor Support Centres",
        _K.CIVIL_SOCIETY,
        _V.VETTED,
    ),
    ("Demo Seafarers", "Demonstration Seafarers' Welfare Society", _K.CIVIL_SOCIETY, _V.VETTED),
    (UNIVERSITY, "Demonstration University, School of Migration Studies", _K.ACADEMIA, _V.VETTED),
    ("Demo Border Institute", "Demonstration Institute for Border Studies", _K.ACADEMIA, _V.VETTED),
    ("Demo Law Faculty", "Demonstration Faculty of Comparative Criminal Law", _K.ACADEMIA, _V.VETTED),
    ("Demo Airlines", "Demonstration Association of Passenger Airlines", _K.PRIVATE_SECTOR, _V.VETTED),
    ("Demo Identity Systems", "Demonstration Identity Systems Company", _K.PRIVATE_SECTOR, _V.VETTED),
    ("Demo Logistics", "Demonstration Logistics and Venues Company", _K.PRIVATE_SECTOR, _V.VETTED),
    (
        "Demo Dialogue",
        "Demonstration Secretariat of Regional Dialogues",
        _K.INTERNATIONAL_ORGANISATION,
        _V.VETTED,
    ),
    ("Demo Observer Forum", "Demonstration Forum of Observer Organisations", _K.OBSERVER, _V.VETTED),
    ("Demo Border Agency", "Demonstration Border Agency", _K.GOVERNMENT, _V.VETTED),
    ("Demo Foundation", "Demonstration Foundation for Human Mobility", _K.OTHER, _V.VETTED),
    ("Demo Data Laboratory", "Demonstration Laboratory for Migration Data", _K.ACADEMIA, _V.APPLIED),
    ("Demo Coast Watch", "Demonstration Coast Watch Volunteers", _K.CIVIL_SOCIETY, _V.APPLIED),
    ("Demo Hotels", "Demonstration Hotel Owners' Association", _K.PRIVATE_SECTOR, _V.APPLIED),
    ("Demo Observer Commission", "Demonstration Observer Commission", _K.OBSERVER, _V.APPLIED),
    ("Demo Recruiters", "Demonstration Group of Ethical Recruiters", _K.PRIVATE_SECTOR, _V.UNDER_VETTING),
    ("Demo Labour Inspectorate", "Demonstration Labour Inspectorate", _K.GOVERNMENT, _V.UNDER_VETTING),
    (
        "Demo Observatory",
        "Demonstration Observatory of Mixed Movements",
        _K.INTERNATIONAL_ORGANISATION,
        _V.UNDER_VETTING,
    ),
    ("Demo Media Trust", "Demonstration Media Trust", _K.OTHER, _V.REJECTED),
    ("Demo Security Advisers", "Demonstration Security Advisers", _K.PRIVATE_SECTOR, _V.REJECTED),
    ("Demo Youth Forum", "Demonstration Youth Forum on Migration", _K.CIVIL_SOCIETY, _V.SUSPENDED),
    ("Demo Evaluation Centre", "Demonstration Centre for Programme Evaluation", _K.ACADEMIA, _V.SUSPENDED),
)


def add(world: World) -> None:
    """Add the partners; only the vetted ones are listed."""
    chance = stream("partners")
    for short_name, name, kind, vetting in PARTNERS:
        is_settled = vetting in (VettingState.VETTED, VettingState.SUSPENDED)
        age = chance.randint(1600, 1750) if is_settled else chance.randint(20, 300)
        _add(world, short_name, name, kind, vetting, ANCHOR - timedelta(days=age))


def _add(
    world: World,
    short_name: str,
    name: str,
    kind: OrganisationKind,
    vetting: VettingState,
    on: date,
) -> None:
    row = world.rows.add(
        Organisation,
        instant(on),
        kind=kind.value,
        name=name,
        short_name=short_name,
        aliases=[],
        vetting_state=vetting.value,
        is_listed=vetting is VettingState.VETTED,
        decides=False,
        source=INVENTED,
        source_on=ANCHOR,
    )
    world.organisations[short_name] = row["id"]
    world.labels[short_name] = short_name
