"""A person exists by invitation: who may invite whom, and what a first sign-in makes of it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from hub.database import Place
from hub.db.engine import Database
from hub.identity import accounts
from hub.identity.actor import Actor, Role
from hub.identity.models import Invitation, Person
from hub.identity.oidc.claims import Account
from hub.organisations.models import Organisation
from schema.compiler.ids import global_id, parse
from tests.conftest import Client
from tests.identity.inviting import address, invited, people_at
from tests.policy.clones import actor_of, as_owner

ISSUER = "https://provider.example.org"


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The pools of a worker."""
    opened = Database(place.login, pool_size=5)
    yield opened
    await opened.dispose()


def account(email: str | None, *, subject: str | None = None, issuer: str = ISSUER) -> Account:
    """An account at the provider, whose e-mail address it has verified."""
    return Account(issuer, subject or str(email), None, email, "Somebody New", "an id token")


async def admitted(database: Database, given: Account) -> Actor | None:
    return await accounts.admit(database, given, is_demonstration=False)


# -- accepting -----------------------------------------------------------------------------------------


async def test_the_first_sign_in_makes_the_person_and_binds_the_account(
    database: Database, place: Place
) -> None:
    email = address()
    invitation = await invited(place, email.upper(), role="REVIEWER", organisation="Demo University")
    actor = await admitted(database, account(email))
    assert actor is not None
    assert (actor.name, set(actor.roles)) == ("Somebody New", {Role.REVIEWER})
    assert await people_at(place, email) == [
        {
            "name": "Somebody New",
            "organisation": "Demo University",
            "roles": ["REVIEWER"],
            "accounts": [f"{ISSUER} {email}"],
        }
    ]
    async with as_owner(place) as owner:
        row = (await owner.execute(select(Invitation).where(Invitation.id == invitation))).one()
        event = await owner.execute(
            text("select action, person_id, details from hub.audit_events where subject_id = :id"),
            {"id": invitation},
        )
        assert tuple(event.one()) == (
            "invitation:accept",
            actor.person_id,
            {"role": "REVIEWER", "issuer": ISSUER},
        )
        granted = await owner.execute(
            text("select granted_by_id, starts_on = current_date from hub.role_grants where person_id = :id"),
            {"id": actor.person_id},
        )
        assert tuple(granted.one()) == (row.invited_by_id, True)
    assert row.accepted_by_id == actor.person_id
    again = await admitted(database, account(email))
    assert again == actor, "the second sign-in finds the same person"


NOT_ACCEPTED: dict[str, dict[str, Any]] = {
    "expired": {"life": timedelta(seconds=-1)},
    "withdrawn": {"withdrawn_at": text("now()")},
}


@pytest.mark.parametrize("odd", NOT_ACCEPTED.values(), ids=NOT_ACCEPTED.keys())
async def test_an_invitation_that_is_over_makes_nobody(
    odd: dict[str, Any], database: Database, place: Place
) -> None:
    email = address()
    await invited(place, email, **odd)
    assert await admitted(database, account(email)) is None
    assert await people_at(place, email) == []


async def test_only_the_whole_verified_address_is_the_invited_one(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email)
    for other in (f"x{email}", f"{email}.evil.example.org", email.replace("@", "%@"), "%", email[1:]):
        assert await admitted(database, account(other)) is None
    assert await admitted(database, account(None, subject=email)) is None
    assert await people_at(place, email) == []


async def test_many_first_sign_ins_at_once_make_one_person(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email)
    found = await asyncio.gather(*(admitted(database, account(email)) for _ in range(5)))
    assert len({actor.person_id for actor in found if actor}) == 1
    assert None not in found
    (person,) = await people_at(place, email)
    assert (person["roles"], len(person["accounts"])) == (["PARTNER"], 1)


async def test_a_further_role_comes_by_a_further_invitation(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email)
    await admitted(database, account(email))
    await invited(place, email, role="FOCAL_POINT")
    await invited(place, email, role="REVIEWER", organisation="Demo University")
    actor = await admitted(database, account(email))
    assert actor is not None
    assert actor.roles == {Role.PARTNER, Role.FOCAL_POINT}, "one acts for one organisation"
    (person,) = await people_at(place, email)
    assert person["organisation"] == "Demo Alliance"


