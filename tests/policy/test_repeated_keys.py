"""A key that is used again, by somebody who no longer sees what came of it the first time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type
from sqlalchemy import text
from starlette.applications import Starlette

from hub.database import Place
from hub.db.models import metadata
from hub.identity.actor import Actor
from schema.api import schema
from schema.compiler.ids import parse
from tests.policy.clones import actor_of, as_owner, clone
from tests.policy.mutations import MUTATIONS
from tests.policy.oracle import Who, load
from tests.policy.outcomes import TABLE_OF, fingerprint
from tests.policy.stage import Stage


@pytest.fixture(scope="module")
def written_place(server: Any, template: str) -> Iterator[Place]:
    """The database in which this file acts."""
    with clone(server, template, "hub_policy_repeated") as place:
        yield place


@pytest.fixture
def place(written_place: Place) -> Place:
    """Under `app`."""
    return written_place


def payload_field(mutation: str) -> str:
    """What the payload calls the object that it gives."""
    success = schema._schema.type_map[f"{mutation[0].upper()}{mutation[1:]}Success"]
    assert isinstance(success, GraphQLObjectType)
    (name,) = [str(n) for n, f in success.fields.items() if "Node" in _interfaces(get_named_type(f.type))]
    return name


def _interfaces(type_: Any) -> list[str]:
    return [interface.name for interface in getattr(type_, "interfaces", ())]


async def done(app: Starlette, actor: Actor, mutation: str, chosen: str, **given: Any) -> dict[str, Any]:
    """The payload, with what is chosen of its object."""
    stem = mutation[0].upper() + mutation[1:]
    document = (
        f"mutation($i: {stem}Input!) {{ {mutation}(input: $i) {{ __typename"
        f" ... on {stem}Success {{ {chosen} }} ... on UserError {{ code message }} }} }}"
    )
    answer = await app.state.execute(actor, document, {"i": given})
    assert "errors" not in answer, answer["errors"]
    payload: dict[str, Any] = answer["data"][mutation]
    return payload


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_what_is_no_longer_seen_is_not_found_when_the_key_is_used_again(
    mutation: str, app: Starlette, place: Place
) -> None:
    field, case = payload_field(mutation), MUTATIONS[mutation]
    whole, nothing = f"{field} {{ id __typename }}", "__typename"
    async with as_owner(place) as owner:
        given = await case.prepare(Stage(owner))
        actor = await actor_of(owner, case.allowed[0])
        elsewhere = await Stage(owner).organisation_named("Demo Survivor Network")
    given["idempotencyKey"] = f"{mutation} once"
    first = await done(app, actor, mutation, whole, **given)
    assert first["__typename"] == f"{mutation[0].upper()}{mutation[1:]}Success", first
    assert await done(app, actor, mutation, whole, **given) == first
    async with as_owner(place) as owner:
        rows, before = await load(owner, metadata), await fingerprint(owner)
    type_name, key = parse(first[field]["id"]) or ("", None)
    assert type_name == first[field]["__typename"]
    moved = replace(actor, roles=frozenset(), organisation_id=elsewhere)
    table = TABLE_OF.get(type_name, {"Secondment": "secondments"}.get(type_name, ""))
    is_seen = rows.sees(table, Who(moved.person_id, elsewhere, frozenset()), rows.by_id[table][key])
    for chosen in (whole, nothing):
        repeated = await done(app, moved, mutation, chosen, **given)
        if is_seen:
            assert repeated["__typename"] == first["__typename"]
        else:
            assert (repeated["__typename"], repeated["code"]) == ("NotFound", "NOT_FOUND")
            assert "was not found" in repeated["message"]
    async with as_owner(place) as owner:
        assert await fingerprint(owner) == before


async def test_a_declared_conflict_is_answered_and_takes_the_proposal_out_of_sight(
    app: Starlette, place: Place
) -> None:
    async with as_owner(place) as owner:
        given = await MUTATIONS["declareConflict"].prepare(Stage(owner))
        reviewer = await actor_of(owner, "reviewer")
        found = text(
            "select p.reference from hub.proposals p join hub.proposal_reviews r"
            " on r.proposal_id = p.id where r.id = :id"
        )
        reference = await owner.scalar(found, {"id": (parse(given["id"]) or ("", None))[1]})
    given["idempotencyKey"] = "a conflict"
    asked = "query($r: String) { proposal(reference: $r) { reference } }"
    before = await app.state.execute(reviewer, asked, {"r": reference})
    assert before["data"] == {"proposal": {"reference": reference}}
    first = await done(app, reviewer, "declareConflict", "proposalReview { state conflict }", **given)
    assert first == {
        "__typename": "DeclareConflictSuccess",
        "proposalReview": {"state": "CONFLICTED", "conflict": given["conflict"]},
    }
    assert await done(app, reviewer, "declareConflict", "proposalReview { state conflict }", **given) == first
    assert (await app.state.execute(reviewer, asked, {"r": reference}))["data"] == {"proposal": None}
