"""A stream lasts as long as whoever opened it may listen, and no longer."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hub.database import Place
from hub.db.engine import Database
from hub.identity import sessions, tokens
from hub.identity.actor import Actor
from tests.policy.clones import as_owner
from tests.subscriptions.conftest import People, Worker, working
from tests.subscriptions.listening import PROPOSALS, Socket, listener, socket

BOTH = pytest.mark.parametrize("kind", ["ws", "sse"])
ENDED = "This token or session has ended, or its rights have changed."
PROMISED_SECONDS = 1.0


@pytest.fixture
def address(workers: tuple[Worker, Worker]) -> str:
    return workers[0].address


async def actor_of(database: Database, persona: str) -> Actor:
    async with database.app.connect() as connection:
        found = await tokens.persona(connection, persona)
    assert found is not None
    return found


async def token_for(database: Database, persona: str, life: timedelta) -> str:
    actor = await actor_of(database, persona)
    assert actor.person_id is not None
    async with database.writing(actor) as session:
        _, secret = await tokens.issue(
            session, person_id=actor.person_id, label="a test", expires_at=datetime.now(UTC) + life
        )
    return secret


async def cookie_of(database: Database, persona: str) -> str:
    actor = await actor_of(database, persona)
    lifetime = sessions.Lifetime(timedelta(hours=1), timedelta(hours=12))
    async with database.writing(actor) as session:
        return await sessions.begin(
            session, actor, lifetime, now=datetime.now(UTC), browser="a test", account=None
        )


async def begun(open_: Socket) -> None:
    await open_.subscribe("1", PROPOSALS)
    assert (await open_.hear())["payload"] == {
        "data": {"proposalChanged": {"kind": "RESYNC", "proposal": None}}
    }


# -- the npm clients -----------------------------------------------------------------------------------


async def test_without_a_token_both_clients_are_refused(address: str, node_packages: Path) -> None:
    async with listener(node_packages, "ws", address, "", PROPOSALS) as nobody:
        told = [await nobody.told(), await nobody.told()]
        assert {
            "closed": 4401,
            "reason": "Sign in: send Authorization in the payload of connection_init.",
        } in told
        assert [line["error"] for line in told if "error" in line] == [4401]
    async with listener(node_packages, "sse", address, "", PROPOSALS) as nobody:
        assert (await nobody.told())["error"] == 401


async def test_an_unknown_token_is_refused_to_both_clients(address: str, node_packages: Path) -> None:
    async with listener(node_packages, "ws", address, "hub_unknown", PROPOSALS) as stranger:
        told = [await stranger.told(), await stranger.told()]
        assert [line["closed"] for line in told if "closed" in line] == [4403]
        assert [line["error"] for line in told if "error" in line] == [4403]
    async with listener(node_packages, "sse", address, "hub_unknown", PROPOSALS) as stranger:
        assert (await stranger.told())["error"] == 401


@BOTH
async def test_a_stream_ends_when_its_token_expires(
    kind: str, address: str, database: Database, node_packages: Path
) -> None:
    token = await token_for(database, "partner", timedelta(seconds=3))
    expires = time.monotonic() + 3
    async with listener(node_packages, kind, address, token, PROPOSALS) as mine:
        await mine.begun()
        told = [await mine.told(), await mine.told()]
        assert expires - 0.2 < time.monotonic() < expires + PROMISED_SECONDS
        if kind == "ws":
            assert [line["reason"] for line in told if "closed" in line] == [ENDED]
            assert [line["error"] for line in told if "error" in line] == [4403]
        else:
            assert told[0]["next"]["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
            assert told[1] == {"complete": True}


@BOTH
async def test_a_client_comes_again_when_the_worker_does(
    kind: str, shared_place: Place, people: People, node_packages: Path, tmp_path: Path
) -> None:
    """The worker stops in the middle of a stream, cleanly, and another takes its port."""
    token = await people.token("partner")
    with working(shared_place, tmp_path / "first") as first:
        async with listener(node_packages, kind, first.address, token, PROPOSALS, retries=1_000) as mine:
            await mine.begun()
            assert first.stop() == 0
            assert "timeout graceful shutdown exceeded" not in first.log.read_text(), (
                "it waited for no stream"
            )
            with working(shared_place, tmp_path / "second", port=first.port) as second:
                while (await mine.told()) != {"connected": True}:
                    pass
                assert (await mine.event())["kind"] == "RESYNC"
                partner = await people.at(second, "partner")
                await partner.do("createProposal", "proposal { id }", title="After the stop")
                while (event := await mine.event())["kind"] == "RESYNC":
                    pass  # on a slow machine the client is there before the worker hears of changes
                assert event["proposal"]["title"] == "After the stop"


# -- revocation ----------------------------------------------------------------------------------------


async def test_a_revoked_token_ends_its_streams_within_a_second(
    address: str, database: Database, people: People
) -> None:
    token, other = [await token_for(database, "partner", timedelta(hours=1)) for _ in range(2)]
    async with socket(address) as mine, socket(address) as others:
        for open_, credential in ((mine, token), (others, other)):
            await open_.introduce(credential)
            await begun(open_)
        began = time.monotonic()
        async with database.writing(await actor_of(database, "partner")) as session:
            await tokens.revoke(session, token, datetime.now(UTC))
        assert await mine.closed() == (4403, ENDED)
        assert time.monotonic() - began < PROMISED_SECONDS
        await others.say(type="ping")
        assert await others.hear() == {"type": "pong"}, "another token of the same person goes on"


async def test_a_stream_of_events_ends_with_its_token_too(address: str, database: Database) -> None:
    token = await token_for(database, "partner", timedelta(hours=1))
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
    async with (
        httpx.AsyncClient(timeout=10) as http,
        http.stream("POST", f"{address}/graphql", json={"query": PROPOSALS}, headers=headers) as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        lines = answer.aiter_lines()
        assert [await anext(lines) for _ in range(3)] == [
            "event: next",
            'data: {"data":{"proposalChanged":{"kind":"RESYNC","proposal":null}}}',
            "",
        ]
        began = time.monotonic()
        async with database.writing(await actor_of(database, "partner")) as session:
            await tokens.revoke(session, token, datetime.now(UTC))
        rest = [line async for line in lines]
        assert time.monotonic() - began < PROMISED_SECONDS
    assert rest[0] == "event: next"
    assert '"code": "UNAUTHENTICATED"' in rest[1]
    assert rest[2:] == ["", "event: complete", "data: ", ""]


async def test_a_session_that_is_ended_ends_its_streams(address: str, database: Database) -> None:
    secret = await cookie_of(database, "partner")
    async with socket(address, headers={"Cookie": f"hub_session={secret}"}, origin=address) as open_:
        await open_.say(type="connection_init")
        assert await open_.hear() == {"type": "connection_ack"}
        await begun(open_)
        began = time.monotonic()
        actor = await sessions.authenticate(database, secret, idle=timedelta(hours=1), is_demonstration=True)
        assert actor is not None
        async with database.writing(actor) as session:
            assert await sessions.end(session, actor, datetime.now(UTC)) is not None
        assert await open_.closed() == (4403, ENDED)
        assert time.monotonic() - began < PROMISED_SECONDS


async def test_other_rights_end_a_stream(address: str, database: Database, shared_place: Place) -> None:
    token = await token_for(database, "reviewer", timedelta(hours=1))
    reviewer = await actor_of(database, "reviewer")
    async with socket(address) as open_:
        await open_.introduce(token)
        await begun(open_)
        began = time.monotonic()
        async with as_owner(shared_place) as owner:
            await owner.execute(
                text("update hub.role_grants set ends_on = current_date - 1 where person_id = :person"),
                {"person": reviewer.person_id},
            )
        assert await open_.closed() == (4403, ENDED)
        assert time.monotonic() - began < PROMISED_SECONDS


async def test_an_open_stream_does_not_keep_a_session_in_use(
    address: str, database: Database, shared_place: Place
) -> None:
    secret, actor = await cookie_of(database, "partner"), await actor_of(database, "partner")
    unused = text(
        "update hub.login_sessions set last_seen_at = now() - interval '10 minutes',"
        " ends_at = now() + interval '1 second' where token_hash = :hash"
    )
    async with socket(address, headers={"Cookie": f"hub_session={secret}"}, origin=address) as open_:
        await open_.say(type="connection_init")
        assert await open_.hear() == {"type": "connection_ack"}
        await begun(open_)
        async with as_owner(shared_place) as owner:
            await owner.execute(unused, {"hash": tokens.digest(secret)})
            await owner.execute(text(f"select pg_notify('hub_changes', 'Person:{actor.person_id}')"))
        assert await open_.closed() == (4403, ENDED)


# -- other sites ---------------------------------------------------------------------------------------


async def test_another_site_cannot_use_the_cookie(address: str, database: Database) -> None:
    cookie = {"Cookie": f"hub_session={await cookie_of(database, 'partner')}"}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        with pytest.raises(InvalidStatus) as refused:
            async with socket(address, headers=cookie, origin=origin):
                pass
        assert refused.value.response.status_code == 403
    async with socket(address, headers=cookie, origin=address) as open_:
        await open_.say(type="connection_init")
        assert await open_.hear() == {"type": "connection_ack"}


async def test_a_socket_to_another_name_is_refused(workers: tuple[Worker, Worker]) -> None:
    """As when a name of somebody else's is made to lead here."""
    with pytest.raises(InvalidStatus) as refused:
        async with connect("ws://evil.example/graphql", host="127.0.0.1", port=workers[0].port, proxy=None):
            pass
    assert refused.value.response.status_code == 400


