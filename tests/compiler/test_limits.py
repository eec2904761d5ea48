"""What a document may ask for: each limit is named with its value, and hostile documents end quickly."""

from __future__ import annotations

import gc
import time
from typing import Any

import pytest
from graphql import get_introspection_query, parse

from schema.api import schema
from schema.compiler.limits import exceeded
from tests.conftest import Client, Person

QUICKLY_SECONDS = 0.25


def nested(levels: int) -> str:
    """Fields nested so many deep, each in the one before."""
    pair = "memberships { workingGroup { " * (levels // 2)
    return f'{{ organisation(isoCode: "AU") {{ {pair} id {"} } " * (levels // 2)} }} }}'


def doubled(levels: int, type_: str, inner: str) -> str:
    """Fragments each of which spreads the next one twice."""
    fragments = [f"fragment F{i} on {type_} {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels)]
    return "\n".join(["{ ...F0 }", *fragments, f"fragment F{levels} on {type_} {{ {inner} }}"])


def renamed(count: int, name: str) -> str:
    return " ".join(f"a{number}: {name}" for number in range(count))


TWICE = "a: memberships { workingGroup { ...F%d } } b: memberships { workingGroup { ...F%d } }"
HIDDEN_DOUBLING = "\n".join(
    [
        "{ workingGroups(first: 1) { nodes { ...F0 } } }",
        *(f"fragment F{i} on WorkingGroup {{ {TWICE % (i + 1, i + 1)} }}" for i in range(20)),
        "fragment F20 on WorkingGroup { id }",
    ]
)
FULL_PAGES = """{ initiatives(first: 100) { nodes { contributions(first: 100) { nodes { allocations {
  initiative { contributions(first: 100) { nodes { id } } } } } } } } }"""

TOO_MUCH = {
    "depth": (nested(100), "102 deep", "12"),
    "depth in fragments": (
        "{ workingGroups { nodes { ...A } } } fragment A on WorkingGroup { memberships { ...B } }"
        " fragment B on Membership { workingGroup { ...C } } fragment C on WorkingGroup"
        " { memberships { workingGroup { memberships { workingGroup { memberships { workingGroup"
        " { memberships { workingGroup { id } } } } } } } } }",
        "nested 13 deep",
        "12",
    ),
    "aliases": ("{ " + renamed(51, "__typename") + " }", "51 fields", "50"),
    "aliases in fragments": (
        "{ ...A ...B } fragment A on Query { "
        + renamed(30, "__typename")
        + " } fragment B on Query { ... { "
        + renamed(30, "__typename")
        + " } }",
        "60 fields",
        "50",
    ),
    "300 aliases": ("{ " + renamed(300, "__typename") + " }", "300 fields", "50"),
    "1,000 aliases": ("{ " + renamed(1000, "__typename") + " }", "1500 tokens", ""),
    "10,000 repeated fields": ("{ " + "__typename " * 10_000 + "}", "1500 tokens", ""),
    "fragments doubled to 2^60": (doubled(60, "Query", "viewer { name }"), "1,000,000,000,000", "2,000"),
    "a hidden doubling": (HIDDEN_DOUBLING, "deep", "12"),
    "300 repeated selections": ("{ " + "viewer { name } " * 300 + "}", "598 selections", "200"),
    "repeated within repeated": (
        "{ " + ("initiatives { nodes { " + "id " * 60 + "} } ") * 20 + "}",
        "1,237 selections",
        "200",
    ),
    "full pages of full pages": (FULL_PAGES, "may hold", "250,000"),
    "introspection many times": (
        "{ "
        + " ".join(f"a{i}: __schema {{ types {{ fields {{ args {{ name }} }} }} }}" for i in range(40))
        + "}",
        "of the schema",
        "60,000",
    ),
}

WRONG = {
    "a fragment cycle": (
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "Cannot spread fragment",
    ),
    "a cycle through fields": (
        "{ workingGroups { nodes { ...A } } }"
        " fragment A on WorkingGroup { memberships { workingGroup { ...A } } }",
        "Cannot spread fragment",
    ),
    "introspection in circles": (
        '{ __type(name: "Query") { fields { type { fields { type { fields { type'
        " { fields { name } } } } } } } } }",
        "introspection depth exceeded",
    ),
    "only fragments": ("fragment A on Query { __typename }", "never used"),
    "only a comment": ("# nothing", "Unexpected <EOF>"),
    "several operations without a name": ("{ __typename } { __typename }", "anonymous operation"),
    "700 selections deep": ("{ a " * 700, "nested too deeply"),
    "1,400 lists deep": ("{ initiatives(filter: " + "[" * 1400 + "]" * 60, "nested too deeply"),
    "700 lists deep": ("{ initiatives(filter: " + "[" * 700 + "]" * 700 + ") { totalCount } }", ""),
    "a number of 5,000 digits": ("{ initiatives(first: " + "9" * 5000 + ") { totalCount } }", ""),
    "100 repeated selections": ("{ " + "viewer { name } " * 100 + "}", None),
}


async def quickly(person: Person, document: str, **more: Any) -> dict[str, Any]:
    """The response to a document that the server has not seen, if it comes in time."""
    gc.collect()
    began = time.perf_counter()
    response = await person.http.post("/graphql", json={"query": document, **more}, headers=person.headers)
    took = time.perf_counter() - began
    assert response.status_code < 500
    assert took < QUICKLY_SECONDS, f"{took:.3f} s"
    body: dict[str, Any] = response.json()
    return body


@pytest.mark.parametrize("case", TOO_MUCH)
async def test_a_limit_is_named_with_its_value(case: str, readers: Client) -> None:
    document, value, limit = TOO_MUCH[case]
    public = await readers(None)
    await public.data("{ __typename }")
    body = await quickly(public, document)
    assert "data" not in body
    messages = [error["message"] for error in body["errors"]]
    assert any(value in message and limit in message for message in messages), messages


@pytest.mark.parametrize("case", WRONG)
async def test_a_hostile_document_ends_quickly(case: str, readers: Client) -> None:
    document, says = WRONG[case]
    public = await readers(None)
    await public.data("{ viewer { name } }")
    body = await quickly(public, document)
    if says is None:
        assert "errors" not in body
        return
    assert "data" not in body
    assert says in body["errors"][0]["message"]


async def test_an_unknown_operation_is_named(readers: Client) -> None:
    public = await readers(None)
    body = await quickly(public, "query A { __typename } query B { __typename }", operationName="C")
    assert body == {
        "errors": [{"message": 'Unknown operation named "C".', "extensions": {"code": "BAD_REQUEST"}}]
    }
    body = await quickly(public, "query A { __typename } query B { __typename }")
    (error,) = body["errors"]
    assert error["message"] == "Say by operationName which of the operations to run."
    assert "data" not in body


@pytest.mark.parametrize("descriptions", [True, False])
async def test_tools_may_read_the_schema(descriptions: bool, readers: Client) -> None:
    document = get_introspection_query(
        descriptions=descriptions,
        specified_by_url=True,
        directive_is_repeatable=True,
        schema_description=True,
        input_value_deprecation=True,
        one_of=True,
    )
    public = await readers(None)
    found = await public.data(document)
    assert found["__schema"]["queryType"]["name"] == "Query"
    assert exceeded(schema._schema, parse(document)) == []


def test_a_limit_is_for_each_operation_by_itself() -> None:
    half = "{ " + renamed(30, "__typename") + " }"
    assert exceeded(schema._schema, parse(f"query A {half} query B {half}")) == []
    (error,) = exceeded(schema._schema, parse("{ " + renamed(51, "__typename") + " }"))
    assert error.extensions == {"limit": "aliases", "value": 51, "most": 50}


def test_at_the_limit_is_allowed() -> None:
    assert exceeded(schema._schema, parse("{ " + renamed(50, "__typename") + " }")) == []
    assert exceeded(schema._schema, parse(nested(10))) == []
    error = exceeded(schema._schema, parse(nested(12)))[0]
    assert error.extensions == {"limit": "depth", "value": 14, "most": 12}
