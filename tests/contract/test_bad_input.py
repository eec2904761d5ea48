"""Bad input: a clear error that names the field, and nothing half-written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from starlette.applications import Starlette

from hub.database import Place
from hub.db import engine
from tests.conftest import Client, Person, clients, running
from tests.test_main_job import COMPLETE, PROPOSAL

PLEDGE = {
    "title": "Support",
    "kind": "DIRECT_FUNDING",
    "amount": {"amount": "100.00", "currency": "AUD"},
    "year": 2026,
    "valueOn": "2026-11-01",
}

WRONG_PROPOSALS: list[tuple[dict[str, Any], list[str], str]] = [
    ({"title": "   "}, ["title"], "REQUIRED"),
    ({"title": "x" * 201}, ["title"], "TOO_LONG"),
    ({"title": "a\x00b"}, ["title"], "CONTROL_CHARACTER"),
    ({"title": "a\ud800b"}, ["title"], "NOT_UNICODE"),
    ({"summary": "x" * 20_001}, ["summary"], "TOO_LONG"),
    ({"startsOn": "2027-02-01", "endsOn": "2027-01-01"}, ["endsOn"], "END_BEFORE_START"),
    ({"startsOn": "1066-02-01", "endsOn": "2027-01-01"}, ["startsOn"], "OUT_OF_RANGE"),
    ({"budget": {"amount": "-1", "currency": "AUD"}}, ["budget", "amount"], "NOT_POSITIVE"),
    ({"budget": {"amount": "0", "currency": "AUD"}}, ["budget", "amount"], "NOT_POSITIVE"),
    ({"budget": {"amount": "1e15", "currency": "AUD"}}, ["budget", "amount"], "TOO_LARGE"),
    ({"budget": {"amount": "1e999999", "currency": "AUD"}}, ["budget", "amount"], "TOO_LARGE"),
    ({"budget": {"amount": "1.001", "currency": "AUD"}}, ["budget", "amount"], "TOO_MANY_DIGITS"),
    ({"budget": {"amount": "1e-999999", "currency": "AUD"}}, ["budget", "amount"], "TOO_MANY_DIGITS"),
    ({"budget": {"amount": "1.5", "currency": "JPY"}}, ["budget", "amount"], "TOO_MANY_DIGITS"),
    ({"budget": {"amount": "NaN", "currency": "AUD"}}, ["budget", "amount"], "NOT_A_NUMBER"),
    ({"budget": {"amount": "Infinity", "currency": "AUD"}}, ["budget", "amount"], "NOT_A_NUMBER"),
    ({"budget": {"amount": "1", "currency": "XXX"}}, ["budget", "currency"], "UNKNOWN_CURRENCY"),
    ({"budget": {"amount": "1", "currency": "aud"}}, ["budget", "currency"], "UNKNOWN_CURRENCY"),
    ({"workingGroupId": "nonsense"}, ["workingGroupId"], "MALFORMED_ID"),
    (
        {"workingGroupId": "UHJvcG9zYWw6MDFhMjBhNzgtMjhhMy03OTcwLWFhMmQtNjBmYjc3ZjAzYjVm"},
        ["workingGroupId"],
        "WRONG_TYPE",
    ),
    (
        {"workingGroupId": "V29ya2luZ0dyb3VwOjAxYTIwYTc4LTI4YTMtNzk3MC1hYTJkLTYwZmI3N2YwM2I1Zg=="},
        ["workingGroupId"],
        "UNKNOWN",
    ),
    ({"idempotencyKey": ""}, ["idempotencyKey"], "MALFORMED"),
    ({"idempotencyKey": "é"}, ["idempotencyKey"], "MALFORMED"),
]


async def counts(place: Place) -> dict[str, int]:
    """Rows in every table that a write could touch."""

    def tables(connection: Any) -> Any:
        return (
            connection.execute(text("select tablename from pg_tables where schemaname = 'hub'"))
            .scalars()
            .all()
        )

    engine = create_async_engine(place.owner)
    async with engine.connect() as connection:
        names = await connection.run_sync(tables)
        found = {
            name: int(await connection.scalar(text(f'select count(*) from hub."{name}"')) or 0)
            for name in names
        }
    await engine.dispose()
    return found


async def test_every_unusable_proposal_names_its_field_and_writes_nothing(
    place: Place, people: Client
) -> None:
    partner = await people("partner")
    before = await counts(place)
    for wrong, path, code in WRONG_PROPOSALS:
        payload = await partner.do("createProposal", PROPOSAL, **(COMPLETE | wrong))
        assert payload["__typename"] == "InvalidInput", wrong
        assert [(p["path"], p["code"]) for p in payload["problems"]] == [(path, code)], wrong
        assert payload["problems"][0]["message"]
    assert await counts(place) == before


async def test_all_problems_are_listed_at_once(people: Client) -> None:
    wrong = COMPLETE | {"title": "", "summary": "\x00", "budget": {"amount": "-1", "currency": "AUD"}}
    payload = await (await people("partner")).do("createProposal", PROPOSAL, **wrong)
    assert [problem["path"] for problem in payload["problems"]] == [
        ["title"],
        ["summary"],
        ["budget", "amount"],
    ]


@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        ({"amount": {"amount": "1.234", "currency": "AUD"}}, ["amount", "amount"], "TOO_MANY_DIGITS"),
        ({"valueOn": "2031-01-01"}, ["valueOn"], "OUT_OF_RANGE"),
        ({"year": 1}, ["year"], "OUT_OF_RANGE"),
        ({"title": ""}, ["title"], "REQUIRED"),
    ],
)
async def test_an_unusable_pledge_names_its_field(
    wrong: dict[str, Any], path: list[str], code: str, people: Client
) -> None:
    payload = await (await people("partner")).do(
        "pledgeContribution", "contribution { id }", **(PLEDGE | wrong)
    )
    assert [(p["path"], p["code"]) for p in payload["problems"]] == [(path, code)]


async def pledged(people: Client) -> tuple[Person, dict[str, Any]]:
    payload = await (await people("partner")).do(
        "pledgeContribution", "contribution { id version }", **PLEDGE
    )
    return await people("focal-point"), payload["contribution"]


async def test_another_currency_is_refused(people: Client) -> None:
    focal_point, contribution = await pledged(people)
    payload = await focal_point.do(
        "commitContribution",
        id=contribution["id"],
        amount={"amount": "1.00", "currency": "USD"},
        valueOn="2026-11-01",
    )
    assert payload["problems"][0]["code"] == "OTHER_CURRENCY"


async def test_a_stale_version_and_a_wrong_state_are_conflicts(people: Client) -> None:
    focal_point, contribution = await pledged(people)
    staff = await people("staff")
    entry = {"id": contribution["id"], "amount": PLEDGE["amount"], "valueOn": "2026-11-01"}
    await focal_point.do("commitContribution", **entry)
    stale = await focal_point.do("commitContribution", **entry, expectedVersion=contribution["version"])
    assert stale["__typename"] == "Conflict"
    assert "Reload" in stale["message"]
    early = await staff.do("acknowledgeContribution", id=contribution["id"])
    assert early["__typename"] == "Conflict"


async def test_allocations_never_exceed_the_contribution(people: Client) -> None:
    focal_point, contribution = await pledged(people)
    staff = await people("staff")
    initiatives = (await staff.data("{ initiatives(first: 2) { nodes { id } } }"))["initiatives"]["nodes"]

    async def allocate(amount: str, which: int) -> dict[str, Any]:
        return await staff.do(
            "allocateContribution",
            "contribution { allocated { amount } }",
            id=contribution["id"],
            initiativeId=initiatives[which]["id"],
            amount={"amount": amount, "currency": "AUD"},
        )

    assert (await allocate("1.00", 0))["problems"][0]["code"] == "EXCEEDS_CONTRIBUTION", "only pledged yet"
    await focal_point.do(
        "commitContribution", id=contribution["id"], amount=PLEDGE["amount"], valueOn="2026-11-01"
    )
    assert (await allocate("60.00", 0))["contribution"]["allocated"]["amount"] == "60.00"
    assert (await allocate("40.01", 1))["problems"][0]["code"] == "EXCEEDS_CONTRIBUTION"
    assert (await allocate("40.00", 1))["contribution"]["allocated"]["amount"] == "100.00"


async def test_the_same_key_does_nothing_twice_and_another_input_is_a_conflict(
    place: Place, people: Client
) -> None:
    partner = await people("partner")
    first = await partner.do("createProposal", PROPOSAL, **COMPLETE, idempotencyKey="once")
    before = await counts(place)
    again = await partner.do("createProposal", PROPOSAL, **COMPLETE, idempotencyKey="once")
    assert again == first
    other = await partner.do(
        "createProposal", PROPOSAL, **(COMPLETE | {"title": "Other"}), idempotencyKey="once"
    )
    assert other["__typename"] == "Conflict"
    assert await counts(place) == before


CREATE = "mutation($i: CreateProposalInput!) { createProposal(input: $i) { __typename } }"


@pytest.mark.parametrize(
    ("document", "variables", "says"),
    [
        ("{ nonsense }", {}, "nonsense"),
        ("{ initiatives(filter: { state: [NONSENSE] }) { totalCount } }", {}, "NONSENSE"),
        ('mutation { createProposal(input: { summary: "x" }) { __typename } }', {}, "title"),
        (
            CREATE,
            {"i": {"title": "x", "kind": "NONSENSE"}},
            "kind",
        ),
        (CREATE, {"i": {"summary": "x"}}, "title"),
    ],
)
async def test_what_the_schema_refuses_is_named(
    document: str, variables: dict[str, Any], says: str, readers: Client
) -> None:
    answer = await (await readers("partner")).ask(document, **variables)
    assert "data" not in answer
    assert says in answer["errors"][0]["message"]


async def test_a_bug_is_masked_and_found_by_its_reference(
    app: Starlette, place: Place, people: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    public = await people(None)
    engine = create_async_engine(place.owner)
    async with engine.begin() as connection:
        await connection.execute(text("revoke select on hub.initiatives from hub_public"))
    await engine.dispose()
    answer = await public.ask("{ initiatives { nodes { title } } }")
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert error["extensions"]["reference"] in error["message"]
    assert "permission" not in str(answer)
    assert "hub.initiatives" not in str(answer)
    logged = capsys.readouterr()
    assert error["extensions"]["reference"] in logged.out + logged.err


async def test_a_busy_pool_is_told_with_503_and_when_to_try_again(
    standing: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "POOL_WAIT_SECONDS", 0.2)
    async with running(standing, tmp_path, pool_size=1) as app, clients(app) as client:
        public = await client(None)
        async with app.state.database.reads.connection(engine.PUBLIC_ROLE):
            response = await public.http.post("/graphql", json={"query": "{ memberStates { totalCount } }"})
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
        assert (await public.data("{ memberStates { totalCount } }"))["memberStates"]["totalCount"] == 45
