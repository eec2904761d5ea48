"""Plans serve whom and what they were made for, only; what is kept is bounded; values stay values."""

from __future__ import annotations

import base64
import json
import random
import uuid
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

from hub.database import Place
from hub.db.engine import STATEMENTS_KEPT, Database
from hub.identity.actor import PUBLIC, Actor, Role
from schema.api import schema
from schema.compiler.plan import MOST_DECISIVE, MOST_DOCUMENTS, MOST_KEPT, MOST_PLANS, Planner
from schema.http import answered, executed
from tests.compiler.actors import actor_of

PERSONAS = (None, "partner", "focal-point", "co-manager-au", "co-manager-id", "staff", "reviewer", "analyst")

LISTED = """query($kind: [ContributionKind!], $first: Int = 3, $order: ContributionOrder, $id: ID,
    $words: String, $filter: ContributionFilter, $isShort: Boolean! = false, $is: Boolean = true) {
  viewer { name roles organisation { shortName } }
  a: contributions(first: $first, orderBy: $order, filter: {kind: $kind, provider: $id, search: $words}) {
    totalCount nodes { reference allowedActions title @skip(if: $isShort) valuationEvidence }
  }
  b: contributions(last: 2, filter: $filter) { totalCount @include(if: $is) nodes { reference year } }
  proposals(first: 2) { totalCount nodes { reference allowedActions votes { choice } } }
}"""
GROUPED = """query($by: [ContributionDimension!]!, $one: ContributionDimension = YEAR, $first: Int) {
  a: contributionSummary(groupBy: $by) { groups(first: $first) { year kind currency contributionCount } }
  b: contributionSummary(groupBy: [KIND, $one]) { groups(first: 2) { year kind contributionCount } }
}"""
ORDERED = """query($by: ContributionOrderField = YEAR, $way: OrderDirection = DESC, $after: String) {
  contributions(first: 2, after: $after, orderBy: {field: $by, direction: $way}) {
    nodes { reference } pageInfo { endCursor hasPreviousPage } } }"""


async def both(
    database: Database, actor: Actor, document: str, variables: dict[str, Any]
) -> tuple[bytes | None, dict[str, Any]]:
    """The compiled answer, and the executor's."""
    return (
        await answered(database, actor, document, variables, None),
        await executed(database, actor, document, variables),
    )


def global_id(type_name: str) -> str:
    return base64.b64encode(f"{type_name}:{uuid.uuid4()}".encode()).decode()


def variables_at_random(chance: random.Random, document: str, ids: list[str]) -> dict[str, Any]:
    """Variables with what is given, omitted and null changing."""
    kinds = ["DIRECT_FUNDING", "IN_KIND", "SECONDMENT"]
    fields = ["RECORDED_ON", "YEAR", "REFERENCE"]
    dimensions = ["YEAR", "KIND", "STATE", "CURRENCY", "PROVIDER", "INITIATIVE", "WORKING_GROUP"]
    order = {"field": chance.choice(fields)}
    ways = ["ASC", "DESC"]
    choices: dict[str, list[Any]] = {
        "kind": [None, [], kinds[:1], kinds[1:], kinds, "IN_KIND"],
        "first": [None, 0, 1, 4, 101, -1],
        "order": [None, order, order | {"direction": chance.choice(ways)}],
        "id": [None, *ids, "nonsense"],
        "words": [None, "support", "'", "\\", '"', "x" * 201],
        "filter": [None, {}, {"year": 2026, "kind": None}, {"kind": []}, {"year": None}],
        "isShort": [True, False, None],
        "is": [True, False, None],
        "by": [chance.sample(dimensions, chance.randint(0, 3)), ["KIND"], [], ["YEAR", "YEAR"], "YEAR"],
        "one": [None, *dimensions],
        "way": [None, *ways],
        "after": [None, "nonsense"],
    }
    if document is ORDERED:
        choices["by"] = [None, *fields]
    asked = {name for name in choices if f"${name}:" in document}
    chosen = {name: chance.choice(choices[name]) for name in sorted(asked) if chance.random() < 0.6}
    return chosen if document is not GROUPED else {"by": chance.choice(choices["by"])} | chosen


async def test_no_plan_serves_anybody_or_anything_else(reading_app: Starlette) -> None:
    database, chance = reading_app.state.database, random.Random(7)
    actors = [await actor_of(database, persona) for persona in PERSONAS]
    states = await executed(database, PUBLIC, "{ memberStates(first: 3) { nodes { id } } }")
    ids = [node["id"] for node in states["data"]["memberStates"]["nodes"]]
    compiled = 0
    for _ in range(240):
        document = chance.choice((LISTED, GROUPED, ORDERED))
        variables, actor = variables_at_random(chance, document, ids), chance.choice(actors)
        text, expected = await both(database, actor, document, variables)
        if text is not None:
            compiled += 1
            assert json.loads(text) == expected, (variables, actor)
        else:
            assert expected.get("errors"), (variables, actor)
        codes = {error["extensions"]["code"] for error in expected.get("errors", [])}
        assert codes <= {"BAD_REQUEST", "INVALID_INPUT"}, expected["errors"]
    assert compiled > 100


