"""Documents named by their SHA-256: kept when they were sent once, or registered when the hub started."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.config import read_settings
from hub.database import Place
from hub.web.operations import documents
from schema.http import documents as keeping
from schema.http.documents import LONGEST_KEPT, PersistedDocuments, digest_of
from schema.http.reading import Asked
from schema.http.refusals import BadRequest
from tests.conftest import Client, Person, clients, running

DOCUMENT = "query Kept { __typename }"
ANSWER = {"data": {"__typename": "Query"}}
HOME = next(document for document in documents() if document.startswith("query Home"))


def persisted(document: str, version: int = 1) -> dict[str, Any]:
    return {
        "persistedQuery": {"version": version, "sha256Hash": hashlib.sha256(document.encode()).hexdigest()}
    }


async def sent(person: Person, accept: str = "application/json", **given: Any) -> tuple[int, dict[str, Any]]:
    """Status and answer."""
    response = await person.http.post("/graphql", json=given, headers=person.headers | {"Accept": accept})
    return response.status_code, response.json()


@pytest.fixture
async def limited(standing: Place, tmp_path: Path) -> AsyncIterator[Client]:
    """The hub where the public may run registered documents only."""
    async with (
        running(standing, tmp_path, pool_size=2, registered_documents_only=True) as app,
        clients(app) as client,
    ):
        yield client


async def test_a_document_is_asked_for_once_and_then_known_by_its_hash(readers: Client) -> None:
    public, extensions = await readers(None), persisted(DOCUMENT)
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        assert await sent(public, accept, extensions=extensions) == (
            status,
            {
                "errors": [
                    {
                        "message": "PersistedQueryNotFound",
                        "extensions": {
                            "code": "PERSISTED_QUERY_NOT_FOUND",
                            "help": f"Nothing is known under sha256:{digest_of(DOCUMENT)}: "
                            "send query together with this hash.",
                        },
                    }
                ]
            },
        )
    assert await sent(public, query=DOCUMENT, extensions=extensions) == (200, ANSWER)
    assert await sent(public, extensions=extensions) == (200, ANSWER)
    assert await sent(public, documentId=f"sha256:{digest_of(DOCUMENT)}") == (200, ANSWER)
    by_get = await public.http.get("/graphql", params={"extensions": json.dumps(extensions)})
    assert (by_get.status_code, by_get.json()) == (200, ANSWER)


async def test_another_document_is_not_kept_under_a_hash(readers: Client) -> None:
    public = await readers(None)
    status, answer = await sent(public, query="{ viewer { name } }", extensions=persisted(DOCUMENT))
    assert status == 400
    assert answer["errors"][0]["message"].startswith("The SHA-256 is not that of query")
    assert (await sent(public, extensions=persisted(DOCUMENT)))[1]["errors"][0][
        "message"
    ] == "PersistedQueryNotFound"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"extensions": persisted(DOCUMENT, version=2)}, "persistedQuery.version must be 1"),
        ({"extensions": {"persistedQuery": 5}}, "sha256Hash must be the document's 64 lower-case"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "ABC"}}}, "sha256Hash must be"),
        ({"documentId": 5}, "documentId must be sha256: and the 64"),
        ({"documentId": digest_of(DOCUMENT)}, "documentId must be sha256: and the 64"),
        ({"documentId": "md5:" + "a" * 32}, "documentId must be sha256: and the 64"),
        ({"query": "{ a\ud800 }", "documentId": "sha256:" + "a" * 64}, "half a character"),
    ],
)
async def test_a_name_of_another_form_is_refused(given: Any, message: str, readers: Client) -> None:
    response = await (await readers(None)).http.post(
        "/graphql", content=json.dumps(given), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]


async def test_a_mutation_by_its_name_goes_by_post_only(readers: Client) -> None:
    public, document = await readers(None), "mutation { __typename }"
    assert await sent(public, query=document, extensions=persisted(document)) == (
        200,
        {"data": {"__typename": "Mutation"}},
    )
    response = await public.http.get("/graphql", params={"documentId": f"sha256:{digest_of(document)}"})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_the_portals_operations_are_registered(readers: Client) -> None:
    public = await readers(None)
    files = documents()
    assert len(files) > 15
    for document in files:
        _, answer = await sent(public, documentId=f"sha256:{digest_of(document)}", variables={})
        messages = [error["message"] for error in answer.get("errors", [])]
        assert "PersistedQueryNotFound" not in messages, document
    status, answer = await sent(public, documentId=f"sha256:{digest_of(HOME)}")
    assert (status, "errors" in answer) == (200, False)


async def test_the_public_may_be_held_to_registered_documents(limited: Client) -> None:
    public, partner = await limited(None), await limited("partner")
    refused = {
        "message": "Without signing in, only registered documents run. "
        "Sign in, or send the documentId of one.",
        "extensions": {"code": "NOT_REGISTERED"},
    }
    given: dict[str, Any]
    for given in ({"query": DOCUMENT}, {"query": DOCUMENT, "extensions": persisted(DOCUMENT)}):
        assert await sent(public, **given) == (403, {"errors": [refused]})
        assert await sent(partner, **given) == (200, ANSWER)
    assert (await public.http.get("/graphql", params={"query": DOCUMENT})).status_code == 403
    for by_name in (DOCUMENT, "{ __typename } # never sent"):  # what others had kept is not the public's
        assert await sent(public, extensions=persisted(by_name)) == (403, {"errors": [refused]})
    named: dict[str, Any]
    for named in (
        {"documentId": f"sha256:{digest_of(HOME)}"},
        {"query": HOME},
        {"extensions": persisted(HOME)},
    ):
        status, answer = await sent(public, **named)
        assert (status, "errors" in answer) == (200, False)


async def test_the_portal_is_whole_where_the_public_is_held_to_registered_documents(limited: Client) -> None:
    http = (await limited(None)).http
    for page in ("/", "/initiatives", "/contributions"):
        assert (await http.get(page)).status_code == 200


def test_what_is_kept_is_bounded_and_what_is_used_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST_KEPT", 35)
    kept = PersistedDocuments(["{ registered }"])

    def run(name: str, document: str | None = None) -> str:
        return kept.document(Asked(document, digest_of(name), None, None), is_limited=False)

    for text in ("{ first_ }", "{ second }", "{ third_ }"):
        assert [run(text, text), run(text, text)] == [text, text]
    assert run("{ first_ }") == "{ first_ }"
    run("{ fourth }", "{ fourth }")
    assert len(kept) == 3
    assert run("{ first_ }") == "{ first_ }"
    with pytest.raises(BadRequest, match="PersistedQueryNotFound"):
        run("{ second }")
    assert run("{ registered }") == "{ registered }"


def test_a_long_document_is_run_and_not_kept() -> None:
    kept, long = PersistedDocuments(), "#" * (LONGEST_KEPT + 1)
    assert kept.document(Asked(long, digest_of(long), None, None), is_limited=False) == long
    assert len(kept) == 0


@pytest.mark.parametrize(
    ("given", "is_on"), [("", False), ("0", False), ("false", False), ("1", True), ("true", True)]
)
def test_the_setting_is_read(given: str, is_on: bool) -> None:
    settings = read_settings({"HUB_REGISTERED_DOCUMENTS_ONLY": given})
    assert settings.registered_documents_only is is_on
