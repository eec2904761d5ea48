"""What somebody may not see is answered like what does not exist: in mutations, lookups, lists and totals."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from hub.database import Place
from hub.db.models import metadata
from hub.db.seed import run_as_owner
from schema.compiler.ids import global_id, parse
from schema.compiler.mapping import REGISTRY
from tests.conftest import Client, Person
from tests.policy.clones import IDENTITIES, as_owner, clone
from tests.policy.mutations import MUTATIONS
from tests.policy.oracle import Rows, load
from tests.policy.stage import DAY, Stage
from tests.policy.test_policy_actions import denial
from tests.policy.written import write


@pytest.fixture(scope="module")
def staged_place(server: Any, template: str) -> Iterator[Place]:
    """The database of this file: subjects are staged in it, and then nothing changes."""
    with clone(server, template, "hub_policy_hidden") as place:
        run_as_owner(place.owner, write)
        yield place


@pytest.fixture
def place(staged_place: Place) -> Place:
    """Under `app` and `people`."""
    return staged_place


async def rows_of(place: Place) -> Rows:
    """Every row of every table."""
    async with as_owner(place) as owner:
        return await load(owner, metadata)


def missing(id: str) -> str:
    """An id of the same type that nothing has."""
    found = parse(id)
    assert found is not None
    return global_id(found[0], uuid.uuid4())


async def posted(person: Person, document: str, **variables: Any) -> httpx.Response:
    """The response as it is on the wire."""
    body = {"query": document, "variables": variables}
    return await person.http.post("/graphql", json=body, headers=person.headers)


OF_THE_REQUEST = ("x-request-id", "ratelimit")
"""Headers that number the request, and say nothing of what was asked."""


def same_bytes(one: httpx.Response, other: httpx.Response) -> bool:
    """Whether status, headers and body are the same to the last byte."""
    first, second = (
        (
            answer.status_code,
            {k: v for k, v in answer.headers.items() if k not in OF_THE_REQUEST},
            answer.content,
        )
        for answer in (one, other)
    )
    return first == second


BY_ID = [
    name
    for name in MUTATIONS
    if name not in ("createProposal", "expressInterest", "offerSecondment", "invitePerson", "createApiToken")
]
BY_ID.remove("pledgeContribution")
BY_ID.remove("grantRole")
BY_ID.remove("registerPartner")
BY_ID.remove("saveVettingApplication")


@pytest.mark.parametrize("mutation", BY_ID)
async def test_a_hidden_subject_is_answered_like_a_missing_one(
    mutation: str, place: Place, people: Client
) -> None:
    async with as_owner(place) as owner:
        given = await MUTATIONS[mutation].prepare(Stage(owner, is_foreign=True))
    rows = await rows_of(place)
    stem = mutation[0].upper() + mutation[1:]
    document = (
        f"mutation($input: {stem}Input!) {{ {mutation}(input: $input) {{ __typename"
        " ... on UserError { code message } ... on InvalidInput { problems { path code message } } } }"
    )
    hidden_from = [name for name in IDENTITIES if name and denial(rows, name, given) == "NotFound"]
    assert hidden_from
    for name in (*hidden_from, None):
        person = await people(name)
        hidden = await posted(person, document, input=given)
        absent = await posted(person, document, input={**given, "id": missing(given["id"])})
        assert same_bytes(hidden, absent), (name, hidden.content, absent.content)
        expected = "NotAllowed" if name is None else "NotFound"
        assert hidden.json()["data"][mutation]["__typename"] == expected


async def test_a_reviewer_learns_nothing_by_naming_a_hidden_initiative(place: Place, people: Client) -> None:
    async with as_owner(place) as owner:
        hidden = await Stage(owner, is_foreign=True).initiative()
    partner = await people("partner")
    given = {"interest": "FUND", "message": "We would."}
    told = await partner.do("expressInterest", initiativeId=hidden, **given)
    assert told["__typename"] == "InvalidInput"
    assert told == await partner.do("expressInterest", initiativeId=missing(hidden), **given)


NODE = "query($id: ID!) { node(id: $id) { __typename id } }"


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_a_node_is_null_for_whom_it_is_hidden_as_for_one_that_is_missing(
    name: str | None, place: Place, people: Client
) -> None:
    rows = await rows_of(place)
    who, person = rows.who(name, DAY), await people(name)
    hidden_types = 0
    for type_name, model in REGISTRY.models.items():
        table = str(model.__table__.name)  # type: ignore[attr-defined]
        if type_name in REGISTRY.variants or type_name == "Viewer":  # no node
            continue
        hidden = [row for row in rows.tables[table] if not rows.sees(table, who, row)]
        seen = [row for row in rows.tables[table] if rows.sees(table, who, row)]
        if hidden:
            hidden_types += 1
            found = await posted(person, NODE, id=global_id(type_name, hidden[-1].id))
            absent = await posted(person, NODE, id=global_id(type_name, uuid.uuid4()))
            assert same_bytes(found, absent), type_name
            assert found.json() == {"data": {"node": None}}, type_name
        if seen:
            id = global_id(type_name, seen[-1].id)
            assert await person.data(NODE, id=id) == {"node": {"__typename": type_name, "id": id}}
    assert hidden_types >= 1


LISTS = {
    "memberStates": "organisations",
    "partners": "organisations",
    "workingGroups": "working_groups",
    "initiatives": "initiatives",
    "proposals": "proposals",
    "expressionsOfInterest": "expressions_of_interest",
    "contributions": "contributions",
    "secondments": "secondments",
    "vettingApplications": "vetting_applications",
}
PAGE = """query($n: Int!, $after: String) { %s(first: $n, after: $after) {
  totalCount nodes { id } pageInfo { hasNextPage endCursor }
} }"""


async def walked(person: Person, name: str, size: int) -> tuple[set[int], list[str], list[bool]]:
    """The totals, ids and hasNextPage of all pages of the size."""
    totals, ids, onward, after = set(), list[str](), list[bool](), None
    while True:
        page = (await person.data(PAGE % name, n=size, after=after))[name]
        totals.add(page["totalCount"])
        ids += [node["id"] for node in page["nodes"]]
        onward.append(page["pageInfo"]["hasNextPage"])
        after = page["pageInfo"]["endCursor"]
        if not onward[-1]:
            return totals, ids, onward


@pytest.mark.parametrize("name", IDENTITIES, ids=str)
async def test_lists_totals_and_next_pages_count_what_is_seen(
    name: str | None, place: Place, people: Client
) -> None:
    rows = await rows_of(place)
    who, person = rows.who(name, DAY), await people(name)
    for field, table in LISTS.items():
        seen = {row.id for row in rows.tables[table] if rows.sees(table, who, row)}
        if table == "organisations":
            states = {row.id for row in rows.tables[table] if row.kind == "MEMBER_STATE"}
            seen = seen & states if field == "memberStates" else seen - states
        size = next((n for n in range(100, 0, -1) if len(seen) % n == 0), 1)
        totals, ids, onward = await walked(person, field, size)
        assert totals == {len(seen)}, field
        assert len(ids) == len(seen)
        assert {key for id in ids for _, key in [parse(id) or ("", None)]} == seen, field
        assert len(onward) == max(1, len(seen) // size), f"{field}: the last page knows that it is"


SEARCH = "query($words: String!) { proposals(filter: { search: $words }) { totalCount nodes { id } } }"


async def test_search_finds_no_hidden_proposal(place: Place, people: Client) -> None:
    rows = await rows_of(place)
    hidden = next(row for row in rows.tables["proposals"] if row.title == "Given up")
    words = f'"{hidden.reference}"'
    counts = {}
    for name in IDENTITIES:
        counts[name] = (await (await people(name)).data(SEARCH, words=words))["proposals"]["totalCount"]
    proposer = hidden.organisation_id
    expected = {
        name: int(rows.who(name, DAY).organisation == proposer and name in ("partner", "focal-point"))
        for name in IDENTITIES
    }
    assert counts == expected
    mine = next(
        row
        for row in rows.tables["proposals"]
        if row.state == "DRAFT" and row.organisation_id == rows.who("partner", DAY).organisation
    )
    found = {}
    for name in IDENTITIES:
        answer = await (await people(name)).data(SEARCH, words=f'"{mine.reference}"')
        found[name] = answer["proposals"]["totalCount"]
    assert found == {name: int(name in ("partner", "focal-point")) for name in IDENTITIES}


LOOKUP = "query($id: ID, $r: String) { proposal(id: $id, reference: $r) { id } }"


@pytest.mark.parametrize("name", ["staff", "co-manager-au", "reviewer", "admin", None], ids=str)
async def test_a_draft_is_looked_up_by_nobody_else(name: str | None, place: Place, people: Client) -> None:
    rows, person = await rows_of(place), await people(name)
    drafts = [row for row in rows.tables["proposals"] if row.submitted_at is None]
    assert {row.state for row in drafts} == {"DRAFT", "WITHDRAWN"}
    absent = await posted(person, LOOKUP, id=global_id("Proposal", uuid.uuid4()))
    for draft in drafts[:3] + drafts[-3:]:
        assert same_bytes(await posted(person, LOOKUP, id=global_id("Proposal", draft.id)), absent)
        assert same_bytes(await posted(person, LOOKUP, r=draft.reference), absent)
    assert absent.json() == {"data": {"proposal": None}}