# -- the listener --------------------------------------------------------------------------------------


@BOTH
async def test_a_lost_listener_is_a_resync_and_no_silence(
    kind: str,
    address: str,
    workers: tuple[Worker, Worker],
    people: People,
    shared_place: Place,
    node_packages: Path,
) -> None:
    token = await people.token("partner")
    async with listener(node_packages, kind, address, token, PROPOSALS) as mine:
        await mine.begun()
        async with as_owner(shared_place) as owner:
            await owner.execute(text("reset role"))
            found = await owner.scalars(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where application_name = 'hub feed' and datname = current_database()"
                )
            )
            assert len(found.all()) == 2, "each worker listens by one connection"
        assert await mine.event() == {"kind": "RESYNC", "proposal": None}
        partner = await people.at(workers[1], "partner")
        await partner.do("createProposal", "proposal { id }", title="Heard again")
        assert (await mine.event())["proposal"]["title"] == "Heard again"


async def test_every_subscription_of_a_socket_hears_every_change(
    address: str, workers: tuple[Worker, Worker], people: People
) -> None:
    token, partner = await people.token("partner"), await people.at(workers[1], "partner")
    async with socket(address) as open_:
        await open_.introduce(token)
        for number in range(10):
            await open_.subscribe(str(number), PROPOSALS)
        for _ in range(10):
            await open_.hear()
        made = await asyncio.gather(
            *(partner.do("createProposal", "proposal { id }", title=f"Of many {n}") for n in range(5))
        )
        ids = {payload["proposal"]["id"] for payload in made}
        heard = [await open_.hear() for _ in range(50)]
        told = [(m["id"], m["payload"]["data"]["proposalChanged"]["proposal"]["id"]) for m in heard]
        assert sorted(told) == sorted((str(n), id) for n in range(10) for id in ids)
