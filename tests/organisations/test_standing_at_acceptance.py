"""An invitation is judged when it is accepted: by what who invited may then, and by what stands apart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text

from hub import policy
from hub.database import Place
from hub.db.engine import Database
from hub.identity import accounts
from hub.identity.actor import Actor, Role
from hub.identity.models import Invitation
from hub.identity.oidc.claims import Account
from tests.conftest import PERSONAS
from tests.identity.inviting import address, invited, people_at
from tests.policy.clones import actor_of, as_owner

ISSUER = "https://provider.example.org"


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The pools of a worker."""
    opened = Database(place.login, pool_size=5)
    yield opened
    await opened.dispose()


async def signs_in(database: Database, email: str) -> Actor | None:
    """Whoever has the address, at the provider."""
    account = Account(ISSUER, email, None, email, "Somebody New", "an id token")
    return await accounts.admit(database, account, is_demonstration=False)


async def roles(database: Database, email: str) -> set[str] | None:
    """What whoever signs in may be now; None for nobody."""
    actor = await signs_in(database, email)
    return None if actor is None else {str(role) for role in actor.roles}


async def execute(place: Place, statement: str, **given: Any) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text(statement), given)


async def invitations(place: Place, email: str) -> list[tuple[str, bool, list[str]]]:
    """Of each invitation of the address its role, whether it is open, and what the record says of it."""
    statement = text(
        "select i.role, i.accepted_at is null and i.withdrawn_at is null,"
        " array(select e.action || coalesce(' ' || (e.details ->> 'reason'), '') from hub.audit_events e"
        "       where e.subject_id = i.id order by e.id)"
        " from hub.invitations i where i.email = :email order by i.id"
    )
    async with as_owner(place) as owner:
        rows = await owner.execute(statement, {"email": email})
        return [(role, is_open, said) for role, is_open, said in rows]


# -- what stands apart ---------------------------------------------------------------------------------

PAIRS = sorted({(str(role), str(other)) for role, others in policy.APART.items() for other in others})
ACCEPTED, APART, LAPSED = "invitation:accept", "invitation:set-aside APART", "invitation:set-aside LAPSED"


@pytest.mark.parametrize(("first", "second"), PAIRS)
async def test_of_two_invitations_that_stand_apart_the_earlier_is_accepted(
    first: str, second: str, database: Database, place: Place
) -> None:
    email = address()
    for role in (first, second, "REVIEWER"):
        await invited(place, email, role=role, organisation="Australia")
    expected = [(first, False, [ACCEPTED]), (second, True, [APART]), ("REVIEWER", False, [ACCEPTED])]
    for _ in range(2):  # the record says it once
        assert await roles(database, email) == {first, "REVIEWER"}
        assert await invitations(place, email) == expected
    await execute(
        place,
        "update hub.role_grants g set ended_at = now(), ends_on = current_date"
        " from hub.persons p where p.id = g.person_id and p.email = :email and g.role = :role",
        email=email,
        role=first,
    )
    assert await roles(database, email) == {second, "REVIEWER"}, "one after the other"


async def test_many_sign_ins_at_once_accept_one_of_what_stands_apart(
    database: Database, place: Place
) -> None:
    email = address()
    for role in ("CO_MANAGER", "STAFF"):
        await invited(place, email, role=role, organisation="Australia")
    await asyncio.gather(*(signs_in(database, email) for _ in range(5)))
    assert [person["roles"] for person in await people_at(place, email)] == [["CO_MANAGER"]]


async def test_a_sign_in_waits_for_a_role_that_is_being_granted(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email, role="REVIEWER", organisation="Australia")
    assert await roles(database, email) == {"REVIEWER"}
    await invited(place, email, role="STAFF", organisation="Australia")
    granted = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on)"
        " select id, organisation_id, 'CO_MANAGER', current_date from hub.persons where email = :email"
    )
    async with as_owner(place) as owner:
        await owner.execute(granted, {"email": email})
        signing_in = asyncio.create_task(roles(database, email))
        await asyncio.sleep(0.3)
        assert not signing_in.done()
    assert await signing_in == {"CO_MANAGER", "REVIEWER"}


async def test_a_role_to_come_stands_apart_too(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email, role="REVIEWER", organisation="Australia")
    await signs_in(database, email)
    await execute(
        place,
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on)"
        " select id, organisation_id, 'CO_MANAGER', current_date + 30 from hub.persons where email = :email",
        email=email,
    )
    await invited(place, email, role="ADMIN", organisation="Australia")
    assert await roles(database, email) == {"REVIEWER"}


# -- the database and the policy -----------------------------------------------------------------------