def made(planner: Planner, document: str, **variables: Any) -> Any:
    return planner.plan(document, None, variables, PUBLIC)


def test_ids_share_the_plan_of_their_type() -> None:
    planner, document = Planner(schema._schema), "query($id: ID!) { node(id: $id) { __typename id } }"
    plans = {id(made(planner, document, id=global_id("Initiative"))[0]) for _ in range(1_000)}
    assert len(plans) == 1
    for number in range(200):
        made(planner, document, id=f"nonsense {number}")
        made(planner, document, id=global_id(f"Nothing{number}"))
        made(planner, document, id=global_id("Proposal"))
    kept = planner.read(document)
    assert len(kept.plans) <= MOST_PLANS
    assert made(planner, document, id=global_id("Proposal"))[0].sql is not None


def test_whether_a_document_compiles_does_not_depend_on_who_asked_first() -> None:
    def nodes(count: int) -> tuple[str, dict[str, str]]:
        numbers = range(count)
        declared = ", ".join(f"$i{n}: ID!" for n in numbers)
        asked = " ".join(f"a{n}: node(id: $i{n}) {{ id }}" for n in numbers)
        return f"query({declared}) {{ {asked} }}", {f"i{n}": global_id("Initiative") for n in numbers}

    signed_in = Actor(person_id=uuid.uuid4(), organisation_id=uuid.uuid4(), roles=frozenset({Role.STAFF}))
    for count, compiles in ((MOST_DECISIVE, True), (MOST_DECISIVE + 1, False), (20, False)):
        planner, (document, ids) = Planner(schema._schema), nodes(count)
        for actor in (PUBLIC, signed_in, PUBLIC, signed_in):
            assert (planner.plan(document, None, ids, actor) is not None) == compiles


def test_many_shapes_of_one_document_do_not_drive_out_another() -> None:
    planner = Planner(schema._schema)
    useful = made(planner, "{ initiatives { nodes { title } } }")[0]
    switches = [f"$s{number}: Boolean!" for number in range(10)]
    fields = [f"a{number}: __typename @skip(if: $s{number})" for number in range(10)]
    document = f"query({', '.join(switches)}) {{ {' '.join(fields)} }}"
    for shape in range(2**10):
        made(planner, document, **{f"s{number}": bool(shape >> number & 1) for number in range(10)})
    assert len(planner.read(document).plans) == MOST_PLANS
    assert made(planner, "{ initiatives { nodes { title } } }")[0] is useful


def test_what_is_kept_is_bounded() -> None:
    planner = Planner(schema._schema)
    for number in range(1_500):
        made(planner, f"{{ a{number}: __typename viewer {{ name }} }}")
        made(planner, f"{{ nonsense{number} }}")
    assert len(planner.documents) == MOST_DOCUMENTS
    for number in range(40):
        made(planner, f'{{ initiatives(filter: {{search: "{number:015000}"}}) {{ totalCount }} }}')
    assert len(planner.documents) < 40
    assert planner.documents.weight <= MOST_KEPT
    assert planner.documents.weight == sum(d.weight for d in planner.documents._entries.values())


async def test_prepared_statements_are_bounded(reading_app: Starlette) -> None:
    database: Database = reading_app.state.database
    for number in range(STATEMENTS_KEPT + 200):
        assert await database.fetch_text(PUBLIC, f"select '{number}'", []) == b"%d" % number
    count = await database.fetch_text(PUBLIC, "select count(*)::text from pg_prepared_statements", [])
    assert count is not None
    assert 0 < int(count) <= STATEMENTS_KEPT


NASTY = [
    "'", "''", '"', "\\", "\\'", "$$", "$1", "%s", ":x", "{}", "E'\\x01'", "\u2028\u2029", "😀", "a\nb\r\tc",
    "\x01", "\x02\x03\x1f\x7f", "</script>", "'; drop table hub.initiatives; --", "\\u0001", "null",
]  # fmt: skip


@pytest.mark.parametrize("value", NASTY)
async def test_a_value_stays_a_value(value: str, reading_app: Starlette) -> None:
    database = reading_app.state.database
    literal = json.dumps(value)
    document = f"""query($v: String!, $i: ID!) {{
      a: initiatives(filter: {{ search: $v }}) {{ totalCount }}
      b: partners(filter: {{ search: {literal}, isoCode: [$v, {literal}] }}) {{ totalCount }}
      c: organisation(isoCode: $v) {{ id }} d: initiative(reference: {literal}) {{ id }}
      e: contributionSummary(groupBy: [], filter: {{ currency: [$v] }}) {{ totals {{ currency }} }}
    }}""".replace(", $i: ID!", "")
    text, expected = await both(database, PUBLIC, document, {"v": value})
    assert text is not None
    assert json.loads(text) == expected
    assert expected["data"]["c"] is expected["data"]["d"] is None
    for argument in (f"after: {literal}", f"before: {literal}", f"filter: {{ workingGroup: {literal} }}"):
        text, expected = await both(
            database, PUBLIC, f"{{ initiatives({argument}) {{ totalCount nodes {{ id }} }} }}", {}
        )
        assert text is None
        assert expected["errors"][0]["extensions"]["code"] == "INVALID_INPUT"


