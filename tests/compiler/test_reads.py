"""Reads: one statement a root field, the right rows, pages that fit together."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.conftest import Client, Person
from tests.statements import recorded

DEEP = """{
  viewer { name roles organisation { name memberships { role workingGroup { name } } } }
  proposals(first: 5, orderBy: { field: TITLE }) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node {
      reference allowedActions organisation { __typename shortName ... on Partner { vettingState } }
      revision { title budget { amount currency } workingGroup { name } } reviews { reviewer { name } }
      votes { choice counts seat { shortName } } decisions { outcome } initiative { reference }
    } }
  }
  initiatives(first: 10) { nodes {
    title participants { role organisation { shortName } } corePurposes { number }
    contributions(first: 3, orderBy: { field: REFERENCE }) {
      totalCount nodes { reference provider { name } }
    }
  } }
}"""


async def test_each_root_field_is_one_statement(reading_app: Starlette, readers: Client) -> None:
    manager = await readers("co-manager-au")
    with recorded(reading_app) as statements:
        data = await manager.data(DEEP)
    assert len(statements) == 1
    assert data["viewer"]["roles"] == ["CO_MANAGER"]
    assert len(data["proposals"]["edges"]) == 5
    assert len(data["initiatives"]["nodes"]) == 10


async def test_member_states_have_the_labels_of_the_bali_process(readers: Client) -> None:
    public = await readers(None)
    found = (await public.data("{ memberStates(first: 100) { totalCount nodes { name isoCode } } }"))[
        "memberStates"
    ]
    names = {node["isoCode"]: node["name"] for node in found["nodes"]}
    assert found["totalCount"] == len(names) == 45
    assert names["NC"] == "New Caledonia (France)"
    assert names["HK"] == "Hong Kong SAR"
    assert names["MO"] == "Macau SAR"


LISTS = {
    "memberStates": ["NAME", "SHORT_NAME"],
    "partners": ["NAME", "SHORT_NAME"],
    "workingGroups": ["NAME", "CODE"],
    "initiatives": ["STARTS_ON", "TITLE", "REFERENCE", "WORK_PLAN_YEAR"],
    "proposals": ["CREATED_AT", "TITLE", "REFERENCE"],
    "expressionsOfInterest": ["CREATED_AT", "REFERENCE"],
    "contributions": ["RECORDED_ON", "YEAR", "REFERENCE"],
    "secondments": ["STARTS_ON", "REFERENCE"],
}


async def page(person: Person, name: str, arguments: str) -> dict[str, Any]:
    document = f"""{{ {name}({arguments}) {{ totalCount nodes {{ id }} edges {{ cursor node {{ id }} }}
      pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"""
    found: dict[str, Any] = (await person.data(document))[name]
    return found


async def walk(person: Person, name: str, order: str, *, size: int, is_backward: bool) -> list[str]:
    count, beyond, more, cursor = (
        ("last", "before", "hasPreviousPage", "startCursor")
        if is_backward
        else ("first", "after", "hasNextPage", "endCursor")
    )
    ids: list[str] = []
    at = ""
    while True:
        found = await page(person, name, f"{count}: {size}, orderBy: {order}{at}")
        rows = [edge["node"]["id"] for edge in found["edges"]]
        assert rows == [node["id"] for node in found["nodes"]]
        assert found["pageInfo"]["startCursor"] == found["edges"][0]["cursor"]
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        ids = rows + ids if is_backward else ids + rows
        if not found["pageInfo"][more]:
            assert len(ids) == found["totalCount"]
            return ids
        at = f', {beyond}: "{found["pageInfo"][cursor]}"'


@pytest.mark.parametrize("name", LISTS)
async def test_pages_fit_together_in_both_directions(name: str, readers: Client) -> None:
    staff = await readers("staff")
    for field in LISTS[name]:
        for direction in ("ASC", "DESC"):
            order = f"{{ field: {field}, direction: {direction} }}"
            forward = await walk(staff, name, order, size=17, is_backward=False)
            backward = await walk(staff, name, order, size=23, is_backward=True)
            assert forward == backward
            assert len(set(forward)) == len(forward)


async def test_an_empty_page_has_no_cursors(readers: Client) -> None:
    found = await page(await readers(None), "proposals", "first: 5")
    nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert found == {"totalCount": 0, "nodes": [], "edges": [], "pageInfo": nothing}


@pytest.mark.parametrize(
    ("arguments", "path", "code"),
    [
        ("first: -1", ["first"], "OUT_OF_RANGE"),
        ("first: 101", ["first"], "OUT_OF_RANGE"),
        ("last: 101", ["last"], "OUT_OF_RANGE"),
        ("first: 1, last: 1", ["first"], "ONE_OF"),
        ('filter: { search: "a\\u0000b" }', ["filter", "search"], "CONTROL_CHARACTER"),
        ('filter: { workingGroup: "a\\u0000b" }', ["filter", "workingGroup"], "MALFORMED_ID"),
        ('after: "nonsense"', ["after"], "WRONG_CURSOR"),
        ('before: "bm9uc2Vuc2U="', ["before"], "WRONG_CURSOR"),
        ('filter: { workingGroup: "x" }', ["filter", "workingGroup"], "MALFORMED_ID"),
        ('filter: { search: "' + "x" * 201 + '" }', ["filter", "search"], "TOO_LONG"),
    ],
)
async def test_an_unusable_argument_is_named(
    arguments: str, path: list[str], code: str, readers: Client
) -> None:
    answer = await (await readers(None)).ask(
        f"{{ initiatives({arguments}) {{ totalCount nodes {{ id }} }} }}"
    )
    (error,) = answer["errors"]
    (problem,) = error["extensions"]["problems"]
    assert (problem["path"], problem["code"]) == (path, code)
    assert error["extensions"]["code"] == "INVALID_INPUT"


@pytest.mark.parametrize(
    "document",
    [
        '{ memberStates(filter: { isoCode: ["a\\u0000"] }) { totalCount } }',
        '{ contributions(filter: { currency: ["a\\u0000"] }) { totalCount } }',
        '{ contributionSummary(groupBy: [], filter: { currency: ["a\\u0000"] }) { totals { currency } } }',
        '{ partners(filter: { search: "a\\u0000" }) { totalCount } }',
    ],
)
async def test_a_nul_in_a_filter_is_an_error_of_the_client(document: str, readers: Client) -> None:
    (error,) = (await (await readers(None)).ask(document))["errors"]
    assert error["extensions"]["problems"][0]["code"] == "CONTROL_CHARACTER"


async def test_half_a_character_is_an_error_of_the_client(readers: Client) -> None:
    document = "query($s: String) { memberStates(filter: { search: $s }) { totalCount } }"
    (error,) = (await (await readers("staff")).ask(document, s="\ud800"))["errors"]
    assert error["extensions"]["problems"][0]["code"] == "NOT_UNICODE"


async def test_evidence_of_a_value_is_not_for_the_public(readers: Client) -> None:
    document = """{ contributions(first: 100, filter: { kind: [IN_KIND] }) {
      nodes { isPublished valuationEvidence } } }"""
    staff = (await (await readers("staff")).data(document))["contributions"]["nodes"]
    public = (await (await readers(None)).data(document))["contributions"]["nodes"]
    assert any(node["valuationEvidence"] and node["isPublished"] for node in staff)
    assert {node["valuationEvidence"] for node in public} == {None}


async def test_nobody_fetches_somebody_elses_view(readers: Client) -> None:
    staff = await readers("staff")
    person = (await (await readers("partner")).data("{ viewer { person { id } } }"))["viewer"]["person"]["id"]
    key = base64.b64decode(person).decode().partition(":")[2]
    forged = base64.b64encode(f"Viewer:{key}".encode()).decode()
    answer = await staff.ask("query($id: ID!) { node(id: $id) { __typename } }", id=forged)
    assert answer["data"] == {"node": None}
    assert answer["errors"][0]["extensions"]["problems"][0]["code"] == "WRONG_TYPE"


async def test_a_year_beyond_all_years_finds_nothing(readers: Client) -> None:
    data = await (await readers("staff")).data(
        "{ initiatives(filter: { workPlanYear: 2000000000 }) { totalCount }"
        " contributions(filter: { year: -2000000000 }) { totalCount } }"
    )
    assert data == {"initiatives": {"totalCount": 0}, "contributions": {"totalCount": 0}}


async def test_a_forged_cursor_is_refused(readers: Client) -> None:
    staff = await readers("staff")
    cursor = (await page(staff, "contributions", "first: 1, orderBy: { field: YEAR }"))["pageInfo"][
        "endCursor"
    ]
    mark, _, key = json.loads(base64.b64decode(cursor))
    for value in ("99999", "x", "1; drop table", 5, None):
        forged = base64.b64encode(json.dumps([mark, value, key]).encode()).decode()
        answer = await staff.ask(
            f'{{ contributions(after: "{forged}", orderBy: {{ field: YEAR }}) {{ nodes {{ id }} }} }}'
        )
        assert answer["errors"][0]["extensions"]["problems"][0]["code"] == "WRONG_CURSOR"


@pytest.mark.parametrize(
    ("name", "field", "value", "code"),
    [
        ("contributions", "YEAR", "\u0662\u0660\u0662\u0664", None),
        ("contributions", "RECORDED_ON", "2024-W01-1", None),
        ("contributions", "RECORDED_ON", "20240101", None),
        ("contributions", "RECORDED_ON", "infinity", "WRONG_CURSOR"),
        ("proposals", "CREATED_AT", "2024-W01-1T00:00:00+23:59", None),
        ("proposals", "CREATED_AT", "0001-01-01T00:00:00+23:00", "WRONG_CURSOR"),
    ],
)
async def test_a_cursor_that_python_reads_in_its_own_way_is_no_fault_of_the_server(
    name: str, field: str, value: str, code: str | None, readers: Client
) -> None:
    staff = await readers("staff")
    order = f"orderBy: {{ field: {field} }}"
    mark, _, key = json.loads(
        base64.b64decode((await page(staff, name, f"first: 1, {order}"))["pageInfo"]["endCursor"])
    )
    forged = base64.b64encode(json.dumps([mark, value, key]).encode()).decode()
    answer = await staff.ask(f'{{ {name}(first: 1, after: "{forged}", {order}) {{ nodes {{ id }} }} }}')
    codes = [e["extensions"]["problems"][0]["code"] for e in answer.get("errors", [])]
    assert codes == ([code] if code else [])


@pytest.mark.parametrize("persona", ["staff", None])
@pytest.mark.parametrize(
    ("variable", "argument", "value", "code"),
    [
        ("$v: Int", "first: $v", 101, "OUT_OF_RANGE"),
        ("$v: String", "after: $v", "nonsense", "WRONG_CURSOR"),
        ("$v: ID", "filter: { organisation: $v }", "nonsense", "MALFORMED_ID"),
        ("$v: String", "filter: { search: $v }", "a\x00b", "CONTROL_CHARACTER"),
    ],
)
@pytest.mark.parametrize(
    "selection", ["totalCount", "nodes { id }", "__typename", "pageInfo { hasPreviousPage }"]
)
async def test_a_wrong_value_is_refused_whatever_is_selected_and_whoever_asks(
    selection: str,
    variable: str,
    argument: str,
    value: str | int,
    code: str,
    persona: str | None,
    readers: Client,
) -> None:
    """The public sees no proposal at all, and so its statement needs none of the values."""
    person = await readers(persona)
    answer = await person.ask(f"query({variable}) {{ proposals({argument}) {{ {selection} }} }}", v=value)
    (error,) = answer["errors"]
    assert error["extensions"]["problems"][0]["code"] == code


async def test_a_page_may_say_only_where_it_begins(readers: Client) -> None:
    staff = await readers("staff")
    cursor = (await page(staff, "initiatives", "first: 1"))["pageInfo"]["endCursor"]
    document = "query($c: String) { initiatives(first: 5, after: $c) { pageInfo { hasPreviousPage } } }"
    for after, is_beyond in ((None, False), (cursor, True)):
        data = await staff.data(document, c=after)
        assert data == {"initiatives": {"pageInfo": {"hasPreviousPage": is_beyond}}}


async def test_a_cursor_of_another_list_or_order_is_refused(readers: Client) -> None:
    staff = await readers("staff")
    cursor = (await page(staff, "initiatives", "first: 1"))["pageInfo"]["endCursor"]
    for name, order in (("contributions", ""), ("initiatives", ", orderBy: { field: TITLE }")):
        answer = await staff.ask(f'{{ {name}(after: "{cursor}"{order}) {{ nodes {{ id }} }} }}')
        assert answer["errors"][0]["extensions"]["problems"][0]["code"] == "WRONG_CURSOR"


async def test_fragments_aliases_variables_and_directives(readers: Client) -> None:
    document = """query($iso: String!, $short: Boolean!) {
      a: organisation(isoCode: $iso) { ...Names }
      b: organisation(isoCode: "ID") {
        __typename ...Names @skip(if: $short) ... on MemberState { iso: isoCode }
      }
      none: organisation(isoCode: "XX") { id }
    }
    fragment Names on Organisation { label: name ... on Node { id } }"""
    data = await (await readers(None)).data(document, iso="AU", short=True)
    assert data["a"]["label"] == "Australia"
    assert data["b"] == {"__typename": "MemberState", "iso": "ID"}
    assert data["none"] is None
    again = await (await readers(None)).data(
        "query($id: ID!) { node(id: $id) { __typename id } }", id=data["a"]["id"]
    )
    assert again["node"] == {"__typename": "MemberState", "id": data["a"]["id"]}


async def test_search_finds_words_of_title_and_reference(readers: Client) -> None:
    staff = await readers("staff")
    everything = (await staff.data("{ initiatives(first: 100) { nodes { reference } } }"))["initiatives"][
        "nodes"
    ]
    document = """query($s: String!) { initiatives(first: 100, filter: { search: $s }) {
      nodes { reference title summary } } }"""
    by_reference = (await staff.data(document, s=everything[0]["reference"]))["initiatives"]["nodes"]
    assert everything[0]["reference"] in [node["reference"] for node in by_reference]
    found = (await staff.data(document, s="workshops"))["initiatives"]["nodes"]
    assert found
    assert all("workshop" in (node["title"] + node["summary"]).lower() for node in found)
    assert (await staff.data(document, s='"no such words anywhere"'))["initiatives"]["nodes"] == []


async def test_filters_hold_together(readers: Client) -> None:
    staff = await readers("staff")
    document = """{ contributions(
      first: 100, filter: { kind: [IN_KIND], state: [RECEIVED, COMMITTED], year: 2025 }
    ) { totalCount nodes { kind state year } } }"""
    found = (await staff.data(document))["contributions"]
    rows = {(node["kind"], node["state"], node["year"]) for node in found["nodes"]}
    assert rows <= {("IN_KIND", "RECEIVED", 2025), ("IN_KIND", "COMMITTED", 2025)}
    assert found["totalCount"] == len(found["nodes"]) > 0


async def test_sums_by_initiative_are_of_allocations_only(readers: Client) -> None:
    document = """{ contributionSummary(groupBy: [INITIATIVE]) { groups(first: 1000) {
      initiative { reference } currency pledged { amount } allocated { amount } } } }"""
    groups = (await (await readers("analyst")).data(document))["contributionSummary"]["groups"]
    assert {group["pledged"] for group in groups} == {None}
    expected = (
        """{ initiatives(first: 100) { nodes { reference allocations { amount { amount currency } } } } }"""
    )
    nodes = (await (await readers("analyst")).data(expected))["initiatives"]["nodes"]
    sums: dict[tuple[str, str], Decimal] = {}
    for node in nodes:
        for allocation in node["allocations"]:
            key = (node["reference"], allocation["amount"]["currency"])
            sums[key] = sums.get(key, Decimal(0)) + Decimal(allocation["amount"]["amount"])
    got = {
        (g["initiative"]["reference"], g["currency"]): Decimal(g["allocated"]["amount"])
        for g in groups
        if g["initiative"]
    }
    assert sums
    assert all(got[key] == amount for key, amount in sums.items())
