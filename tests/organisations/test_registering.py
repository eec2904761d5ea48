"""Staff register a partner: whoever asks, and when two ask at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.database import Place
from hub.identity.actor import Role
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.organisations.applications import (
    AGREED,
    CONTENT,
    problems_of,
    saved,
)
from tests.organisations.conftest import Employ
from tests.organisations.test_people import signs_in
from tests.policy.clones import as_owner

PARTNER = {"name": "Harbour School", "shortName": "Harbour", "kind": "ACADEMIA", "email": "head@example.org"}


async def test_a_registered_partner_applies_and_is_not_listed(people: Client, place: Place) -> None:
    staff = await people("staff", in_person=True)
    fields = "partner { id vettingState isDemonstration allowedActions }"
    made = await staff.do("registerPartner", fields, **PARTNER, idempotencyKey="a")
    assert made == await staff.do("registerPartner", fields, **PARTNER, idempotencyKey="a")
    partner = made["partner"]
    assert partner == {
        "id": partner["id"],
        "vettingState": "APPLIED",
        "isDemonstration": True,
        "allowedActions": [],
    }
    node = "query($id: ID!) { organisation(id: $id) { id } }"
    assert await (await people()).data(node, id=partner["id"]) == {"organisation": None}
    invitations = await staff.data(
        "query($id: ID!) { invitations(filter: { organisation: $id }) { nodes { email role confirms } } }",
        id=partner["id"],
    )
    expected = {"email": "head@example.org", "role": "FOCAL_POINT", "confirms": True}
    assert invitations["invitations"]["nodes"] == [expected]


async def test_who_was_invited_applies_for_the_new_partner(
    app: Starlette, people: Client, employed: Employ
) -> None:
    staff = await people("staff", in_person=True)
    made = await staff.do("registerPartner", "partner { id }", **PARTNER)
    actor = await signs_in(app, PARTNER["email"])
    assert actor is not None
    assert (actor.roles, str(actor.organisation_id)) == (
        frozenset({Role.FOCAL_POINT}),
        key_of(made["partner"]["id"]),
    )
    colleague = await employed("FOCAL_POINT", organisation="Harbour")
    found = await colleague.browser.data("{ viewer { allowedActions } }")
    begins = {"CREATE_PROPOSAL", "EXPRESS_INTEREST", "SAVE_VETTING_APPLICATION"}
    assert set(found["viewer"]["allowedActions"]) == begins
    draft = await saved(colleague.browser, **CONTENT, statements=AGREED)
    payload = await colleague.browser.do("submitVettingApplication", id=draft["id"])
    assert payload["__typename"] == "SubmitVettingApplicationSuccess"


def key_of(id: str) -> str:
    """The key in an id."""
    found = parse(id)
    assert found is not None
    return str(found[1])


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": "demo alliance"}, [("name", "DUPLICATE")]),
        ({"shortName": "International Organization for Migration"}, [("shortName", "DUPLICATE")]),
        ({"kind": "MEMBER_STATE"}, [("kind", "NOT_A_PARTNER")]),
        ({"name": " ", "shortName": "x" * 61}, [("name", "REQUIRED"), ("shortName", "TOO_LONG")]),
        (
            {"name": "\u200b", "shortName": "", "kind": None, "email": ""},
            [("name", "REQUIRED"), ("shortName", "REQUIRED"), ("email", "REQUIRED"), ("kind", "REQUIRED")],
        ),
        ({"email": "head"}, [("email", "MALFORMED")]),
    ],
)
async def test_a_partner_that_cannot_be_is_refused_by_name(
    given: dict[str, Any], expected: list[tuple[str, str]], people: Client, place: Place
) -> None:
    staff = await people("staff", in_person=True)
    payload = await staff.do("registerPartner", **(PARTNER | given))
    assert problems_of(payload) == expected
    async with as_owner(place) as owner:
        found = "select count(*) from hub.invitations"
        assert await owner.scalar(text(found)) == 0


async def test_all_that_is_left_out_is_named_at_once(people: Client) -> None:
    staff = await people("staff", in_person=True)
    mutation = "mutation($i: RegisterPartnerInput!) { registerPartner(input: $i) { __typename } }"
    errors = (await staff.ask(mutation, i={}))["errors"]
    for name in ("name", "shortName", "email"):
        assert any(f"'{name}'" in error["message"] for error in errors), name


@pytest.mark.parametrize(
    "alike",
    [
        "De\u200bmo Alliance",
        "Demo  Alliance",
        "Demo\u00a0Alliance",
        "\uff24emo Alliance",
        "DEMO ALLIANCE\ufe0f",
        "Demo Alliance\u202e",
    ],
)
async def test_a_name_that_looks_like_anothers_is_taken(alike: str, people: Client) -> None:
    staff = await people("staff", in_person=True)
    for field in ("name", "shortName"):
        payload = await staff.do("registerPartner", **(PARTNER | {field: alike}))
        assert problems_of(payload) == [(field, "DUPLICATE")]
        assert "(Demonstration Alliance for Safe Migration)" in payload["message"], "whose it is"


async def test_an_alias_is_a_name_and_letters_are_composed(people: Client, place: Place) -> None:
    staff = await people("staff", in_person=True)
    async with as_owner(place) as owner:
        named = (
            "update hub.organisations set aliases = '{École des Ports}' where short_name = 'Demo Alliance'"
        )
        await owner.execute(text(named))
    payload = await staff.do("registerPartner", **(PARTNER | {"name": "E\u0301COLE DES PORTS"}))
    assert problems_of(payload) == [("name", "DUPLICATE")]
    made = await staff.do(
        "registerPartner", "partner { name }", **(PARTNER | {"name": " E\u0301cole  de la Me\u200br"})
    )
    assert made["partner"] == {"name": "École de la Mer"}


async def test_two_who_register_the_same_at_once_register_it_once(people: Client) -> None:
    staff = await people("staff", in_person=True)
    answers = await asyncio.gather(*(staff.do("registerPartner", **PARTNER) for _ in range(3)))
    outcomes = sorted(answer["__typename"] for answer in answers)
    assert outcomes == ["InvalidInput", "InvalidInput", "RegisterPartnerSuccess"]
