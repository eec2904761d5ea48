"""What a request has to look like: every other one is refused with a sentence that says what to send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import structlog
from starlette.applications import Starlette

from schema.api import PLANNER
from schema.http import endpoint
from schema.http.reading import LARGEST_BODY
from tests.conftest import Client

TYPENAME = {"query": "{ __typename }"}
ANSWER = {"data": {"__typename": "Query"}}
JSON, GRAPHQL = "application/json; charset=utf-8", "application/graphql-response+json; charset=utf-8"


def body(**given: Any) -> bytes:
    return json.dumps(given).encode()


def said(response: httpx.Response) -> str:
    """The one error's message."""
    (error,) = response.json()["errors"]
    assert "data" not in response.json()
    assert error["extensions"]["code"] == "BAD_REQUEST"
    return str(error["message"])


MALFORMED: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "The body cannot be read as JSON: Expecting value at line 1, column 1."),
    "a number": (b"5", "Send one JSON object with query"),
    "a text": (b'"{ __typename }"', "Send one JSON object with query"),
    "null": (b"null", "Send one JSON object with query"),
    "a batch": (b'[{"query": "{ __typename }"}]', "send each operation as a request of its own"),
    "half an object": (b'{"query": "{ __typename }"', "Expecting ',' delimiter at line 1, column 27"),
    "two objects": (body(**TYPENAME) * 2, "Extra data at line 1, column 28"),
    "invalid UTF-8": (b'{"query": "\xff"}', "The body is not UTF-8: look at byte 12."),
    "UTF-16": (body(**TYPENAME).decode().encode("utf-16"), "The body is not UTF-8: look at byte 1."),
    "an encoded surrogate": (b'{"query": "\xed\xa0\x80"}', "The body is not UTF-8: look at byte 12."),
    "a byte order mark": (
        b"\xef\xbb\xbf" + body(**TYPENAME),
        "a byte order mark; send it without.",
    ),
    "100,000 lists deep": (b"[" * 100_000, "nested too deeply"),
    "100,000 objects deep": (b'{"a":' * 100_000, "nested too deeply"),
    "deep and whole": (b"[" * 5_000 + b"]" * 5_000, "nested too deeply"),
    "5,000 digits": (
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
        "several thousand digits; send long numbers as text",
    ),
    "a number without end": (b'{"variables": {"a": 1e400}}', 'The number "1e400" is too large'),
    "NaN": (b'{"variables": {"a": NaN}}', "NaN is not JSON; send a number, or null."),
    "Infinity": (b'{"variables": {"a": -Infinity}}', "-Infinity is not JSON"),
    "a key twice": (b'{"query": "{ a }", "query": "{ b }"}', '"query" stands there twice'),
    "a variable twice": (b'{"query": "{ a }", "variables": {"b": 1, "b": 2}}', '"b" stands there twice'),
    "a control character": (b'{"query": "\x00"}', "Invalid control character"),
    "no query": (body(qeury="{ __typename }"), "query is missing"),
    "an empty query": (body(query=" \n"), "query is missing"),
    "null for query": (body(query=None), "query is missing"),
    "a query of another type": (body(query=["{ __typename }"]), "query must be text"),
    "variables as list": (body(query="{ __typename }", variables=[]), "variables must be a JSON object"),
    "variables as text": (body(query="{ __typename }", variables="{}"), "variables must be a JSON object"),
    "a name of another type": (body(query="{ __typename }", operationName=1), "operationName must be text"),
    "extensions as text": (body(query="{ __typename }", extensions="x"), "extensions must be a JSON object"),
}


@pytest.mark.parametrize("case", MALFORMED)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
async def test_a_malformed_body_is_refused_with_what_is_wrong(
    case: str, accept: str, readers: Client
) -> None:
    sent, message = MALFORMED[case]
    http = (await readers(None)).http
    headers = {"Content-Type": "application/json", "Accept": accept}
    response = await http.post("/graphql", content=sent, headers=headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert message in said(response)


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("application/json", 200, None),
        ("application/json; charset=utf-8", 200, None),
        ('application/JSON;charset="UTF-8"', 200, None),
        ("", 415, "its Content-Type is missing"),
        ("text/plain", 415, 'Send the body as application/json, not as "text/plain".'),
        ("application/graphql", 415, 'not as "application/graphql"'),
        ("application/x-www-form-urlencoded", 415, "Send the body as application/json"),
        ("multipart/form-data; boundary=x", 415, "Send the body as application/json"),
        ("application/json, application/json", 415, "Send the body as application/json"),
        ("application/json; charset=utf-16", 415, 'Send the body in UTF-8, not in "utf-16".'),
        ("application/json; charset=iso-8859-1", 415, "Send the body in UTF-8"),
    ],
)
async def test_the_body_is_json_in_utf_8(
    kind: str, status: int, message: str | None, readers: Client
) -> None:
    http = (await readers(None)).http
    headers = {"Content-Type": kind} if kind else {}
    response = await http.post("/graphql", content=body(**TYPENAME), headers=headers)
    assert response.status_code == status
    if message is None:
        assert response.json() == ANSWER
    else:
        assert message in said(response)


