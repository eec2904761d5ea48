"""Who belongs to an organisation: confirmed by those who answer for it, gone at once when removed."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from hub.database import Place
from hub.db.engine import Database
from hub.identity import accounts
from hub.identity.actor import Actor, Role
from hub.identity.oidc.claims import Account
from hub.identity.recognition import FRESH_SECONDS
from tests.conftest import Client, Person
from tests.identity.inviting import address
from tests.organisations.conftest import Employ
from tests.organisations.staffing import persona_id, recorded
from tests.policy.clones import actor_of, as_owner

ISSUER = "https://provider.example.org"
PERSON = "person { confirmedAt removedAt allowedActions grants { role endedAt } }"


async def signs_in(app: Starlette, email: str) -> Actor | None:
    """Whoever has the address, at the provider."""
    database: Database = app.state.database
    account = Account(ISSUER, email, None, email, "Somebody New", "an id token")
    return await accounts.admit(database, account, is_demonstration=True)


async def invited(person: Person, organisation: str, role: str = "PARTNER") -> tuple[str, bool]:
    """The address that the person invited, and whether accepting confirms."""
    search = "query($s: String) { partners(filter: { search: $s }) { nodes { id shortName } } }"
    nodes = (await person.data(search, s=organisation))["partners"]["nodes"]
    home = next(node["id"] for node in nodes if node["shortName"] == organisation)
    email = address()
    given = {"email": email, "organisationId": home, "role": role}
    payload = await person.do("invitePerson", "invitation { confirms }", **given)
    assert payload["__typename"] == "InvitePersonSuccess", payload
    return email, payload["invitation"]["confirms"]


# -- confirming ----------------------------------------------------------------------------------------

WHO_CONFIRMS = {
    # who invites, to which organisation: whether accepting confirms
    ("focal-point", "Demo Alliance"): True,
    ("staff", "Demo Alliance"): False,
    ("staff", "Demo Media Trust"): True,
    ("admin", "Demo Alliance"): True,
}


@pytest.mark.parametrize(("persona", "organisation"), WHO_CONFIRMS)
async def test_who_is_invited_by_whom_answers_for_the_organisation_is_confirmed(
    persona: str, organisation: str, people: Client, app: Starlette
) -> None:
    inviter = await people(persona, in_person=True)
    email, confirms = await invited(inviter, organisation)
    assert confirms is WHO_CONFIRMS[persona, organisation]
    actor = await signs_in(app, email)
    assert actor is not None
    assert set(actor.roles) == ({Role.PARTNER} if confirms else set())


async def test_a_focal_point_confirms_whom_staff_invited(
    people: Client, app: Starlette, place: Place
) -> None:
    email, _ = await invited(await people("staff", in_person=True), "Demo Alliance")
    assert (await signs_in(app, email)) is not None
    focal_point = await people("focal-point", in_person=True)
    waiting = "{ people(filter: { isConfirmed: false }) { nodes { id name allowedActions } } }"
    (found,) = (await focal_point.data(waiting))["people"]["nodes"]
    assert (found["name"], found["allowedActions"]) == ("Somebody New", ["CONFIRM", "REMOVE"])
    done = await focal_point.do("confirmPerson", PERSON, id=found["id"])
    assert done["person"]["confirmedAt"] is not None
    assert done["person"]["allowedActions"] == ["REMOVE"]
    assert await focal_point.do("confirmPerson", PERSON, id=found["id"]) == done
    actor = await signs_in(app, email)
    assert actor is not None
    assert actor.roles == {Role.PARTNER}
    assert [action for action, _ in await recorded(place, found["id"])] == ["person:confirm"]
    assert (await focal_point.data(waiting))["people"]["nodes"] == []


async def test_what_is_granted_before_the_confirmation_counts_for_nothing(
    people: Client, employed: Employ
) -> None:
    somebody, staff = await employed("PARTNER", is_confirmed=False), await people("staff", in_person=True)
    assert await somebody.roles() == []
    assert (await somebody.browser.data("{ proposals { totalCount } }"))["proposals"]["totalCount"] == 0
    payload = await staff.do("grantRole", personId=somebody.id, role="REVIEWER")
    assert payload["__typename"] == "Conflict"
    refused = await staff.do("confirmPerson", id=somebody.id)
    assert refused["__typename"] == "NotAllowed"


# -- removing ------------------------------------------------------------------------------------------


async def test_who_is_removed_is_signed_out_everywhere_within_a_second(
    people: Client, employed: Employ, place: Place
) -> None:
    leaver, stayer = await employed("PARTNER", "REVIEWER"), await employed("PARTNER")
    made = await leaver.program.do("createProposal", "proposal { id }", title="A draft that stays")
    focal_point = await people("focal-point", in_person=True)
    done = await focal_point.do("removePerson", PERSON, id=leaver.id)
    assert done["person"]["removedAt"] is not None
    assert {grant["endedAt"] is not None for grant in done["person"]["grants"]} == {True}
    assert done["person"]["allowedActions"] == []
    await asyncio.sleep(FRESH_SECONDS)
    assert await leaver.roles() is None
    assert (await leaver.program.ask("{ viewer { name } }"))["errors"][0]["message"].startswith("This token")
    assert await stayer.roles() == ["PARTNER"]
    document = "query($id: ID!) { proposal(id: $id) { title createdBy { id } } }"
    kept = (await stayer.program.data(document, id=made["proposal"]["id"]))["proposal"]
    assert kept == {"title": "A draft that stays", "createdBy": {"id": leaver.id}}
    assert await recorded(place, leaver.id) == [("person:remove", {"roles": ["PARTNER", "REVIEWER"]})]
    assert (await focal_point.do("removePerson", PERSON, id=leaver.id))["person"] == done["person"]


async def test_who_was_removed_comes_back_by_a_new_invitation_only_and_with_new_credentials(
    people: Client, employed: Employ, app: Starlette
) -> None:
    focal_point = await people("focal-point", in_person=True)
    email, _ = await invited(focal_point, "Demo Alliance")
    actor = await signs_in(app, email)
    assert actor is not None
    first = (await focal_point.data("{ people(first: 100) { nodes { id name removedAt } } }"))["people"]
    (id,) = [node["id"] for node in first["nodes"] if node["name"] == "Somebody New"]
    home = (await focal_point.data("{ viewer { organisation { id } } }"))["viewer"]["organisation"]["id"]
    open_one = {"email": email, "organisationId": home, "role": "PARTNER"}
    assert (await focal_point.do("invitePerson", **open_one))["__typename"] == "InvitePersonSuccess"
    assert (await focal_point.do("removePerson", id=id))["__typename"] == "RemovePersonSuccess"
    assert await signs_in(app, email) is None, "what was open before the removal lets nobody in"
    staff = await people("staff", in_person=True)
    assert (await staff.do("invitePerson", **open_one))["__typename"] == "InvitePersonSuccess"
    back = await signs_in(app, email)
    assert back is not None
    assert (back.person_id, back.roles) == (actor.person_id, frozenset()), "to be confirmed anew"
    assert (await focal_point.do("confirmPerson", id=id))["__typename"] == "ConfirmPersonSuccess"
    again = await signs_in(app, email)
    assert again is not None
    assert again.roles == {Role.PARTNER}


async def test_old_credentials_stay_dead_when_somebody_comes_back(
    people: Client, employed: Employ, place: Place
) -> None:
    leaver, focal_point = await employed("PARTNER"), await people("focal-point", in_person=True)
    assert (await focal_point.do("removePerson", id=leaver.id))["__typename"] == "RemovePersonSuccess"
    async with as_owner(place) as owner:
        await owner.execute(text("update hub.persons set removed_at = null"))
    await asyncio.sleep(FRESH_SECONDS)
    assert await leaver.roles() is None
    assert "errors" in await leaver.program.ask("{ viewer { name } }")


async def test_the_last_focal_point_stays_until_there_is_another(people: Client, employed: Employ) -> None:
    focal_point = await people("focal-point", in_person=True)
    mine = await persona_id(focal_point)
    refused = await focal_point.do("removePerson", id=mine)
    assert (refused["__typename"], refused["message"]) == (
        "Conflict",
        "You are the last focal point of your organisation. Hand the role over first, or have somebody else "
        "appointed.",
    )
    await employed("FOCAL_POINT", is_confirmed=False)
    await employed("FOCAL_POINT", organisation="Demo Foundation")
    assert (await focal_point.do("removePerson", id=mine))["__typename"] == "Conflict"
    await employed("FOCAL_POINT")
    assert (await focal_point.do("removePerson", id=mine))["__typename"] == "RemovePersonSuccess"


async def test_two_focal_points_who_leave_at_once_do_not_both_leave(people: Client, employed: Employ) -> None:
    first, second = await people("focal-point", in_person=True), await employed("FOCAL_POINT")
    payloads = await asyncio.gather(
        first.do("removePerson", id=await persona_id(first)),
        second.browser.do("removePerson", id=second.id),
    )
    assert sorted(payload["__typename"] for payload in payloads) == ["Conflict", "RemovePersonSuccess"]


async def test_who_changes_the_people_of_an_organisation_at_once_waits_in_line(
    people: Client, employed: Employ, place: Place
) -> None:
    """Whoever comes first: nobody holds what the other waits for."""
    admin = await people("admin", in_person=True)
    for first in ("grantRole", "removePerson", "endRole"):
        somebody = await employed("REVIEWER")
        inputs: dict[str, dict[str, str]] = {
            "grantRole": {"personId": somebody.id, "role": "ANALYST"},
            "removePerson": {"id": somebody.id},
            "endRole": {"id": somebody.grants[0]},
        }
        key = "hashtextextended('people of ' || organisation_id, 0)"
        lock = f"select pg_advisory_xact_lock({key}) from hub.persons where email = :email"
        async with as_owner(place) as owner:
            await owner.execute(text(lock), {"email": somebody.email})
            waiting = []
            for name in sorted(inputs, key=lambda name: name != first):
                waiting.append(asyncio.create_task(admin.do(name, **inputs[name])))
                await asyncio.sleep(0.3)
            assert not any(task.done() for task in waiting)
        payloads = await asyncio.gather(*waiting)
        assert payloads[0]["__typename"] == f"{first[0].upper()}{first[1:]}Success"
        assert {p["__typename"] for p in payloads} <= {
            *("GrantRoleSuccess", "RemovePersonSuccess", "EndRoleSuccess"),
            *("Conflict", "NotFound"),
        }


@pytest.mark.parametrize("role", ["CO_MANAGER", "CO_CHAIR", "STAFF", "ADMIN"])
async def test_who_holds_an_office_is_removed_by_an_administrator_only(
    role: str, people: Client, employed: Employ
) -> None:
    somebody = await employed(role, "PARTNER")
    focal_point = await people("focal-point", in_person=True)
    refused = await focal_point.do("removePerson", id=somebody.id)
    assert refused["__typename"] == "NotAllowed"
    assert set(await somebody.roles() or ()) == {role, "PARTNER"}
    admin = await people("admin", in_person=True)
    assert (await admin.do("removePerson", id=somebody.id))["__typename"] == "RemovePersonSuccess"


async def test_nobody_touches_other_peoples_credentials_or_who_they_are(app: Starlette, place: Place) -> None:
    async with as_owner(place) as owner:
        focal_point = await actor_of(owner, "focal-point")
        partner = await actor_of(owner, "partner")
        columns = "person_id, label, token_hash, expires_at"
        token = f"insert into hub.api_tokens ({columns}) values (:id, 'a', 'a', now())"
        await owner.execute(text(token), {"id": partner.person_id})
    async with app.state.database.writing(focal_point) as session:
        for table in ("login_sessions", "api_tokens"):
            changed = await session.execute(
                text(f"update hub.{table} set revoked_at = now() where person_id <> hub.person()")
            )
            assert changed.rowcount == 0
    for column in ("email", "organisation_id", "persona", "is_demonstration"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with app.state.database.writing(focal_point) as session:
                await session.execute(text(f"update hub.persons set {column} = {column}"))


async def test_who_sees_the_people_and_their_roles(people: Client, employed: Employ) -> None:
    await employed("PARTNER")
    document = "{ people(first: 100) { nodes { organisation { shortName } grants { role } } } }"
    of_all, shown = {}, {}
    for persona in ("focal-point", "partner", "analyst", "staff", None):
        nodes = (await (await people(persona)).data(document))["people"]["nodes"]
        of_all[persona] = {node["organisation"]["shortName"] for node in nodes}
        shown[persona] = sum(bool(node["grants"]) for node in nodes)
    assert len(of_all.pop("staff")) > 10
    assert of_all == {
        "focal-point": {"Demo Alliance"},
        "partner": {"Demo Alliance"},
        "analyst": {"RSO"},
        None: set(),
    }
    assert {name: shown[name] for name in ("focal-point", "partner", "analyst")} == {
        "focal-point": 3,
        "partner": 1,
        "analyst": 1,
    }
