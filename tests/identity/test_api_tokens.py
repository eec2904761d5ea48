"""Tokens that people make for programs: told once, never worth more than their person, ended at once."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from hub.database import Place
from hub.db.engine import Database
from hub.db.models import metadata
from hub.identity import tokens
from hub.identity.actor import Means
from hub.identity.models import ApiToken, RoleGrant
from hub.identity.recognition import FRESH_SECONDS
from tests.conftest import Client, Person
from tests.identity.test_tokens import dumped
from tests.policy.clones import actor_of, as_owner

LISTED = (
    "{ viewer { apiTokens { id label access roles createdAt expiresAt lastUsedAt revokedAt } roles"
    " allowedActions } }"
)
MADE = "secret apiToken { id label access roles expiresAt revokedAt }"
DRAFT = 'mutation { createProposal(input: { title: "A draft" }) { __typename ... on UserError { message } } }'


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


async def made(people: Client, persona: str, **given: Any) -> tuple[Person, dict[str, Any]]:
    """The program that holds a new token of the persona, and what was answered."""
    person = await people(persona, in_person=True)
    asked = {"label": "A dashboard", "expiresOn": day(30), **given}
    payload = await person.do("createApiToken", MADE, **asked)
    assert payload["__typename"] == "CreateApiTokenSuccess", payload
    return Person(person.http, payload["secret"]), payload


async def roles_of(person: Person) -> list[str] | None:
    """The roles by which the program asks; None where it is refused."""
    answer = await person.ask("{ viewer { roles } }")
    found: list[str] | None = answer["data"]["viewer"]["roles"] if "data" in answer else None
    return found


async def test_a_token_is_made_listed_used_and_revoked(people: Client) -> None:
    program, payload = await made(people, "analyst", label=" Contributions, weekly ")
    token = payload["apiToken"]
    end = (datetime.now(UTC) + timedelta(days=31)).date().isoformat()
    assert token == {
        "id": token["id"],
        "label": "Contributions, weekly",
        "access": "READ",
        "roles": None,
        "expiresAt": f"{end}T00:00:00+00:00",
        "revokedAt": None,
    }
    assert payload["secret"].startswith(tokens.PREFIX)
    assert await roles_of(program) == ["ANALYST"]
    person = await people("analyst", in_person=True)
    (listed,) = [one for one in await tokens_of(person) if one["id"] == token["id"]]
    assert {name: listed[name] for name in token} == token
    assert "secret" not in listed
    done = await person.do("revokeApiToken", "apiToken { revokedAt }", id=token["id"])
    assert done["apiToken"]["revokedAt"] is not None
    again = await person.do("revokeApiToken", "apiToken { revokedAt }", id=token["id"])
    assert again == done, "revoked once, at one instant"
    await asyncio.sleep(FRESH_SECONDS)
    assert await roles_of(program) is None


async def tokens_of(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await person.data(LISTED))["viewer"]["apiTokens"]
    return found


async def test_a_repetition_finds_the_token_and_no_secret(people: Client, place: Place) -> None:
    person = await people("co-chair", in_person=True)
    given = {"label": "Once", "expiresOn": day(1), "idempotencyKey": "token-once"}
    first = await person.do("createApiToken", "s: secret apiToken { id }", **given)
    again = await person.do("createApiToken", "s: secret apiToken { id }", **given)
    assert first["s"] is not None
    assert again == first | {"s": None}
    other = await person.do("createApiToken", **given | {"label": "Twice"})
    assert other["__typename"] == "Conflict"
    secret = first["s"].removeprefix(tokens.PREFIX)
    async with as_owner(place) as owner:
        whole = "".join([await dumped(owner, name) for name in sorted(metadata.tables)])
    assert hashlib.sha256(first["s"].encode()).hexdigest() in whole
    assert [form for form in (secret, secret.encode().hex()) if form in whole] == []


async def test_many_at_once_with_one_key_make_one_token(people: Client) -> None:
    person = await people("co-chair", in_person=True)
    given = {"label": "Together", "expiresOn": day(1), "idempotencyKey": "token-together"}
    payloads = await asyncio.gather(*(person.do("createApiToken", MADE, **given) for _ in range(4)))
    assert len({payload["apiToken"]["id"] for payload in payloads}) == 1
    assert sum(payload["secret"] is not None for payload in payloads) == 1


WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no label": ({"label": " "}, ["label"]),
    "long label": ({"label": "a" * 101}, ["label"]),
    "yesterday": ({"expiresOn": day(-1)}, ["expiresOn"]),
    "over a year": ({"expiresOn": day(366)}, ["expiresOn"]),
    "another's role": ({"roles": ["ANALYST", "ADMIN"]}, ["roles"]),
    "everything": ({"label": "", "expiresOn": day(-1), "roles": ["ADMIN"]}, ["label", "expiresOn", "roles"]),
}


@pytest.mark.parametrize(("given", "paths"), WRONG.values(), ids=WRONG.keys())
async def test_what_cannot_be_made_is_said_with_its_field(
    given: dict[str, Any], paths: list[str], people: Client
) -> None:
    person = await people("analyst", in_person=True)
    asked = {"label": "A dashboard", "expiresOn": day(365), **given}
    payload = await person.do("createApiToken", **asked)
    assert [problem["path"] for problem in payload["problems"]] == [[path] for path in paths]


async def test_a_token_that_reads_changes_nothing(people: Client) -> None:
    reader, _ = await made(people, "partner")
    writer, _ = await made(people, "partner", access="READ_AND_WRITE")
    refused = await reader.data(DRAFT)
    assert refused["createProposal"] == {
        "__typename": "NotAllowed",
        "message": "This token only reads. Make one that writes too, or sign in.",
    }
    assert (await reader.data(LISTED))["viewer"]["allowedActions"] == []
    proposals = "{ proposals(first: 50) { totalCount nodes { allowedActions } } }"
    read = (await reader.data(proposals))["proposals"]
    assert read["totalCount"] > 0
    assert {str(node["allowedActions"]) for node in read["nodes"]} == {"[]"}
    written = (await writer.data(proposals))["proposals"]
    assert written["totalCount"] == read["totalCount"]
    assert any(node["allowedActions"] for node in written["nodes"])
    assert (await writer.data(DRAFT))["createProposal"]["__typename"] == "CreateProposalSuccess"


async def test_the_database_refuses_what_a_reader_would_write(
    app: Starlette, place: Place, people: Client
) -> None:
    reader, _ = await made(people, "partner")
    database: Database = app.state.database
    assert reader.token is not None
    found = await tokens.authenticate(database, reader.token, is_demonstration=True)
    assert found is not None
    assert found.actor.means is Means.READER
    for statement in ("update hub.api_tokens set label = 'x'", "set transaction read write"):
        with pytest.raises(DBAPIError) as refused:
            async with database.writing(found.actor) as session:
                await session.execute(text(statement))
        assert getattr(refused.value.orig, "sqlstate", None) in ("25006", "25001")


async def test_a_token_is_worth_the_roles_that_it_names_and_that_are_held(
    people: Client, place: Place
) -> None:
    async with as_owner(place) as owner:
        stakeholder = await actor_of(owner, "stakeholder")
        more = {"person_id": stakeholder.person_id, "organisation_id": stakeholder.organisation_id}
        await owner.execute(insert(RoleGrant).values(role="PARTNER", starts_on=text("current_date"), **more))
    every, _ = await made(people, "stakeholder")
    one, _ = await made(people, "stakeholder", roles=["PARTNER"])
    none, payload = await made(people, "stakeholder", roles=[])
    assert payload["apiToken"]["roles"] == []
    assert await roles_of(every) == ["PARTNER", "STAKEHOLDER"]
    assert await roles_of(one) == ["PARTNER"]
    assert await roles_of(none) == []
    count = "{ proposals { totalCount } }"
    assert (await none.data(count))["proposals"]["totalCount"] == 0
    async with as_owner(place) as owner:
        ended = text(
            "update hub.role_grants set ended_at = now(), ends_on = current_date"
            " where person_id = :person and role = 'PARTNER'"
        )
        await owner.execute(ended, {"person": stakeholder.person_id})
    await asyncio.sleep(FRESH_SECONDS)
    assert await roles_of(every) == ["STAKEHOLDER"]
    assert await roles_of(one) == []


async def test_nobody_sees_or_revokes_anothers_token(people: Client) -> None:
    _, payload = await made(people, "staff")
    admin = await people("admin", in_person=True)
    id = payload["apiToken"]["id"]
    assert (await admin.do("revokeApiToken", id=id))["__typename"] == "NotFound"
    assert id not in {token["id"] for token in await tokens_of(admin)}


async def test_a_token_makes_and_revokes_no_token(people: Client) -> None:
    writer, payload = await made(people, "staff", access="READ_AND_WRITE")
    refused = [
        await writer.do("createApiToken", label="Another", expiresOn=day(1)),
        await writer.do("revokeApiToken", id=payload["apiToken"]["id"]),
    ]
    assert [answer["__typename"] for answer in refused] == ["NotAllowed", "NotAllowed"]
    assert refused[0]["message"].startswith("A token cannot do this.")


async def test_a_token_is_not_widened_in_the_database(place: Place, app: Starlette) -> None:
    async with as_owner(place) as owner:
        staff = await actor_of(owner, "staff")
    for column in ("access", "roles", "last_used_at", "expires_at", "person_id"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with app.state.database.writing(staff) as session:
                await session.execute(text(f"update hub.api_tokens set {column} = {column}"))


async def used(place: Place, id: str, change: str = "") -> Any:
    """How long ago the newest token of the label was used."""
    async with as_owner(place) as owner:
        if change:
            await owner.execute(
                text(f"update hub.api_tokens set {change} where label = :label"), {"label": id}
            )
        return await owner.scalar(
            text("select now() - last_used_at from hub.api_tokens where label = :label"), {"label": id}
        )


async def noted(app: Starlette) -> None:
    """Wait until what was being written down is."""
    await app.state.recognition.close()


async def test_the_last_use_is_noted_once_a_minute(people: Client, place: Place, app: Starlette) -> None:
    program, _ = await made(people, "reviewer", label="noted")
    assert await used(place, "noted") is None
    await asyncio.gather(*(roles_of(program) for _ in range(5)))
    await noted(app)
    assert await used(place, "noted") < timedelta(seconds=5)
    await used(place, "noted", "last_used_at = now() - interval '40 seconds'")
    await asyncio.sleep(FRESH_SECONDS)
    await roles_of(program)
    await noted(app)
    assert timedelta(seconds=40) <= await used(place, "noted") < timedelta(seconds=50)
    await used(place, "noted", "last_used_at = now() - interval '2 minutes'")
    await asyncio.sleep(FRESH_SECONDS)
    await roles_of(program)
    await noted(app)
    assert await used(place, "noted") < timedelta(seconds=5)
    listed = await tokens_of(await people("reviewer", in_person=True))
    assert [token["lastUsedAt"] is not None for token in listed if token["label"] == "noted"] == [True]


async def test_a_request_is_answered_where_its_use_cannot_be_noted(
    people: Client, place: Place, app: Starlette
) -> None:
    program, _ = await made(people, "reviewer", label="unnoted")
    async with as_owner(place) as owner:
        await owner.execute(text("revoke execute on function hub.note_token_use(bytea) from hub_app"))
    assert await roles_of(program) == ["REVIEWER"]
    await noted(app)
    async with as_owner(place) as owner:
        await owner.execute(text("grant execute on function hub.note_token_use(bytea) to hub_app"))
    assert await used(place, "unnoted") is None


async def test_what_ended_long_ago_is_listed_no_more(people: Client, place: Place) -> None:
    for label in ("old", "revoked", "recent"):
        await made(people, "co-manager-au", label=label)
    long_ago = "now() - interval '31 days'"
    await used(place, "old", f"expires_at = {long_ago}")
    await used(place, "revoked", f"revoked_at = {long_ago}")
    await used(place, "recent", "revoked_at = now() - interval '29 days'")
    listed = await tokens_of(await people("co-manager-au", in_person=True))
    assert {"old", "revoked", "recent"} & {token["label"] for token in listed} == {"recent"}


async def test_there_is_an_end_to_how_many_tokens_one_has(people: Client, place: Place) -> None:
    person = await people("co-manager-id", in_person=True)
    async with as_owner(place) as owner:
        actor = await actor_of(owner, "co-manager-id")
        many = [
            {
                "person_id": actor.person_id,
                "label": "many",
                "token_hash": hashlib.sha256(str(number).encode()).digest(),
                "expires_at": datetime.now(UTC) + timedelta(days=1),
            }
            for number in range(200)
        ]
        await owner.execute(insert(ApiToken), many)
    payload = await person.do("createApiToken", label="One more", expiresOn=day(1))
    assert payload["__typename"] == "Conflict"
    await used(place, "many", "revoked_at = now()")
    payload = await person.do("createApiToken", label="One more", expiresOn=day(1))
    assert payload["__typename"] == "CreateApiTokenSuccess"
