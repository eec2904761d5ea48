"""Four workers, fifty identities: each answer holds the rows due to whoever asked, and no others; and what is
revoked ends within a second in every worker."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from hub.database import Place
from hub.db.engine import Database
from hub.identity import tokens
from hub.identity.actor import Actor
from tests.edge.crowd import Crowd, Identity, assembled
from tests.edge.workers import Workers, serving, settings_of_production
from tests.policy.clones import as_owner, clone

WORKERS = 4
REQUESTS = 10_000
CONNECTIONS_EACH = 5
"""To each worker; all carry everybody's requests."""
PROMISED_SECONDS = 1.0
POLL_SECONDS = 0.05
"""Often enough to see when it ends, and below 100 unknown tokens a minute, which are refused otherwise."""


@pytest.fixture(scope="module")
def crowded(server: Any, template: str) -> Iterator[Place]:
    """The database in which the crowd is."""
    with clone(server, template, "hub_four_workers") as place:
        yield place


@pytest.fixture(scope="module")
def crowd(crowded: Place) -> Crowd:
    """Who asks, and what is due."""
    return assembled(crowded)


@pytest.fixture(scope="module")
def workers(crowded: Place, crowd: Crowd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """The hub in production."""
    folder = tmp_path_factory.mktemp("workers")
    settings = settings_of_production(crowded, pool_size=2, data_dir=folder)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    with serving(folder / "log", count=WORKERS, environment=environment | settings) as running:
        yield running


async def ask(line: httpx.AsyncClient, document: str, headers: Any, **variables: str) -> httpx.Response:
    """The answer to one request."""
    return await line.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


# -- whose rows ----------------------------------------------------------------------------------------


def test_the_crowd_is_fifty_and_no_two_questions_are_answered_to_all_alike(crowd: Crowd) -> None:
    assert len(crowd.identities) == 50
    for number, question in enumerate(crowd.questions):
        answers = {str(identity.expected[number]) for identity in crowd.identities}
        assert len(answers) > 1, question
    lists = {str(identity.expected) for identity in crowd.identities}
    assert len(lists) > 40, "hardly two are owed the same"


async def test_ten_thousand_interleaved_requests_are_each_answered_with_what_is_due(
    workers: Workers, crowd: Crowd
) -> None:
    lines = await workers.lines(WORKERS, CONNECTIONS_EACH)
    every = [line for of_worker in lines.values() for line in of_worker]
    asked, answered = crowd.requests(REQUESTS), Counter[int]()
    wrong: list[tuple[str, str, str]] = []

    async def drive(place: int, line: httpx.AsyncClient) -> None:
        for identity, number in asked[place :: len(every)]:
            question = crowd.questions[number]
            response = await ask(line, question.document, identity.headers, **question.variables)
            answered[workers.answering(response)] += 1
            if response.json() != {"data": identity.expected[number]}:
                wrong.append((identity.name, question.document, response.text[:200]))

    await asyncio.gather(*(drive(place, line) for place, line in enumerate(every)))
    assert wrong[:3] == []
    assert answered == dict.fromkeys(lines, REQUESTS // WORKERS)
    for line in every:
        await line.aclose()


# -- what is revoked -----------------------------------------------------------------------------------

RIGHTS = "{ viewer { name roles } proposals(first: 1) { totalCount } }"
Revoke = Callable[[Place, httpx.AsyncClient, Identity], Awaitable[None]]


@dataclass(frozen=True)
class Answered:
    """One answer: the worker's process, when it was asked and answered, and what was answered."""

    worker: int
    asked_at: float
    answered_at: float
    answer: tuple[int, Any]


async def revoke_token(place: Place, _: httpx.AsyncClient, identity: Identity) -> None:
    """The person ends the token."""
    database = Database(place.login, pool_size=1)
    async with database.writing(Actor(identity.person)) as session:
        await tokens.revoke(session, identity.headers["Authorization"].split()[1], datetime.now(UTC))
    await database.dispose()


async def revoke_session(_: Place, line: httpx.AsyncClient, identity: Identity) -> None:
    """The person ends the session over the API, on one worker."""
    sessions = "{ viewer { sessions { id } } }"
    found = (await ask(line, sessions, identity.headers)).json()["data"]["viewer"]["sessions"]
    revoke = "mutation($id: ID!) { revokeSession(input: { id: $id }) { __typename } }"
    for session in found:
        response = await ask(line, revoke, identity.headers, id=session["id"])
        assert response.json()["data"]["revokeSession"]["__typename"] == "RevokeSessionSuccess"


async def end_roles(place: Place, _: httpx.AsyncClient, identity: Identity) -> None:
    """Every role of the person has ended yesterday."""
    ended = "update hub.role_grants set ends_on = current_date - 1 where person_id = :p and ends_on is null"
    begun = " and starts_on < current_date"
    async with as_owner(place) as owner:
        await owner.execute(text(ended + begun), {"p": identity.person})


def member(crowd: Crowd, roles: tuple[str, ...], header: str) -> Identity:
    """Somebody with one of the roles alone and proposals to see, who asks with the header."""
    return next(
        identity
        for identity in crowd.identities
        if header in identity.headers
        and identity.expected[0]["viewer"]["roles"] in [[role] for role in roles]
        and identity.expected[1]["proposals"]["totalCount"] > 0
    )


def rights(viewer: dict[str, Any] | None, proposals: int) -> tuple[int, Any]:
    """The answer to somebody who is the viewer and sees so many proposals."""
    return 200, {"data": {"viewer": viewer, "proposals": {"totalCount": proposals}}}


async def revoked(
    workers: Workers, place: Place, identity: Identity, revoke: Revoke
) -> tuple[float, float, list[Answered]]:
    """Ask every worker on two connections, revoke meanwhile: when that began and ended, and the answers."""
    lines = await workers.lines(WORKERS, each=2)
    answers: list[Answered] = []
    is_over = asyncio.Event()

    async def poll(number: int, line: httpx.AsyncClient) -> None:
        await asyncio.sleep(number * 0.1)  # what one worker has just begun to remember, another soon forgets
        while not is_over.is_set():
            asked_at = time.monotonic()
            response = await ask(line, RIGHTS, identity.headers)
            answer = response.status_code, response.json()
            answers.append(Answered(workers.answering(response), asked_at, time.monotonic(), answer))
            await asyncio.sleep(POLL_SECONDS)

    polls = [
        asyncio.create_task(poll(number, line))
        for number, of_worker in enumerate(lines.values())
        for line in of_worker
    ]
    async with workers.line() as another:
        await asyncio.sleep(0.5)
        began_at = time.monotonic()
        await revoke(place, another, identity)
        revoked_at = time.monotonic()
        await asyncio.sleep(PROMISED_SECONDS + 0.5)
    is_over.set()
    await asyncio.gather(*polls)
    for of_worker in lines.values():
        for line in of_worker:
            await line.aclose()
    return began_at, revoked_at, answers


UNKNOWN = {"errors": [{"message": "This token is unknown, expired or revoked. Get a new one."}]}
PARTNERS = ("PARTNER", "FOCAL_POINT")
CASES: dict[str, tuple[Revoke, tuple[str, ...], str, Callable[[str], tuple[int, Any]]]] = {
    "a token": (revoke_token, PARTNERS, "Authorization", lambda _: (401, UNKNOWN)),
    "a session": (revoke_session, PARTNERS, "Cookie", lambda _: rights(None, 0)),
    "a role": (end_roles, ("STAFF",), "Authorization", lambda name: rights({"name": name, "roles": []}, 0)),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_is_revoked_ends_within_a_second_in_every_worker(
    case: str, workers: Workers, crowded: Place, crowd: Crowd
) -> None:
    revoke, of_roles, header, afterwards = CASES[case]
    identity = member(crowd, of_roles, header)
    name, roles = (identity.expected[0]["viewer"][key] for key in ("name", "roles"))
    before = rights({"name": name, "roles": roles}, identity.expected[1]["proposals"]["totalCount"])
    after = afterwards(name)
    began_at, revoked_at, answers = await revoked(workers, crowded, identity, revoke)
    assert {str(answered.answer) for answered in answers} == {str(before), str(after)}
    for worker in {answered.worker for answered in answers}:
        own = [answered for answered in answers if answered.worker == worker]
        early = [answered.answer for answered in own if answered.answered_at < began_at]
        late = [answered.answer for answered in own if answered.asked_at > revoked_at + PROMISED_SECONDS]
        assert early, "it remembers the credential"
        assert late
        assert all(answer == before for answer in early)
        assert all(answer == after for answer in late)
    assert len({answered.worker for answered in answers}) == WORKERS