async def test_another_account_of_the_same_address_is_not_the_person(
    database: Database, place: Place
) -> None:
    email = address()
    await invited(place, email)
    first = await admitted(database, account(email, subject="one"))
    assert first is not None
    assert await admitted(database, account(email, subject="two")) is None, "without an invitation"
    await invited(place, email, role="REVIEWER")
    assert await admitted(database, account(email, subject="two")) is None, "of the same provider"
    elsewhere = account(email, subject="two", issuer="https://other.example.org")
    found = await admitted(database, elsewhere)
    assert found is not None
    assert found.person_id == first.person_id
    assert (await people_at(place, email))[0]["accounts"] == [
        "https://other.example.org two",
        f"{ISSUER} one",
    ]


async def test_an_account_is_the_person_whatever_its_address_becomes(
    database: Database, place: Place
) -> None:
    email, other = address(), address("other")
    await invited(place, email)
    first = await admitted(database, account(email, subject=email))
    moved = await admitted(database, account(other, subject=email))
    assert (moved, await people_at(place, other)) == (first, [])


async def test_what_one_invites_oneself_to_is_not_granted(database: Database, place: Place) -> None:
    email = address()
    await invited(place, email)
    actor = await admitted(database, account(email))
    assert actor is not None
    await invited(place, email, role="ADMIN", invited_by_id=actor.person_id)
    again = await admitted(database, account(email))
    assert again is not None
    assert again.roles == {Role.PARTNER}


# -- inviting ------------------------------------------------------------------------------------------


async def organisation_id(people: Client, name: str) -> str:
    data = await (await people("admin")).data(
        "query($s: String) { partners(filter: { search: $s }) { nodes { id shortName } } }", s=name
    )
    found: str = next(node["id"] for node in data["partners"]["nodes"] if node["shortName"] == name)
    return found


ROLES = [role.value for role in Role]
WHO_INVITES = {
    ("focal-point", "Demo Alliance"): {"PARTNER"},
    ("focal-point", "Demo Foundation"): set(),
    ("staff", "Demo Foundation"): set(ROLES) - {"CO_MANAGER", "CO_CHAIR", "STAFF", "ADMIN"},
    ("admin", "Demo Foundation"): set(ROLES),
    ("co-manager-au", "Demo Foundation"): set(),
    ("partner", "Demo Alliance"): set(),
}


@pytest.mark.parametrize(("persona", "organisation"), WHO_INVITES)
async def test_each_invites_to_the_roles_that_it_may(persona: str, organisation: str, people: Client) -> None:
    home = await organisation_id(people, organisation)
    person, invited_to = await people(persona, in_person=True), set()
    for role in ROLES:
        given = {"email": address(), "organisationId": home, "role": role}
        payload = await person.do("invitePerson", "invitation { role organisation { id } }", **given)
        if payload["__typename"] == "InvitePersonSuccess":
            assert payload["invitation"] == {"role": role, "organisation": {"id": home}}
            invited_to.add(role)
        else:
            assert payload["__typename"] == "NotAllowed"
    assert invited_to == WHO_INVITES[persona, organisation]


async def failed(database: Database, actor: Actor, statement: Any) -> str | None:
    """The SQLSTATE with which the statement fails for the actor; None where it does not."""
    try:
        async with database.writing(actor) as session:
            await session.execute(statement)
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", ""))
    return None


@pytest.mark.parametrize(("persona", "organisation"), WHO_INVITES)
async def test_the_database_lets_in_the_same_invitations(
    persona: str, organisation: str, place: Place, database: Database
) -> None:
    async with as_owner(place) as owner:
        actor = await actor_of(owner, persona)
        home = await owner.scalar(select(Organisation.id).where(Organisation.short_name == organisation))
    let_in = set()
    for role in ROLES:
        values = {"organisation_id": home, "role": role, "invited_by_id": actor.person_id}
        statement = insert(Invitation).values(email=address(), expires_at=text("now()"), **values)
        if (failure := await failed(database, actor, statement)) is None:
            let_in.add(role)
        else:
            assert failure == "42501"
    assert let_in == WHO_INVITES[persona, organisation]