async def test_an_alias_may_be_long(reading_app: Starlette) -> None:
    alias = "a" * 10_000
    document = f"{{ {alias}: initiatives(first: 1) {{ {alias}: nodes {{ {alias}: title }} }} }}"
    text, expected = await both(reading_app.state.database, PUBLIC, document, {})
    assert text is not None
    assert json.loads(text) == expected
    assert len(expected["data"][alias][alias]) == 1


async def test_an_answer_keeps_the_order_of_the_question(reading_app: Starlette) -> None:
    document = (
        "{ viewer { name } z: __typename __schema { queryType { name } } b: __typename a: viewer { name } }"
    )
    text, expected = await both(reading_app.state.database, PUBLIC, document, {})
    assert text is not None
    assert list(json.loads(text)["data"]) == list(expected["data"]) == ["viewer", "z", "__schema", "b", "a"]


NULLS = {
    "of an order": "query($v: ContributionOrderField = YEAR) {"
    " contributions(orderBy: {field: $v}) { totalCount } }",
    "of a switch": "query($v: Boolean = true) { viewer { name @skip(if: $v) } }",
    "of a list": "query($v: [ContributionDimension!] = []) {"
    " contributionSummary(groupBy: $v) { totals { year } } }",
    "of a number": "query($v: Int) { contributionSummary(groupBy: []) { groups(first: $v) { year } } }",
    "in a list": 'query($v: String = "A") { memberStates(filter: {isoCode: [$v]}) { totalCount } }',
    "of an id": 'query($v: ID = "A") { node(id: $v) { id } }',
}


@pytest.mark.parametrize("case", NULLS)
async def test_a_null_where_none_may_be_is_an_error_of_the_client(case: str, reading_app: Starlette) -> None:
    text, expected = await both(reading_app.state.database, PUBLIC, NULLS[case], {"v": None})
    assert text is None
    assert {error["extensions"]["code"] for error in expected["errors"]} == {"BAD_REQUEST"}
    assert "null" in expected["errors"][0]["message"]


async def written(place: Place, *statements: str, **values: Any) -> None:
    """Let the owner of the database write what no action would."""
    engine = create_async_engine(place.owner)
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement), values if ":" in statement else {})
    await engine.dispose()


async def test_whatever_the_database_holds_is_exact_json(app: Starlette, place: Place) -> None:
    everything = "".join(NASTY) + "".join(map(chr, range(1, 0x20))) + "\ufeff\uffff\U0010ffff"
    await written(
        place,
        "update hub.initiatives set summary = :value, title = left(:value, 200), budget_amount = 1,"
        " budget_currency = 'AUD' where is_published",
        value=everything,
    )
    document = """{ initiatives(first: 3, orderBy: {field: TITLE}) {
      edges { cursor node { title summary budget { amount currency } } } pageInfo { endCursor } } }"""
    text, expected = await both(app.state.database, PUBLIC, document, {})
    assert text is not None
    assert json.loads(text) == expected
    assert expected["data"]["initiatives"]["edges"][0]["node"]["summary"] == everything
    after = json.dumps(expected["data"]["initiatives"]["pageInfo"]["endCursor"])
    text, expected = await both(
        app.state.database,
        PUBLIC,
        f"{{ initiatives(first: 100, after: {after}, orderBy: {{field: TITLE}}) {{ nodes {{ id }} }} }}",
        {},
    )
    assert text is not None
    assert json.loads(text) == expected
    assert len(expected["data"]["initiatives"]["nodes"]) == 100


async def test_a_null_that_may_not_be_is_told_as_the_executor_tells_it(app: Starlette, place: Place) -> None:
    engine = create_async_engine(place.owner)
    async with engine.begin() as connection:
        checks = await connection.execute(
            text(
                "select conname from pg_constraint where conrelid = 'hub.organisations'::regclass"
                " and contype = 'c' and pg_get_constraintdef(oid) like '%iso_code%'"
            )
        )
        for name in checks.scalars().all():
            await connection.execute(text(f'alter table hub.organisations drop constraint "{name}"'))
        await connection.execute(text("update hub.organisations set iso_code = null where iso_code = 'AU'"))
    await engine.dispose()
    document = """{ memberStates(first: 1, filter: {search: "Australia"}) {
      nodes { name isoCode } } again: memberStates(first: 1) { totalCount } }"""
    text_, expected = await both(app.state.database, PUBLIC, document, {})
    assert text_ is None
    assert expected["data"] is None
    (error,) = expected["errors"]
    assert error["path"] == ["memberStates", "nodes", 0, "isoCode"]