@pytest.mark.parametrize("persona", PERSONAS)
async def test_the_database_judges_who_invited_as_the_policy_does(persona: str, place: Place) -> None:
    async with as_owner(place) as owner:
        actor = await actor_of(owner, persona)
    judged, expected = {}, {}
    for organisation in ("Demo Alliance", "Demo Media Trust"):  # the latter without a focal point
        for role in Role:
            id = await invited(
                place, address(), role=role, organisation=organisation, invited_by_id=actor.person_id
            )
            async with as_owner(place) as owner:
                row = (await owner.execute(select(Invitation).where(Invitation.id == id))).one()
                found = text("select is_given, confirms from hub.judge_invitation(:id)")
                judged[organisation, role] = tuple((await owner.execute(found, {"id": id})).one())
            gives = policy.allows(actor, policy.Action.PERSON_INVITE, row)
            keeps = policy.allows(actor, policy.Action.PERSON_CONFIRM, row)
            confirms = gives and (keeps or organisation == "Demo Media Trust")
            expected[organisation, role] = (gives, confirms)
    assert judged == expected


# -- who invited ---------------------------------------------------------------------------------------

OF = "(select id from hub.persons where persona = :persona)"
ENDED = f"update hub.role_grants set ended_at = now(), ends_on = current_date where person_id = {OF}"
REMOVED = f"update hub.persons set removed_at = now() where id = {OF}"
ANOTHER = f"update hub.role_grants set role = 'PARTNER' where person_id = {OF}"
BARRED = (
    "update hub.organisations set is_listed = false, vetting_state = '{}'"
    " where id = (select organisation_id from hub.persons where persona = :persona)"
)
LOSSES = {
    "nothing": ("select :persona", True),
    "a role that ended": (ENDED, False),
    "a role that is another now": (ANOTHER, False),
    "removed": (REMOVED, False),
    "suspended": (BARRED.format("SUSPENDED"), False),
    "rejected": (BARRED.format("REJECTED"), False),
    "only being vetted": (BARRED.format("UNDER_VETTING"), True),
}


async def invited_by(place: Place, persona: str, email: str, **more: Any) -> None:
    async with as_owner(place) as owner:
        by = (await actor_of(owner, persona)).person_id
    await invited(place, email, invited_by_id=by, **more)


@pytest.mark.parametrize(("loss", "confirms"), LOSSES.values(), ids=LOSSES.keys())
async def test_a_focal_point_who_has_lost_it_gives_nothing(
    loss: str, confirms: bool, database: Database, place: Place
) -> None:
    email = address()
    await invited_by(place, "focal-point", email)
    await execute(place, loss, persona="focal-point")
    assert await roles(database, email) == ({"PARTNER"} if confirms else None)
    assert len(await people_at(place, email)) == confirms


async def test_what_has_lapsed_is_not_given_beside_what_holds(database: Database, place: Place) -> None:
    email = address()
    await invited_by(place, "staff", email, role="ANALYST")
    await execute(place, ENDED, persona="staff")
    await invited_by(place, "focal-point", email)
    for _ in range(2):
        assert await roles(database, email) == {"PARTNER"}
    (person,) = await people_at(place, email)
    assert person["roles"] == ["PARTNER"]


@pytest.mark.parametrize("role", policy.OFFICE_ROLES)
async def test_a_role_of_the_office_is_given_by_an_administrator_who_is_one_still(
    role: Role, database: Database, place: Place
) -> None:
    email = address()
    await invited(place, email, role=role, organisation="Australia")
    await execute(place, ENDED, persona="admin")
    assert await roles(database, email) is None
    assert await people_at(place, email) == []
    assert await invitations(place, email) == [(role, True, [])]


async def test_who_is_confirmed_gets_no_role_of_somebody_who_may_not_give_it_any_more(
    database: Database, place: Place
) -> None:
    email = address()
    await invited(place, email)
    assert await roles(database, email) == {"PARTNER"}
    await invited_by(place, "staff", email, role="ANALYST")
    await execute(place, ENDED, persona="staff")
    for _ in range(2):
        assert await roles(database, email) == {"PARTNER"}
    assert await invitations(place, email) == [
        ("PARTNER", False, [ACCEPTED]),
        ("ANALYST", True, [LAPSED]),
    ]


async def test_staff_confirm_where_there_is_still_no_focal_point(database: Database, place: Place) -> None:
    first, second, third = address(), address(), address()
    for email in (first, second, third):
        await invited_by(place, "staff", email, role="FOCAL_POINT", organisation="Demo Media Trust")
    assert await roles(database, first) == {"FOCAL_POINT"}
    assert await roles(database, second) == set(), "the first confirms"
    await execute(
        place,
        "update hub.role_grants set ended_at = now(), ends_on = current_date"
        " where role = 'FOCAL_POINT' and ended_at is null",
    )
    await execute(place, ENDED, persona="staff")
    assert await roles(database, third) is None


async def test_the_operator_still_confirms(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email, role="ADMIN", organisation="RSO", invited_by_id=None)
    assert await roles(database, email) == {"ADMIN"}


async def test_an_invitation_that_never_confirmed_does_not_begin_to(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email, confirms=False)
    assert await roles(database, email) == set()