async def test_an_invitation_cannot_be_turned_into_another(place: Place, database: Database) -> None:
    async with as_owner(place) as owner:
        staff = await actor_of(owner, "staff")
    for column in ("role", "email", "organisation_id", "invited_by_id", "accepted_by_id", "expires_at"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with database.writing(staff) as session:
                await session.execute(update(Invitation).values({column: getattr(Invitation, column)}))


async def test_nobody_invites_himself(people: Client) -> None:
    for persona, role in (("admin", "CO_MANAGER"), ("staff", "REVIEWER"), ("focal-point", "PARTNER")):
        person = await people(persona, in_person=True)
        email = (await person.data("{ viewer { email } }"))["viewer"]["email"]
        home = await organisation_id(people, "Demo Alliance")
        payload = await person.do("invitePerson", email=email.swapcase(), organisationId=home, role=role)
        assert payload["__typename"] == "NotAllowed"
        assert payload["message"].startswith("Nobody invites himself.")


ADDRESSES = (
    "",
    " ",
    "a",
    "a@b",
    "@b.c",
    "a@@b.c",
    "a b@c.d",
    "a@b.c\nBcc: d@e.f",
    "a@b..c",
    f"{'a' * 250}@b.cd",
)


@pytest.mark.parametrize("email", ADDRESSES)
async def test_an_address_that_is_none_is_refused_with_the_field(email: str, people: Client) -> None:
    home = await organisation_id(people, "Demo Alliance")
    payload = await (await people("staff", in_person=True)).do(
        "invitePerson", email=email, organisationId=home, role="PARTNER"
    )
    assert [problem["path"] for problem in payload["problems"]] == [["email"]]


async def test_inviting_again_takes_the_place_of_the_first_and_tells_the_organisation(
    people: Client, place: Place
) -> None:
    staff, email = await people("staff", in_person=True), address()
    home = await organisation_id(people, "Demo Alliance")
    given = {"email": email, "organisationId": home, "role": "PARTNER"}
    ids = [
        (await staff.do("invitePerson", "invitation { id }", **(given | {"email": written})))["invitation"][
            "id"
        ]
        for written in (email, email.upper())
    ]
    assert len(set(ids)) == 2
    found = await staff.data(
        "query($a: ID!, $b: ID!) { a: node(id: $a) { ... on Invitation { withdrawnAt } }"
        " b: node(id: $b) { ... on Invitation { withdrawnAt acceptedAt role email } } }",
        a=ids[0],
        b=ids[1],
    )
    assert found["a"]["withdrawnAt"] is not None
    assert found["b"] == {
        "withdrawnAt": None,
        "acceptedAt": None,
        "role": "PARTNER",
        "email": email.upper(),
    }
    async with as_owner(place) as owner:
        told = await owner.execute(
            text(
                "select topic, o.short_name, payload from hub.outbox_messages m"
                " join hub.organisations o on o.id = m.recipient_organisation_id"
                " where payload ->> 'email' = :email"
            ),
            {"email": email},
        )
        assert [tuple(row) for row in told] == [("PersonInvited", "Demo Alliance", {"email": email})]


async def test_a_mail_goes_out_again_an_hour_after_the_last(people: Client, place: Place) -> None:
    staff, email = await people("staff", in_person=True), address()
    given = {"email": email, "organisationId": await organisation_id(people, "Demo Alliance")}
    id = (await staff.do("invitePerson", "invitation { id }", role="PARTNER", **given))["invitation"]["id"]

    async def asked(state: str, minutes: int, **more: Any) -> str | None:
        """What is said where the mail has been in the state for so long; None where it is queued again."""
        values = {"mail_state": state, "mail_state_at": text(f"now() - interval '{minutes} minutes'"), **more}
        async with as_owner(place) as owner:
            await owner.execute(update(Invitation).where(Invitation.email == email).values(values))
        payload = await staff.do("resendInvitation", "invitation { mailState expiresAt }", id=id)
        if payload["__typename"] == "ResendInvitationSuccess":
            assert payload["invitation"]["mailState"] == "QUEUED"
            return None
        assert payload["__typename"] == "Conflict"
        return str(payload["message"]).partition(".")[0]

    assert await asked("QUEUED", 600) == "The mail is queued already"
    for state in ("SENT", "FAILED"):
        assert await asked(state, 59) == "The last mail is not an hour old"
        assert await asked(state, 61) is None
    assert await asked("SENT", 61, expires_at=text("now()")) == "This invitation is over"
    until = {"expires_at": text("now() + interval '1 day'")}
    assert await asked("SENT", 61, withdrawn_at=text("now()"), **until) == "This invitation is over"
    accepted = {"accepted_at": text("now()"), "accepted_by_id": select(Person.id).limit(1).scalar_subquery()}
    assert (await asked("SENT", 61, withdrawn_at=None, **accepted) or "").startswith(
        "This invitation was acc"
    )
    async with as_owner(place) as owner:
        told = await owner.scalars(
            text(
                "select next_attempt_at is not null from hub.outbox_messages where payload ->> 'email' = :e"
            ),
            {"e": email},
        )
        assert list(told) == [True, True, True], "the first, and two more"
        done = await owner.scalars(
            text("select action from hub.audit_events where subject_id = :id order by id"),
            {"id": parse(id)[1]},  # type: ignore[index]
        )
        assert list(done) == ["person:invite", "invitation:resend", "invitation:resend"]


LAST_MAILS: dict[str, tuple[dict[str, Any], int | None]] = {
    # what the last invitation was besides, and how many minutes the next one's mail waits
    "the same again": ({}, 40),
    "written in capitals": ({"email": func.upper(Invitation.email)}, 40),
    "withdrawn by hand": ({"withdrawn_at": text("now()")}, 40),
    "in another role": ({"role": "REVIEWER"}, 40),
    "in another role, withdrawn": ({"role": "REVIEWER", "withdrawn_at": text("now()")}, 40),
    "whose mail failed": ({"mail_state": "FAILED"}, 40),
    "whose mail never went": ({"mail_state": "QUEUED"}, None),
    "mailed an hour ago": ({"mail_state_at": text("now() - interval '61 minutes'")}, None),
    "to another address": ({"email": "x" + Invitation.email}, None),
}


@pytest.mark.parametrize(("last", "minutes"), LAST_MAILS.values(), ids=LAST_MAILS.keys())
async def test_the_mail_waits_until_the_last_to_the_address_is_an_hour_old(
    last: dict[str, Any], minutes: int | None, people: Client, place: Place
) -> None:
    staff, email = await people("staff", in_person=True), address()
    given = {"email": email, "organisationId": await organisation_id(people, "Demo Alliance")}
    fields = "invitation { id mailState mailNotBefore }"
    first = await staff.do("invitePerson", fields, role="PARTNER", **given)
    assert first["invitation"]["mailNotBefore"] is None
    mailed = {"mail_state": "SENT", "mail_state_at": text("now() - interval '20 minutes'")}
    async with as_owner(place) as owner:
        await owner.execute(update(Invitation).where(Invitation.email == email).values(mailed | last))
    again = (await staff.do("invitePerson", fields, role="PARTNER", **given))["invitation"]
    assert again["mailState"] == "QUEUED"
    waits = text(
        "select round(extract(epoch from m.next_attempt_at - now()) / 60), m.next_attempt_at ="
        " coalesce(i.mail_not_before, m.next_attempt_at) from hub.outbox_messages m"
        " join hub.invitations i on i.id = m.subject_id where i.id = :id"
    )
    async with as_owner(place) as owner:
        row = (await owner.execute(waits, {"id": parse(again["id"])[1]})).one()  # type: ignore[index]
    assert tuple(row) == (minutes or 0, True)
    assert (again["mailNotBefore"] is None) == (minutes is None)
    refused = await staff.do("resendInvitation", id=again["id"])
    expected = "an hour after the last one, 20" if minutes else "as soon as the mail server takes it."
    assert refused["message"].startswith(f"The mail is queued already. It goes out {expected}")


async def test_another_organisation_mails_at_once(people: Client, place: Place) -> None:
    admin, email = await people("admin", in_person=True), address()
    waits = []
    for organisation in ("Demo Alliance", "Demo Foundation"):
        given = {"email": email, "organisationId": await organisation_id(people, organisation)}
        made = await admin.do("invitePerson", "invitation { mailNotBefore }", role="PARTNER", **given)
        waits.append(made["invitation"]["mailNotBefore"])
        async with as_owner(place) as owner:
            sent = {"mail_state": "SENT", "mail_state_at": text("now()")}
            await owner.execute(update(Invitation).where(Invitation.email == email).values(sent))
    assert waits == [None, None]


async def test_nobody_is_invited_to_what_stands_apart_from_an_open_invitation(people: Client) -> None:
    admin = await people("admin", in_person=True)
    given = {"email": address(), "organisationId": await organisation_id(people, "Demo Alliance")}
    first = await admin.do("invitePerson", "invitation { id }", role="CO_MANAGER", **given)
    for role, who in (("STAFF", "a member of the RSO's staff"), ("ADMIN", "an administrator")):
        refused = await admin.do("invitePerson", role=role, **given)
        assert (refused["__typename"], refused["message"]) == (
            "Conflict",
            f"Nobody is a Co-Manager and {who} at the same time. Withdraw the other invitation first.",
        )
    await admin.do("withdrawInvitation", id=first["invitation"]["id"])
    assert (await admin.do("invitePerson", role="STAFF", **given))["__typename"] == "InvitePersonSuccess"


async def test_many_who_invite_the_same_at_once_leave_one_open_invitation(
    people: Client, place: Place
) -> None:
    staff, email = await people("staff", in_person=True), address()
    given = {"email": email, "organisationId": await organisation_id(people, "Demo Alliance")}
    payloads = await asyncio.gather(*(staff.do("invitePerson", **given, role="PARTNER") for _ in range(4)))
    assert {payload["__typename"] for payload in payloads} == {"InvitePersonSuccess"}
    statement = select(Invitation.withdrawn_at.is_(None)).where(Invitation.email == email)
    async with as_owner(place) as owner:
        assert sorted(await owner.scalars(statement)) == [False, False, False, True]


async def test_what_is_withdrawn_is_not_accepted_and_what_is_accepted_is_not_withdrawn(
    people: Client, place: Place, database: Database
) -> None:
    admin = await people("admin", in_person=True)
    home = await organisation_id(people, "Demo Alliance")
    ids = {}
    for name in ("withdrawn", "accepted"):
        given = {"email": f"{name}.{uuid.uuid4()}@example.org", "organisationId": home, "role": "ADMIN"}
        made = await admin.do("invitePerson", "invitation { id email }", **given)
        ids[name] = made["invitation"]
    done = await admin.do("withdrawInvitation", "invitation { withdrawnAt }", id=ids["withdrawn"]["id"])
    assert done["invitation"]["withdrawnAt"] is not None
    staff = await (await people("staff")).do("withdrawInvitation", id=ids["accepted"]["id"])
    assert staff["__typename"] == "NotAllowed", (
        "whoever may not invite to a role takes no such invitation back"
    )
    outcomes = {
        name: await accounts.admit(database, account(found["email"]), is_demonstration=True)
        for name, found in ids.items()
    }
    assert outcomes["withdrawn"] is None
    assert outcomes["accepted"] is not None
    assert outcomes["accepted"].roles == {Role.ADMIN}
    late = await admin.do("withdrawInvitation", id=ids["accepted"]["id"])
    assert late["__typename"] == "Conflict"
    async with as_owner(place) as owner:
        statement = select(Person.is_demonstration).where(Person.email == ids["accepted"]["email"])
        assert await owner.scalar(statement) is True, "whom invented people invite is invented"


async def test_an_unknown_organisation_is_named_as_the_problem(people: Client) -> None:
    unknown = global_id("Partner", uuid.uuid4())
    payload = await (await people("admin", in_person=True)).do(
        "invitePerson", email=address(), organisationId=unknown, role="PARTNER"
    )
    assert [problem["path"] for problem in payload["problems"]] == [["organisationId"]]


async def test_who_may_see_invitations(people: Client) -> None:
    home = await organisation_id(people, "Demo Foundation")
    made = await (await people("staff", in_person=True)).do(
        "invitePerson", "invitation { id }", email=address(), organisationId=home, role="PARTNER"
    )
    id = made["invitation"]["id"]
    query = "query($id: ID!) { node(id: $id) { ... on Invitation { email } } invitations { totalCount } }"
    seen = {}
    for persona in ("staff", "admin", "co-manager-id", "focal-point", "partner", "analyst", None):
        seen[persona] = (await (await people(persona)).data(query, id=id))["node"] is not None
    assert seen == {
        "staff": True,
        "admin": True,
        "co-manager-id": True,
        "focal-point": False,
        "partner": False,
        "analyst": False,
        None: False,
    }