async def test_a_compressed_body_is_refused(readers: Client) -> None:
    http = (await readers(None)).http
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    response = await http.post("/graphql", content=b"\x1f\x8b", headers=headers)
    assert (response.status_code, response.headers["accept-encoding"]) == (415, "identity")
    assert "without Content-Encoding" in said(response)
    headers["Content-Encoding"] = "identity"
    response = await http.post("/graphql", content=body(**TYPENAME), headers=headers)
    assert (response.status_code, response.json()) == (200, ANSWER)


async def test_a_body_that_grows_too_large_is_refused_before_its_end(readers: Client) -> None:
    http, sent = (await readers(None)).http, 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 50 * LARGEST_BODY:
            sent += 100_000
            yield b" " * 100_000

    response = await http.post("/graphql", content=endless(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert said(response) == "The body is larger than 1,000,000 bytes; send less at once."


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("application/graphql-response+json", GRAPHQL),
        ("Application/GraphQL-Response+JSON", GRAPHQL),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", GRAPHQL),
        ("application/json, application/graphql-response+json", JSON),
        ("application/json;q=0.5, application/graphql-response+json;q=0.6", GRAPHQL),
        ("application/graphql-response+json;q=0.1, */*", JSON),
        ("application/graphql-response+json, */*;q=0.8", GRAPHQL),
        ("application/json;q=0, */*", GRAPHQL),
        ("application/graphql-response+json;q=nan", GRAPHQL),
        ("application/json;q=0.1, application/graphql-response+json;q=1e9", GRAPHQL),
        (f"text/html;{'x' * 1_000}, application/graphql-response+json", GRAPHQL),
        ("text/html, application/xhtml+xml, */*;q=0.8", JSON),
        ("text/html", None),
        ("application/json;q=0", None),
        ("application/json; charset=iso-8859-1", None),
        ("nonsense", None),
        (",;,;=", None),
        ("text/html," * 200, None),
    ],
)
async def test_the_answer_comes_in_the_media_type_that_is_liked_best(
    accept: str | None, answer: str | None, readers: Client
) -> None:
    http = (await readers(None)).http
    del http.headers["accept"]
    headers = {} if accept is None else {"Accept": accept}
    response = await http.post("/graphql", json=TYPENAME, headers=headers)
    if answer is None:
        assert response.status_code == 406
        assert "application/graphql-response+json or application/json" in said(response)
    else:
        assert (response.status_code, response.headers["content-type"]) == (200, answer)
        assert response.json() == ANSWER


async def test_several_accept_headers_are_one_list(readers: Client) -> None:
    http = (await readers(None)).http
    del http.headers["accept"]
    headers = [("Accept", "text/html"), ("Accept", "application/graphql-response+json")]
    response = await http.post("/graphql", json=TYPENAME, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (200, GRAPHQL)


REQUEST_ERRORS = {
    "syntax": {"query": "{"},
    "validation": {"query": "{ nonsense }"},
    "a limit": {"query": "{ " + " ".join(f"a{n}: __typename" for n in range(60)) + " }"},
    "which operation": {"query": "query A { __typename } query B { __typename }"},
    "unknown operation": {"query": "query A { __typename }", "operationName": "B"},
    "a variable": {"query": "query($id: ID!) { node(id: $id) { id } }", "variables": {"id": None}},
    "a subscription": {"query": "subscription { nothing }"},
}


@pytest.mark.parametrize("case", REQUEST_ERRORS)
async def test_what_cannot_be_run_is_400_where_the_client_knows_the_media_type(
    case: str, readers: Client
) -> None:
    http = (await readers(None)).http
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        response = await http.post("/graphql", json=REQUEST_ERRORS[case], headers={"Accept": accept})
        assert response.status_code == status
        assert said(response)


async def test_a_get_reads(readers: Client) -> None:
    partner = await readers("partner")
    variables = json.dumps({"first": 1})
    query = "query Some($first: Int!) { viewer { name } initiatives(first: $first) { nodes { reference } } }"
    params = {"query": query, "variables": variables, "operationName": "Some", "extensions": "{}"}
    response = await partner.http.get("/graphql", params=params, headers=partner.headers)
    assert response.status_code == 200
    assert response.json()["data"] == await partner.data(query, first=1)
    head = await partner.http.head("/graphql", params=params, headers=partner.headers)
    assert (head.status_code, head.headers["content-type"]) == (200, JSON)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "query is missing"),
        ("query=", "query is missing"),
        ("query=%7B__typename%7D&variables=", "In the address, variables cannot be read as JSON"),
        ("query=%7B__typename%7D&variables=[]", "variables must be a JSON object"),
        ("query=%7B__typename%7D&extensions=5", "extensions must be a JSON object"),
        ("query=%7B__typename%7D&query=%7B__typename%7D", '"query" stands there twice'),
        ("query=%FF", "The address is not UTF-8, percent-encoded."),
        ("&".join(f"a{n}=1" for n in range(51)), "more than 50 parameters"),
    ],
)
async def test_a_malformed_address_is_refused(address: str, message: str, readers: Client) -> None:
    response = await (await readers(None)).http.get(f"/graphql?{address}")
    assert response.status_code == 400
    assert message in said(response)


