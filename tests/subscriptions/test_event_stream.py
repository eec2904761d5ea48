"""Server-sent events at `/graphql`, and what the edge says of streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from hub.logs import LATEST_SECONDS
from tests.conftest import Person
from tests.subscriptions.conftest import People, Worker
from tests.subscriptions.listening import CONTRIBUTIONS, PROPOSALS, socket

EVENTS = {"Accept": "text/event-stream"}
EITHER = {"Accept": "application/graphql-response+json, application/json, text/event-stream"}
"""What clients send that leave the choice to the server."""
VIEWER = {"query": "{ viewer { name } }"}


@pytest.fixture
async def http(workers: tuple[Worker, Worker]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=workers[0].address, timeout=10) as client:
        yield client


async def bearer(people: People, persona: str = "partner") -> dict[str, str]:
    return {"Authorization": f"Bearer {await people.token(persona)}"}


def events(text: str) -> list[tuple[str, Any]]:
    """Each event's name and data."""
    found = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        name, _, rest = block.partition("\n")
        data = rest.removeprefix("data: ")
        found.append((name.removeprefix("event: "), json.loads(data) if data else None))
    return found


async def test_whoever_is_not_signed_in_subscribes_to_nothing(http: httpx.AsyncClient) -> None:
    for headers in (EVENTS, EITHER):
        answer = await http.post("/graphql", json={"query": PROPOSALS}, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert answer.json()["errors"][0]["message"] == "Sign in to subscribe: send a bearer token."


async def test_what_is_wrong_with_a_document_is_an_event(http: httpx.AsyncClient, people: People) -> None:
    headers = EVENTS | await bearer(people)
    for document, said in (
        ("subscription { nothing }", "Cannot query field 'nothing'"),
        ('subscription { proposalChanged(id: "x") { kind } }', "id: this is not an id of the hub"),
    ):
        answer = await http.post("/graphql", json={"query": document}, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (
            200,
            "text/event-stream; charset=utf-8",
        )
        (first, told), last = events(answer.text)
        assert (first, last) == ("next", ("complete", None))
        assert said in told["errors"][0]["message"]


async def test_a_query_is_answered_in_json_where_the_client_takes_it(
    http: httpx.AsyncClient, people: People
) -> None:
    headers = await bearer(people)
    answer = await http.post("/graphql", json=VIEWER, headers=headers | EITHER)
    assert answer.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    alone = await http.post("/graphql", json=VIEWER, headers=headers | EVENTS)
    assert events(alone.text) == [("next", answer.json()), ("complete", None)]


async def test_a_subscription_without_a_stream_says_how_to_get_one(
    http: httpx.AsyncClient, people: People
) -> None:
    answer = await http.post("/graphql", json={"query": PROPOSALS}, headers=await bearer(people))
    said = "Subscribe over a WebSocket (graphql-transport-ws), or accept text/event-stream."
    assert answer.json() == {"errors": [{"message": said, "extensions": {"code": "BAD_REQUEST"}}]}


async def test_a_browser_listens_by_get(http: httpx.AsyncClient, people: People) -> None:
    """As EventSource does, which can send neither a body nor a header of its own."""
    headers = EVENTS | await bearer(people)
    async with http.stream("GET", "/graphql", params={"query": PROPOSALS}, headers=headers) as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "event: next"
        assert (
            json.loads((await anext(lines)).removeprefix("data: "))["data"]["proposalChanged"]["kind"]
            == "RESYNC"
        )


@pytest.fixture
async def givers(workers: tuple[Worker, Worker], people: People) -> Person:
    return await people.at(workers[1], "partner")


async def test_a_filter_leaves_what_it_names(
    workers: tuple[Worker, Worker], people: People, givers: Person
) -> None:
    document = (
        "subscription($filter: ContributionFilter) { contributionRecorded(filter: $filter)"
        " { kind contribution { title currency } } }"
    )
    async with socket(workers[0].address) as open_:
        await open_.introduce(await people.token("partner"))
        await open_.subscribe("1", document, filter={"currency": ["NZD"], "kind": ["DIRECT_FUNDING"]})
        await open_.hear()
        for title, currency in (("Left out", "AUD"), ("Told", "NZD")):
            done = await givers.do(
                "pledgeContribution",
                title=title,
                kind="DIRECT_FUNDING",
                year=2027,
                valueOn="2026-11-02",
                amount={"amount": "50000", "currency": currency},
            )
            assert done["__typename"] == "PledgeContributionSuccess", done
        told = (await open_.hear())["payload"]["data"]["contributionRecorded"]
        assert told == {"kind": "CHANGED", "contribution": {"title": "Told", "currency": "NZD"}}


async def test_one_proposal_can_be_followed_alone(
    workers: tuple[Worker, Worker], people: People, givers: Person
) -> None:
    mine, other = [
        (await givers.do("createProposal", "proposal { id }", title=title))["proposal"]["id"]
        for title in ("Mine", "Another")
    ]
    async with socket(workers[0].address) as open_:
        await open_.introduce(await people.token("partner"))
        document = "subscription($id: ID!) { proposalChanged(id: $id) { proposal { id title } } }"
        await open_.subscribe("1", document, id=mine)
        await open_.hear()
        for id in (other, mine):
            await givers.do("updateProposal", id=id, title="Changed")
        told = (await open_.hear())["payload"]["data"]["proposalChanged"]
        assert told == {"proposal": {"id": mine, "title": "Changed"}}


async def test_a_stream_is_counted_and_has_its_line_in_the_log(
    workers: tuple[Worker, Worker], http: httpx.AsyncClient, people: People
) -> None:
    def count(text: str, name: str) -> float:
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

    gauge = 'hub_streams{transport="websocket"}'
    closed = 'hub_requests_total{method="WEBSOCKET",route="/graphql",status="4409"}'
    before = (await http.get("/metrics")).text
    token = await people.token("analyst")
    async with socket(workers[0].address) as open_:
        await open_.introduce(token)
        await open_.subscribe("one", CONTRIBUTIONS)
        await open_.hear()
        assert count((await http.get("/metrics")).text, gauge) == count(before, gauge) + 1
        await open_.subscribe("one", CONTRIBUTIONS)
        assert (await open_.closed())[0] == 4409
    after = (await http.get("/metrics")).text
    assert count(after, gauge) == count(before, gauge)
    assert count(after, closed) == count(before, closed) + 1
    await asyncio.sleep(3 * LATEST_SECONDS)  # the lines of a tenth of a second are written together
    lines = [json.loads(line) for line in workers[0].log.read_text().splitlines() if '"WEBSOCKET"' in line]
    line = next(line for line in reversed(lines) if line["status"] == 4409)
    assert (line["path"], len(line["person"])) == ("/graphql", 36)
    assert token not in workers[0].log.read_text()
