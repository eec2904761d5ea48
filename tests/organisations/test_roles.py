"""Roles: granted by those who may, never to oneself; ended at once or by date; handed over with a history."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from hub import policy
from hub.database import Place
from hub.identity.actor import Role
from hub.identity.recognition import FRESH_SECONDS
from schema.compiler.ids import global_id, parse
from tests.conftest import Client, Person, running
from tests.organisations.conftest import Employ
from tests.organisations.staffing import day, grant_of, persona_id, recorded
from tests.policy.clones import actor_of, as_owner
from tests.test_main_job import drafted_and_screened, vote

ROLES = [role.value for role in Role]
GRANT = "roleGrant { id role startsOn endsOn endedAt person { id } organisation { id } allowedActions }"
WHO_GRANTS = {
    ("focal-point", "Demo Alliance"): {"PARTNER"},
    ("staff", "Demo Foundation"): set(ROLES) - {"CO_MANAGER", "CO_CHAIR", "STAFF", "ADMIN"},
    ("admin", "Demo Foundation"): set(ROLES),
    ("co-manager-au", "Demo Foundation"): set(),
    ("partner", "Demo Alliance"): set(),
}


@pytest.mark.parametrize(("persona", "organisation"), WHO_GRANTS)
async def test_each_grants_the_roles_that_it_may(
    persona: str, organisation: str, people: Client, employed: Employ
) -> None:
    person, granted = await people(persona, in_person=True), set()
    for role in ROLES:
        somebody = await employed(organisation=organisation)
        payload = await person.do("grantRole", GRANT, personId=somebody.id, role=role)
        if payload["__typename"] == "GrantRoleSuccess":
            assert payload["roleGrant"]["startsOn"] == day()
            assert payload["roleGrant"]["person"] == {"id": somebody.id}
            granted.add(role)
            await asyncio.sleep(0)
            assert await somebody.roles() == [role]
        else:
            assert payload["__typename"] == "NotAllowed"
            assert await somebody.roles() == []
    assert granted == WHO_GRANTS[persona, organisation]


GRANTED = text(
    "insert into hub.role_grants (person_id, organisation_id, role, starts_on, granted_by_id)"
    " select id, organisation_id, :role, current_date, cast(:by as uuid) from hub.persons"
    " where email = :email"
)


async def test_the_database_lets_in_the_same_grants(place: Place, app: Starlette, employed: Employ) -> None:
    for (persona, organisation), expected in WHO_GRANTS.items():
        async with as_owner(place) as owner:
            actor = await actor_of(owner, persona)
        let_in = set()
        for role in ROLES:
            somebody = await employed(organisation=organisation)
            given = {"role": role, "by": actor.person_id, "email": somebody.email}
            try:
                async with app.state.database.writing(actor) as session:
                    if (await session.execute(GRANTED, given)).rowcount:
                        let_in.add(role)
            except DBAPIError as error:
                assert getattr(error.orig, "sqlstate", None) == "42501"  # noqa: PT017
        assert let_in == expected, persona


@pytest.mark.parametrize("persona", ["admin", "staff", "focal-point"])
async def test_nobody_grants_himself_a_role(
    persona: str, people: Client, place: Place, app: Starlette
) -> None:
    person = await people(persona, in_person=True)
    mine = await persona_id(person)
    for role in ("PARTNER", "CO_MANAGER", "REVIEWER"):
        payload = await person.do("grantRole", personId=mine, role=role)
        assert payload["message"].startswith("Nobody grants himself a role.")
    async with as_owner(place) as owner:
        actor = await actor_of(owner, persona)
    insertion = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on, granted_by_id)"
        " values (:me, :home, 'PARTNER', current_date, :me)"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with app.state.database.writing(actor) as session:
            await session.execute(insertion, {"me": actor.person_id, "home": actor.organisation_id})


WRONG_DAYS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "yesterday": ({"startsOn": day(-1)}, ["startsOn"]),
    "ends before it begins": ({"startsOn": day(2), "endsOn": day(1)}, ["endsOn"]),
    "both": ({"startsOn": day(-1), "endsOn": day(-2)}, ["startsOn", "endsOn"]),
}


@pytest.mark.parametrize(("given", "paths"), WRONG_DAYS.values(), ids=WRONG_DAYS.keys())
async def test_a_role_begins_today_at_the_earliest(
    given: dict[str, Any], paths: list[str], people: Client, employed: Employ
) -> None:
    somebody, admin = await employed(), await people("admin", in_person=True)
    payload = await admin.do("grantRole", personId=somebody.id, role="ANALYST", **given)
    assert [problem["path"] for problem in payload["problems"]] == [[path] for path in paths]


async def test_what_has_not_begun_counts_for_nothing_and_no_time_is_granted_twice(
    people: Client, employed: Employ
) -> None:
    somebody, admin = await employed(), await people("admin", in_person=True)

    async def grant(first: int, last: int | None) -> str:
        time: dict[str, Any] = {"startsOn": day(first), "endsOn": None if last is None else day(last)}
        payload = await admin.do("grantRole", personId=somebody.id, role="ANALYST", **time)
        return str(payload["__typename"])

    assert await grant(1, 5) == "GrantRoleSuccess"
    assert await somebody.roles() == []
    assert [await grant(5, None), await grant(0, 1), await grant(0, None)] == ["Conflict"] * 3
    assert [await grant(6, None), await grant(0, 0)] == ["GrantRoleSuccess"] * 2


async def test_the_same_role_granted_at_once_by_two_is_granted_once(people: Client, employed: Employ) -> None:
    somebody = await employed()
    grantors = [await people(name, in_person=True) for name in ("admin", "staff", "focal-point")]
    payloads = await asyncio.gather(
        *(grantor.do("grantRole", personId=somebody.id, role="PARTNER") for grantor in grantors)
    )
    assert sorted(payload["__typename"] for payload in payloads) == [
        "Conflict",
        "Conflict",
        "GrantRoleSuccess",
    ]


# -- staff and administrators do not vote --------------------------------------------------------------

APART = (("STAFF", "CO_MANAGER"), ("ADMIN", "CO_MANAGER"), ("CO_MANAGER", "STAFF"), ("CO_MANAGER", "ADMIN"))


@pytest.mark.parametrize(("held", "role"), APART)
async def test_nobody_votes_who_is_of_the_office(
    held: str, role: str, people: Client, employed: Employ
) -> None:
    somebody, admin = await employed(held, organisation="Australia"), await people("admin", in_person=True)
    payload = await admin.do("grantRole", personId=somebody.id, role=role)
    assert payload["__typename"] == "Conflict"
    assert payload["message"].endswith("staff and administrators do not vote.")
    home = (await admin.data('{ organisation(isoCode: "AU") { id } }'))["organisation"]["id"]
    invited = await admin.do("invitePerson", email=somebody.email, organisationId=home, role=role)
    assert invited["__typename"] == "Conflict"


async def test_who_came_to_hold_both_roles_does_not_vote(
    people: Client, employed: Employ, app: Starlette, place: Place
) -> None:
    """As a database may have it from before it refused that."""
    id, *_ = await drafted_and_screened(people)
    both = await employed("CO_MANAGER", organisation="Australia")
    async with as_owner(place) as owner:
        await owner.execute(text("alter table hub.role_grants disable trigger keep_apart"))
        await owner.execute(GRANTED, {"role": "STAFF", "by": None, "email": both.email})
        await owner.execute(text("alter table hub.role_grants enable trigger keep_apart"))
    allowed = "query($id: ID!) { proposal(id: $id) { allowedActions } }"
    assert "VOTE" not in (await both.program.data(allowed, id=id))["proposal"]["allowedActions"]
    refused = await vote(both.program, id, 1)
    assert refused["__typename"] == "NotAllowed"
    key = parse(id)
    assert key is not None
    cast = text(
        "insert into hub.votes (proposal_id, organisation_id, revision_number, voting_round, seat_id,"
        " person_id, choice, reasons) select id, organisation_id, 1, voting_round, hub.organisation(),"
        " hub.person(), 'ENDORSE', 'Good.' from hub.proposals where id = :id"
    )
    for somebody, is_let_in in (
        (both, False),
        (await employed("CO_MANAGER", organisation="Australia"), True),
    ):
        actor = await app.state.recognition.by_token(somebody.program.token)
        assert actor is not None
        async with app.state.database.writing(actor) as session:
            attempt = session.execute(cast, {"id": key[1]})
            if is_let_in:
                await attempt
            else:
                with pytest.raises(DBAPIError, match="row-level security"):
                    await attempt
            await session.rollback()


PAIRS = sorted({(str(role), str(other)) for role, others in policy.APART.items() for other in others})


async def refused_apart(place: Place, email: str, role: str) -> bool:
    """Whether the database refuses the owner of the tables himself to grant the role from today on."""
    try:
        async with as_owner(place) as owner:
            await owner.execute(GRANTED, {"role": role, "by": None, "email": email})
    except DBAPIError as error:
        assert "at the same time" in str(error.orig)  # noqa: PT017
        return True
    return False


async def test_the_database_keeps_apart_what_the_policy_does(place: Place, employed: Employ) -> None:
    for one, others in policy.APART.items():
        assert all(one in policy.APART[other] for other in others), "each of the other"
    refused = set()
    for held in ROLES:
        somebody = await employed(held, organisation="Australia")
        for role in ROLES:
            if await refused_apart(place, somebody.email, role):
                refused.add((held, role))
            else:
                async with as_owner(place) as owner:
                    only = "delete from hub.role_grants g using hub.persons p where p.id = g.person_id"
                    await owner.execute(
                        text(f"{only} and p.email = :email and g.role <> :held"),
                        {"email": somebody.email, "held": held},
                    )
    assert refused == set(PAIRS)


async def test_what_stands_apart_is_held_one_after_the_other(place: Place, employed: Employ) -> None:
    ended = await employed("CO_MANAGER", organisation="Australia")
    change = (
        "update hub.role_grants g set {} from hub.persons p where p.id = g.person_id and p.email = :email"
    )
    given = {"email": ended.email}
    async with as_owner(place) as owner:
        await owner.execute(text(change.format("ends_on = current_date + 1")), given)
    assert await refused_apart(place, ended.email, "STAFF")
    async with as_owner(place) as owner:
        await owner.execute(text(change.format("ended_at = now(), ends_on = current_date")), given)
    assert not await refused_apart(place, ended.email, "STAFF")
    assert await refused_apart(place, ended.email, "CO_MANAGER"), "the reverse, and no row is left of it"


@pytest.mark.parametrize("turned", [False, True])
async def test_what_stands_apart_is_not_granted_twice_by_two_at_once(
    turned: bool, place: Place, employed: Employ
) -> None:
    somebody = await employed(organisation="Australia")
    first, second = ("STAFF", "CO_MANAGER") if turned else ("CO_MANAGER", "STAFF")
    async with as_owner(place) as owner:
        await owner.execute(GRANTED, {"role": first, "by": None, "email": somebody.email})
        other = asyncio.create_task(refused_apart(place, somebody.email, second))
        await asyncio.sleep(0.3)
        assert not other.done(), "it waits for the first"
    assert await other


async def test_two_rows_of_one_statement_are_kept_apart(place: Place, employed: Employ) -> None:
    somebody = await employed(organisation="Australia")
    both = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on)"
        " select id, organisation_id, unnest(array['ADMIN', 'CO_MANAGER']), current_date"
        " from hub.persons where email = :email"
    )
    with pytest.raises(DBAPIError, match=r"nobody is .* at the same time"):
        async with as_owner(place) as owner:
            await owner.execute(both, {"email": somebody.email})


# -- ending --------------------------------------------------------------------------------------------


async def test_a_role_ended_at_once_counts_nowhere_within_a_second(
    people: Client, employed: Employ, place: Place, tmp_path: Any
) -> None:
    somebody, staff = await employed("REVIEWER", "PARTNER"), await people("staff", in_person=True)
    async with running(place, tmp_path) as other:
        transport = httpx.ASGITransport(app=other)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:
            elsewhere = Person(http, None, somebody.browser.cookie)
            ask = "{ viewer { roles } }"
            assert (await elsewhere.data(ask))["viewer"]["roles"] == ["PARTNER", "REVIEWER"]
            payload = await staff.do("endRole", GRANT, id=somebody.grants[0])
            ended = payload["roleGrant"]
            assert ended["endedAt"] is not None
            assert (ended["endsOn"], ended["allowedActions"]) == (day(), [])
            await asyncio.sleep(FRESH_SECONDS)
            assert (await elsewhere.data(ask))["viewer"]["roles"] == ["PARTNER"]
            assert await somebody.roles() == ["PARTNER"]
            programs = (await somebody.program.data(ask))["viewer"]["roles"]
            assert programs == ["PARTNER"]
    again = await staff.do("endRole", id=somebody.grants[0])
    assert again["__typename"] == "Conflict"


async def test_a_role_ends_by_a_day_and_never_becomes_longer(
    people: Client, employed: Employ, place: Place
) -> None:
    somebody, admin = await employed("ANALYST"), await people("admin", in_person=True)
    grant = somebody.grants[0]
    first = await admin.do("endRole", GRANT, id=grant, endsOn=day(10))
    assert (first["roleGrant"]["endsOn"], first["roleGrant"]["endedAt"]) == (day(10), None)
    assert await somebody.roles() == ["ANALYST"]
    assert first["roleGrant"]["allowedActions"] == ["END", "HAND_OVER"]
    for wrong in (day(11), day(-1)):
        payload = await admin.do("endRole", id=grant, endsOn=wrong)
        assert [problem["path"] for problem in payload["problems"]] == [["endsOn"]]
    assert (await admin.do("endRole", id=grant, endsOn=day(5)))["__typename"] == "EndRoleSuccess"
    email = {"email": somebody.email}
    whose = "where person_id = (select id from hub.persons where email = :email)"
    for longer in ("ends_on = null", "ends_on = current_date + 6", "starts_on = starts_on - 1"):
        async with as_owner(place) as owner:
            with pytest.raises(DBAPIError, match="does not become longer"):
                await owner.execute(text(f"update hub.role_grants set {longer} {whose}"), email)
            await owner.rollback()
    actions = [action for action, _ in await recorded(place, grant)]
    assert actions == ["role:end", "role:end"]


async def test_who_may_not_grant_a_role_does_not_end_it(people: Client, employed: Employ) -> None:
    outcomes = {}
    for role in ("PARTNER", "REVIEWER", "CO_MANAGER"):
        for persona in ("focal-point", "staff", "admin"):
            somebody = await employed(role)
            person = await people(persona, in_person=True)
            outcomes[role, persona] = (await person.do("endRole", id=somebody.grants[0]))["__typename"]
    done, no = "EndRoleSuccess", "NotAllowed"
    assert outcomes == {
        ("PARTNER", "focal-point"): done,
        ("PARTNER", "staff"): done,
        ("PARTNER", "admin"): done,
        ("REVIEWER", "focal-point"): no,
        ("REVIEWER", "staff"): done,
        ("REVIEWER", "admin"): done,
        ("CO_MANAGER", "focal-point"): no,
        ("CO_MANAGER", "staff"): no,
        ("CO_MANAGER", "admin"): done,
    }


async def test_the_last_administrator_stays(people: Client, employed: Employ, place: Place) -> None:
    admin, mine = await people("admin", in_person=True), await grant_of(place, "admin")
    refused = await admin.do("endRole", id=mine)
    assert refused["__typename"] == "Conflict"
    assert refused["message"].startswith("You are the last administrator.")
    await employed("ADMIN", organisation="RSO")
    assert (await admin.do("endRole", id=mine))["__typename"] == "EndRoleSuccess"


async def test_two_administrators_of_two_organisations_do_not_both_leave(
    people: Client, employed: Employ, place: Place
) -> None:
    first, mine = await people("admin", in_person=True), await grant_of(place, "admin")
    second = await employed("ADMIN", organisation="Australia")
    payloads = await asyncio.gather(
        first.do("endRole", id=mine), second.browser.do("endRole", id=second.grants[0])
    )
    assert sorted(payload["__typename"] for payload in payloads) == ["Conflict", "EndRoleSuccess"]


async def test_two_administrators_do_not_end_each_others_role(
    people: Client, employed: Employ, place: Place
) -> None:
    first, mine = await people("admin", in_person=True), await grant_of(place, "admin")
    second = await employed("ADMIN", organisation="Australia")
    payloads = await asyncio.gather(
        first.do("endRole", id=second.grants[0]), second.browser.do("endRole", id=mine)
    )
    assert [payload["__typename"] for payload in payloads].count("EndRoleSuccess") == 1


# -- handing over --------------------------------------------------------------------------------------

HANDED = (
    "roleGrant { role startsOn endsOn note person { id } grantedBy { id }"
    " handedOverFrom { id endedAt endsOn } }"
)


async def test_a_co_managers_seat_passes_to_a_successor_with_its_votes(
    people: Client, employed: Employ, place: Place
) -> None:
    id, _, _, australia, indonesia = await drafted_and_screened(people)
    assert (await vote(australia, id, 1))["__typename"] == "VoteOnProposalSuccess"
    successor, admin = await employed(organisation="Australia"), await people("admin", in_person=True)
    grant = await grant_of(place, "co-manager-au")
    given = {"id": grant, "toPersonId": successor.id, "note": "Posted home."}
    payload = await admin.do("handOverRole", HANDED, **given)
    handed = payload["roleGrant"]
    assert handed["handedOverFrom"]["endedAt"] is not None
    assert handed | {"handedOverFrom": None} == {
        "role": "CO_MANAGER",
        "startsOn": day(),
        "endsOn": None,
        "note": "Posted home.",
        "person": {"id": successor.id},
        "grantedBy": {"id": await persona_id(admin)},
        "handedOverFrom": None,
    }
    await asyncio.sleep(FRESH_SECONDS)
    assert await successor.roles() == ["CO_MANAGER"]
    assert (await australia.data("{ viewer { roles } }"))["viewer"]["roles"] == []
    twice = await vote(successor.program, id, 1)
    assert twice["message"] == "Your government has voted on this revision already."
    decided = await vote(indonesia, id, 1)
    assert decided["proposal"]["state"] == "ENDORSED"
    again = await admin.do("handOverRole", **given)
    assert again["__typename"] == "Conflict"


async def test_a_role_is_handed_over_on_a_day_to_come(people: Client, employed: Employ, place: Place) -> None:
    holder, successor = await employed("STAFF", organisation="RSO"), await employed(organisation="RSO")
    admin = await people("admin", in_person=True)
    payload = await admin.do("handOverRole", HANDED, id=holder.grants[0], toPersonId=successor.id, on=day(7))
    handed = payload["roleGrant"]
    assert (handed["startsOn"], handed["endsOn"]) == (day(7), None)
    assert handed["handedOverFrom"] == {"id": holder.grants[0], "endedAt": None, "endsOn": day(6)}
    await asyncio.sleep(FRESH_SECONDS)
    assert (await holder.roles(), await successor.roles()) == (["STAFF"], [])


async def test_a_focal_point_hands_the_own_role_over_and_no_other(
    people: Client, employed: Employ, place: Place, app: Starlette
) -> None:
    colleague, other = await employed("PARTNER"), await employed("FOCAL_POINT")
    focal_point = await people("focal-point", in_person=True)
    theirs = await focal_point.do("handOverRole", id=other.grants[0], toPersonId=colleague.id)
    assert theirs["__typename"] == "NotAllowed"
    async with as_owner(place) as owner:
        actor = await actor_of(owner, "focal-point")
    stolen = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on, granted_by_id,"
        " handed_over_from_id)"
        " select p.id, p.organisation_id, 'FOCAL_POINT', current_date, hub.person(), g.id"
        " from hub.persons p, hub.role_grants g, hub.persons o where p.email = :to"
        " and g.person_id = o.id and o.email = :from"
    )
    with pytest.raises(DBAPIError, match="row-level security"):
        async with app.state.database.writing(actor) as session:
            await session.execute(stolen, {"to": colleague.email, "from": other.email})
    mine = await grant_of(place, "focal-point")
    payload = await focal_point.do("handOverRole", HANDED, id=mine, toPersonId=colleague.id)
    assert payload["__typename"] == "HandOverRoleSuccess", payload
    await asyncio.sleep(FRESH_SECONDS)
    assert await colleague.roles() == ["FOCAL_POINT", "PARTNER"]
    assert (await focal_point.data("{ viewer { roles } }"))["viewer"]["roles"] == []


async def test_who_is_not_focal_point_yet_hands_nothing_over(employed: Employ, place: Place) -> None:
    holder, successor = await employed("PARTNER"), await employed("PARTNER")
    later = text(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on)"
        " select id, organisation_id, 'FOCAL_POINT', current_date + 7 from hub.persons where email = :email"
        " returning id"
    )
    async with as_owner(place) as owner:
        grant = global_id("RoleGrant", (await owner.scalars(later, {"email": holder.email})).one())
    given = {"id": grant, "toPersonId": successor.id, "on": day(8)}
    payload = await holder.browser.do("handOverRole", **given)
    assert payload["__typename"] == "NotAllowed", payload
    asked = "query($id: ID!) { node(id: $id) { ... on RoleGrant { allowedActions } } }"
    assert (await holder.browser.data(asked, id=grant))["node"] == {"allowedActions": []}
    assert await successor.roles() == ["PARTNER"]


async def test_a_successor_is_somebody_of_the_organisation_who_is_there(
    people: Client, employed: Employ
) -> None:
    holder, admin = await employed("ANALYST"), await people("admin", in_person=True)
    candidates = {
        "of another organisation": await employed(organisation="Demo Foundation"),
        "not confirmed": await employed(is_confirmed=False),
        "who holds it": await employed("ANALYST"),
    }
    found = {}
    for name, somebody in candidates.items():
        payload = await admin.do("handOverRole", id=holder.grants[0], toPersonId=somebody.id)
        found[name] = payload["__typename"]
    assert found == {
        "of another organisation": "InvalidInput",
        "not confirmed": "Conflict",
        "who holds it": "Conflict",
    }
    oneself = await admin.do("handOverRole", id=holder.grants[0], toPersonId=await persona_id(admin))
    assert oneself["__typename"] == "NotAllowed"
    same = await admin.do("handOverRole", id=holder.grants[0], toPersonId=holder.id)
    assert same["__typename"] == "InvalidInput"
    successor = await employed()
    late = await admin.do("handOverRole", id=holder.grants[0], toPersonId=successor.id, on=day(-1))
    assert [problem["path"] for problem in late["problems"]] == [["on"]]
    assert await holder.roles() == ["ANALYST"]
