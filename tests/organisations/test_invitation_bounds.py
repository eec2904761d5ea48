"""How many invitations there may be, of an organisation and by a person, and whose people invite nobody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from hub.database import Place
from hub.policy import ADMIN, FOCAL_POINT, INVITATION_BOUNDS, STAFF
from tests.conftest import Client, Person
from tests.identity.inviting import address
from tests.policy.clones import as_owner

OWN, OFFICE = INVITATION_BOUNDS[FOCAL_POINT], INVITATION_BOUNDS[STAFF]


async def fill(
    place: Place, count: int, *, organisation: str = "Demo Alliance", by: str | None = None, **given: str
) -> None:
    """So many invitations for the organisation, made and ended as the expressions say."""
    values = {"created_at": "now()", "expires_at": "now() + interval '1 day'", "withdrawn_at": "null"} | given
    statement = (
        f"insert into hub.invitations (email, role, organisation_id, invited_by_id, {', '.join(values)})"
        " select uuidv7() || '@example.org', 'PARTNER', o.id,"
        " (select p.id from hub.persons p where p.persona = :by),"
        f" {', '.join(values.values())}"
        " from hub.organisations o, generate_series(1, :count) where o.short_name = :organisation"
    )
    async with as_owner(place) as owner:
        await owner.execute(text(statement), {"by": by, "count": count, "organisation": organisation})


async def home_of(person: Person, name: str) -> str:
    search = "query($s: String) { partners(filter: { search: $s }) { nodes { id shortName } } }"
    nodes = (await person.data(search, s=name))["partners"]["nodes"]
    found: str = next(node["id"] for node in nodes if node["shortName"] == name)
    return found


async def invite(
    person: Person, organisation: str = "Demo Alliance", *, email: str | None = None
) -> dict[str, Any]:
    home = await home_of(person, organisation)
    return await person.do(
        "invitePerson", "invitation { id }", email=email or address(), organisationId=home, role="PARTNER"
    )


def kind(payload: dict[str, Any]) -> str:
    return str(payload["__typename"])


def test_the_office_goes_beyond_the_bounds_of_an_organisation() -> None:
    assert INVITATION_BOUNDS[ADMIN] == OFFICE
    assert all(ours > theirs for ours, theirs in zip(OFFICE, OWN, strict=True))


async def test_an_organisation_has_so_many_open_invitations_and_no_more(people: Client, place: Place) -> None:
    focal_point, staff = await people("focal-point", in_person=True), await people("staff", in_person=True)
    yesterday = "now() - interval '2 days'"
    await fill(place, OWN.open_of_organisation - 1, created_at=yesterday)
    await fill(place, 5, created_at=yesterday, withdrawn_at="now()")
    await fill(place, 5, created_at=yesterday, expires_at="now() - interval '1 hour'")
    await fill(place, 5, created_at=yesterday, organisation="Demo Foundation")
    email = address()
    last = await invite(focal_point, email=email)
    assert kind(last) == "InvitePersonSuccess"
    refused = await invite(focal_point)
    assert (kind(refused), refused["message"]) == (
        "Conflict",
        "50 invitations for this organisation are open, and no more may be. Withdraw those that are not"
        " needed any more, or wait until some are accepted or end.",
    )
    again = await invite(focal_point, email=email)
    assert kind(again) == "InvitePersonSuccess", "it takes the place of the other"
    assert kind(await invite(staff)) == "InvitePersonSuccess"
    await staff.do("withdrawInvitation", id=again["invitation"]["id"])
    assert kind(await invite(focal_point)) == "Conflict", "there are fifty still"
    async with as_owner(place) as owner:
        await owner.execute(
            text("update hub.invitations set withdrawn_at = now() where withdrawn_at is null")
        )
    assert kind(await invite(focal_point)) == "InvitePersonSuccess"


async def test_an_organisation_makes_so_many_in_a_day_and_no_more(people: Client, place: Place) -> None:
    focal_point, staff = await people("focal-point", in_person=True), await people("staff", in_person=True)
    gone = {"withdrawn_at": "now()"}
    await fill(place, 5, created_at="now() - interval '25 hours'", **gone)
    await fill(place, 1, created_at="'2000-01-01'", **gone)
    await fill(place, OWN.made_for_organisation - 1, created_at="now() - interval '23 hours'", **gone)
    assert kind(await invite(focal_point)) == "InvitePersonSuccess"
    refused = await invite(focal_point)
    assert kind(refused) == "Conflict"
    async with as_owner(place) as owner:
        until = await owner.scalar(
            text(
                "select to_char((created_at + interval '1 day') at time zone 'UTC', 'YYYY-MM-DD HH24:MI')"
                " from hub.invitations where created_at < now() - interval '22 hours'"
                " and created_at > now() - interval '24 hours' limit 1"
            )
        )
    assert refused["message"] == (
        "100 invitations were made for this organisation within 24 hours, and more may not be. Invite again"
        f" after {until} UTC."
    )
    assert kind(await invite(staff)) == "InvitePersonSuccess"


async def test_a_person_of_the_office_makes_so_many_in_a_day_wherever(people: Client, place: Place) -> None:
    staff, admin = await people("staff", in_person=True), await people("admin", in_person=True)
    gone = {"withdrawn_at": "now()", "by": "staff"}
    await fill(place, OFFICE.made_by_person - 200, organisation="Demo Alliance", **gone)
    await fill(place, 199, organisation="Demo Foundation", **gone)
    payloads = await asyncio.gather(
        *(invite(staff, name) for name in ("Demo Alliance", "Demo Foundation", "Demo Media Trust"))
    )
    assert sorted(map(kind, payloads)) == ["Conflict", "Conflict", "InvitePersonSuccess"]
    (message,) = {payload["message"] for payload in payloads if kind(payload) == "Conflict"}
    assert message.startswith("300 invitations were made by you within 24 hours")
    assert kind(await invite(admin)) == "InvitePersonSuccess"


async def test_many_at_once_do_not_pass_the_bound(people: Client, place: Place) -> None:
    focal_point = await people("focal-point", in_person=True)
    await fill(place, OWN.open_of_organisation - 2)
    payloads = await asyncio.gather(*(invite(focal_point) for _ in range(5)))
    assert sorted(map(kind, payloads)) == ["Conflict"] * 3 + ["InvitePersonSuccess"] * 2


async def test_who_mails_again_meets_a_bound(people: Client, place: Place) -> None:
    focal_point = await people("focal-point", in_person=True)
    made = (await invite(focal_point))["invitation"]
    mailed = text(
        "insert into hub.audit_events (at, action, person_id, subject_type, subject_id)"
        " select now() - cast(:ago as interval), 'invitation:resend', p.id, 'Invitation', uuidv7()"
        " from hub.persons p, generate_series(1, :count) where p.persona = 'focal-point'"
    )
    async with as_owner(place) as owner:
        await owner.execute(
            text("update hub.invitations set mail_state = 'SENT', mail_state_at = now() - interval '2 hours'")
        )
        await owner.execute(mailed, {"ago": timedelta(hours=25), "count": OWN.made_by_person})
        await owner.execute(mailed, {"ago": timedelta(hours=23), "count": OWN.made_by_person - 1})
    assert kind(await focal_point.do("resendInvitation", id=made["id"])) == "ResendInvitationSuccess"
    async with as_owner(place) as owner:
        await owner.execute(
            text("update hub.invitations set mail_state = 'SENT', mail_state_at = now() - interval '2 hours'")
        )
    refused = await focal_point.do("resendInvitation", id=made["id"])
    assert kind(refused) == "Conflict"
    assert f"{OWN.made_by_person} invitations were mailed again by you" in refused["message"]


@pytest.mark.parametrize("state", ["REJECTED", "SUSPENDED"])
async def test_nobody_of_a_partner_that_is_barred_invites_for_it(
    state: str, people: Client, place: Place
) -> None:
    focal_point, staff = await people("focal-point", in_person=True), await people("staff", in_person=True)
    home = await home_of(focal_point, "Demo Alliance")
    given = {"email": address(), "organisationId": home, "role": "PARTNER"}
    before = await focal_point.do("invitePerson", "invitation { id }", **given)
    async with as_owner(place) as owner:
        barred = "update hub.organisations set is_listed = false, vetting_state = :state"
        await owner.execute(text(f"{barred} where short_name = 'Demo Alliance'"), {"state": state})
        await owner.execute(
            text("update hub.invitations set mail_state = 'SENT', mail_state_at = now() - interval '2 hours'")
        )
    refusals = [
        await focal_point.do("invitePerson", **given),
        await focal_point.do("resendInvitation", id=before["invitation"]["id"]),
    ]
    assert [(kind(refused), refused["message"]) for refused in refusals] == [
        (
            "NotAllowed",
            f"Your organisation's vetting is {state.lower()}; the RSO can tell you more.",
        )
    ] * 2
    assert kind(await staff.do("invitePerson", **given)) == "InvitePersonSuccess"
    gone = await focal_point.do("withdrawInvitation", id=before["invitation"]["id"])
    assert kind(gone) == "WithdrawInvitationSuccess"