async def test_an_address_that_is_too_long_is_refused(readers: Client) -> None:
    http = (await readers(None)).http
    response = await http.get("/graphql", params={"query": "x" * 50_000})
    assert response.status_code == 414
    assert said(response) == "The address is longer than 50,000 bytes; send this by POST."


def test_a_head_is_a_get_without_its_body(address: str) -> None:
    for query, status in (("{ __typename }", 200), ("mutation { __typename }", 405)):
        got = httpx.get(f"{address}/graphql", params={"query": query})
        head = httpx.head(f"{address}/graphql", params={"query": query})
        assert (got.status_code, head.status_code, head.content) == (status, status, b"")
        same = ("content-type", "content-length", "cache-control")
        assert [head.headers[name] for name in same] == [got.headers[name] for name in same]


def test_over_a_socket_a_body_may_be_a_million_bytes_and_no_more(address: str) -> None:
    with httpx.Client(base_url=address, headers={"Content-Type": "application/json"}) as client:
        for size, status in ((1_000_000, 200), (1_000_001, 413), (5_000_000, 413)):
            sent = body(**TYPENAME).ljust(size)
            known = client.post("/graphql", content=sent)
            unknown = client.post("/graphql", content=iter([sent[:500_000], sent[500_000:]]))
            assert known.request.headers["content-length"] == str(size)
            assert "content-length" not in unknown.request.headers
            assert [known.status_code, unknown.status_code] == [status, status]
        assert client.post("/graphql", content=body(**TYPENAME)).json() == ANSWER


async def test_a_client_that_goes_away_is_no_failure(reading_app: Starlette) -> None:
    came: Iterator[Any] = iter(
        [
            {"type": "http.request", "body": b'{"query": ', "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(came)

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"hub.test"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    with structlog.testing.capture_logs() as logs:
        await reading_app({**scope, "root_path": "", "client": ("127.0.0.1", 1)}, receive, send)
    assert sent == []
    assert [line["status"] for line in logs if line["event"] == "request"] == [499]


async def test_a_bug_in_the_compiler_is_masked_and_found_by_its_reference(
    readers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the planner")

    monkeypatch.setattr(PLANNER, "plan", broken)
    public = await readers(None)
    with structlog.testing.capture_logs() as logs:
        answer = await public.ask("{ memberStates { totalCount } }")
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in json.dumps(answer)
    references = [line["reference"] for line in logs if line["event"] == "unexpected error"]
    assert references == [error["extensions"]["reference"]]


async def test_a_bug_before_anything_is_run_is_masked_too(
    readers: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret of the body")

    monkeypatch.setattr(endpoint, "from_body", broken)
    http = (await readers(None)).http
    with structlog.testing.capture_logs() as logs:
        response = await http.post("/graphql", json=TYPENAME)
    assert (response.status_code, response.headers["content-type"]) == (500, JSON)
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in response.text
    found = [line for line in logs if line["event"] == "unexpected error"]
    assert [line["reference"] for line in found] == [error["extensions"]["reference"]]


async def test_only_reads_go_by_get_and_other_methods_are_refused(readers: Client) -> None:
    http = (await readers(None)).http
    response = await http.get("/graphql", params={"query": "mutation { __typename }"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert said(response) == "Send a mutation by POST: a GET only reads."
    query = "query A { __typename } mutation B { __typename }"
    response = await http.get("/graphql", params={"query": query, "operationName": "A"})
    assert (response.status_code, response.json()) == (200, ANSWER)
    for method in ("PUT", "PATCH", "DELETE"):
        response = await http.request(method, "/graphql")
        assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        assert "Send a POST with a JSON body" in said(response)
    response = await http.options("/graphql")
    assert "content-length" not in response.headers
    assert (response.status_code, response.headers["allow"], response.content) == (
        204,
        "GET, HEAD, POST, OPTIONS",
        b"",
    )


async def test_half_a_character_comes_back_as_it_was_sent(readers: Client) -> None:
    response = await (await readers(None)).http.post(
        "/graphql",
        content=rb'{"query": "query A { __typename }", "operationName": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 200
    assert said(response) == 'Unknown operation named "\ud800".'
