"""graphql-transport-ws to the letter, and its limits."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from schema.http.streams.registry import MOST_OF_A_PERSON
from schema.http.streams.websocket import MOST_OPERATIONS
from tests.subscriptions.conftest import People, Worker
from tests.subscriptions.listening import CONTRIBUTIONS, PROPOSALS, Socket, socket


@pytest.fixture
def address(workers: tuple[Worker, Worker]) -> str:
    return workers[0].address


async def resynced(open_: Socket, *ids: str) -> None:
    """The first event of each subscription has come."""
    heard = [await open_.hear() for _ in ids]
    assert {message["id"] for message in heard} == set(ids)
    assert {message["type"] for message in heard} == {"next"}


async def test_no_credential_is_4401(address: str) -> None:
    async with socket(address) as open_:
        await open_.say(type="connection_init")
        assert await open_.closed() == (
            4401,
            "Sign in: send Authorization in the payload of connection_init.",
        )


async def test_subscribing_before_the_introduction_is_4401(address: str) -> None:
    async with socket(address) as open_:
        await open_.subscribe("1", PROPOSALS)
        assert (await open_.closed())[0] == 4401


@pytest.mark.parametrize("token", ["hub_nobody", "Bearer hub_nobody", "Basic YTpi", "Bearer hubs_x", ""])
async def test_a_credential_that_is_no_good_is_4403(token: str, address: str) -> None:
    async with socket(address) as open_:
        await open_.say(type="connection_init", payload={"authorization": token})
        assert await open_.closed() == (4403, "This token or session is unknown, expired or revoked.")


async def test_a_bad_token_in_the_header_is_refused_before_anything_is_said(address: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket(address, headers={"Authorization": "Bearer hub_nobody"}):
            pass
    assert refused.value.response.status_code == 401


async def test_the_header_of_the_opening_request_introduces_too(address: str, people: People) -> None:
    headers = {"Authorization": f"Bearer {await people.token('partner')}"}
    async with socket(address, headers=headers) as open_:
        await open_.say(type="connection_init")
        assert await open_.hear() == {"type": "connection_ack"}


async def test_whoever_says_nothing_is_closed_after_three_seconds(address: str) -> None:
    async with socket(address) as open_:
        assert await open_.closed() == (4408, "Connection initialisation timeout")


async def test_another_protocol_is_4406(address: str) -> None:
    async with socket(address, protocol="graphql-ws") as open_:
        assert open_.connection.subprotocol is None
        assert await open_.closed() == (4406, "Speak graphql-transport-ws.")


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[]",
        "{}",
        '{"type": 1}',
        '{"type": "start"}',
        '{"type": "subscribe"}',
        '{"type": "subscribe", "id": ""}',
        '{"type": "complete", "id": 7}',
        "[" * 20_000,
        b'{"type": "ping"}',
    ],
)
async def test_what_is_no_message_is_4400(message: str | bytes, address: str, people: People) -> None:
    async with socket(address) as open_:
        await open_.introduce(await people.token("partner"))
        await open_.connection.send(message)
        assert (await open_.closed())[0] == 4400


async def test_a_message_that_is_too_long_is_1009(address: str, people: People) -> None:
    async with socket(address) as open_:
        await open_.introduce(await people.token("partner"))
        await open_.say(type="ping", payload={"x": "x" * 70_000})
        assert (await open_.closed())[0] == 1009


async def test_a_second_introduction_is_4429_and_an_id_in_use_4409(address: str, people: People) -> None:
    token = await people.token("partner")
    async with socket(address) as open_:
        await open_.introduce(token)
        await open_.say(type="connection_init")
        assert await open_.closed() == (4429, "Too many initialisation requests")
    async with socket(address) as open_:
        await open_.introduce(token)
        await open_.subscribe("one", PROPOSALS)
        await resynced(open_, "one")
        await open_.subscribe("one", PROPOSALS)
        assert await open_.closed() == (4409, "Subscriber for one already exists")


async def test_an_id_is_free_again_once_it_is_completed(address: str, people: People) -> None:
    async with socket(address) as open_:
        await open_.introduce(await people.token("partner"))
        for _ in range(3):
            await open_.subscribe("one", PROPOSALS)
            await resynced(open_, "one")
            await open_.say(id="one", type="complete")
        await open_.say(type="ping")
        assert await open_.hear() == {"type": "pong"}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"query": "{ viewer { name } }"}, "This is no subscription."),
    (
        {"query": 'mutation { createProposal(input: { title: "x" }) { __typename } }'},
        "This is no subscription.",
    ),
    ({"query": "subscription { proposalChanged { kind"}, "Syntax Error"),
    ({"query": "subscription { nothing }"}, "Cannot query field 'nothing'"),
    ({"query": 'subscription { proposalChanged(id: "x") { kind } }'}, "id: this is not an id of the hub"),
    ({"query": ""}, "query is missing"),
    ({}, "query is missing"),
    ({"query": PROPOSALS, "variables": []}, "variables must be a JSON object."),
    ({"documentId": f"sha256:{'0' * 64}"}, "PersistedQueryNotFound"),
    ({"query": f"subscription {{ proposalChanged {{ {'kind ' * 500} }} }}"}, "This asks for too much"),
]


@pytest.mark.parametrize(("payload", "said"), REFUSED)
async def test_what_cannot_be_subscribed_to_is_an_error_of_its_own(
    payload: dict[str, Any], said: str, address: str, people: People
) -> None:
    async with socket(address) as open_:
        await open_.introduce(await people.token("partner"))
        await open_.say(id="bad", type="subscribe", payload=payload)
        heard = await open_.hear()
        assert (heard["id"], heard["type"]) == ("bad", "error")
        assert said in heard["payload"][0]["message"]
        await open_.subscribe("bad", PROPOSALS)
        await resynced(open_, "bad")


async def test_a_socket_carries_so_many_subscriptions_and_a_person_so_many(
    address: str, people: People
) -> None:
    token = await people.token("analyst")
    ids = [str(number) for number in range(MOST_OPERATIONS)]
    sockets_full = MOST_OF_A_PERSON // MOST_OPERATIONS
    assert sockets_full == 2
    async with socket(address) as one, socket(address) as two, socket(address) as three:
        for open_ in (one, two):
            await open_.introduce(token)
            for id in ids:
                await open_.subscribe(id, CONTRIBUTIONS)
            await resynced(open_, *ids)
        await one.subscribe("more", CONTRIBUTIONS)
        refused = await one.hear()
        assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY"
        assert refused["payload"][0]["message"].startswith("A socket carries 10 subscriptions.")
        await three.introduce(token)
        await three.subscribe("more", CONTRIBUTIONS)
        refused = await three.hear()
        assert (refused["id"], refused["type"]) == ("more", "error")
        assert refused["payload"][0]["message"].startswith("You have 20 subscriptions open.")
        await two.say(id=ids[0], type="complete")
        await two.say(type="ping")
        assert await two.hear() == {"type": "pong"}
        await three.subscribe("more", CONTRIBUTIONS)
        await resynced(three, "more")
