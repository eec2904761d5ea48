"""Interleaved requests of different identities on one small pool: nobody is given another's rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import httpx
import pytest

from hub.database import Place
from hub.maintenance import issue_token_in
from tests.conftest import Client, Person, running
from tests.policy.clones import IDENTITIES

REQUESTS_EACH = 20
POOL_SIZE = 5
DOCUMENTS = (
    "{ viewer { person { id } name email roles organisation { shortName } } }",
    "{ proposals(first: 100) { totalCount nodes { reference state allowedActions revisions { title } } } }",
    "{ contributions(first: 50) { totalCount nodes { reference isPublished allowedActions } } }",
    "{ initiatives(first: 50) { totalCount nodes { reference isPublished } } }",
    "{ expressionsOfInterest(first: 50) { totalCount nodes { reference message } } }",
    "{ secondments(first: 50) { totalCount nodes { reference title } } }",
    "{ contributionSummary(groupBy: [STATE]) { groups { state currency contributionCount } } }",
)


@pytest.fixture
async def people(shared_place: Place, tmp_path: Path) -> AsyncIterator[Client]:
    """Gives the clients of an application with a pool of five."""
    async with running(shared_place, tmp_path, pool_size=POOL_SIZE) as app:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://hub.test") as http:

            async def client(persona: str | None = None) -> Person:
                token = None if persona is None else await issue_token_in(app.state.database, persona)
                return Person(http, token)

            yield client


async def test_interleaved_requests_are_answered_as_if_each_were_alone(people: Client) -> None:
    clients = {name: await people(name) for name in IDENTITIES}
    alone = {
        (name, document): await clients[name].data(document) for name in IDENTITIES for document in DOCUMENTS
    }
    asked = [
        (name, DOCUMENTS[number % len(DOCUMENTS)]) for name in IDENTITIES for number in range(REQUESTS_EACH)
    ]
    Random(2).shuffle(asked)
    assert len(asked) >= 200
    answers = await asyncio.gather(*(clients[name].ask(document) for name, document in asked))
    for (name, document), answer in zip(asked, answers, strict=True):
        assert answer == {"data": alone[name, document]}, (name, document)


async def test_the_answers_that_are_compared_differ_between_identities(people: Client) -> None:
    of_proposals = DOCUMENTS[1]
    answers = {name: str(await (await people(name)).data(of_proposals)) for name in IDENTITIES}
    # Two Co-Managers differ by what they may vote on; the analyst, the administrator and the public see none.
    assert len(set(answers.values())) == len(IDENTITIES) - 2


async def test_a_cancelled_request_leaves_its_identity_to_nobody(people: Client) -> None:
    staff, public = await people("staff"), await people(None)
    alone = {document: await public.data(document) for document in DOCUMENTS}
    for turn in range(POOL_SIZE * 4):
        request = asyncio.create_task(staff.ask(DOCUMENTS[turn % len(DOCUMENTS)]))
        await asyncio.sleep(0.001 * turn)
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
    answers = await asyncio.gather(*(public.data(document) for document in DOCUMENTS))
    assert dict(zip(DOCUMENTS, answers, strict=True)) == alone
    viewers = await asyncio.gather(*(staff.data(DOCUMENTS[0]) for _ in range(POOL_SIZE * 2)))
    assert {str(viewer) for viewer in viewers} == {str(await staff.data(DOCUMENTS[0]))}
