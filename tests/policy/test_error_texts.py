"""What is said about a wrong input, or about a fault of ours, names no table and shows no SQL."""

from __future__ import annotations

import re
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from hub.database import Place
from hub.db.models import metadata
from schema.compiler.ids import global_id
from tests.conftest import Client
from tests.policy.clones import as_owner
from tests.policy.mutations import MUTATIONS

TABLES = {table.name for table in metadata.tables.values() if "_" in table.name}
"""Names with an underscore: the contract's own names have none."""
TELLTALES = re.compile(
    r"\bhub\.|\bselect\b.+\bfrom\b|insert into|sqlalchemy|asyncpg|psycopg|postgres|traceback|row-level|"
    r"constraint|permission denied|relation \"|\.py\b|" + "|".join(sorted(TABLES)),
    re.IGNORECASE,
)
WRONG: tuple[tuple[str, dict[str, Any]], ...] = (
    ("query($s: ID!) { node(id: $s) { id } }", {"s": "'; drop table hub.persons --"}),
    ("query($s: ID!) { node(id: $s) { id } }", {"s": "UHJvcG9zYWw6MQ=="}),
    ("query($s: String) { proposal(reference: $s) { id } }", {"s": "' or 1=1"}),
    ("query($s: String) { proposals(after: $s) { nodes { id } } }", {"s": "WzFd"}),
    ("query($s: String) { proposals(filter: { search: $s }) { nodes { id } } }", {"s": "\x00"}),
    ("query($s: String) { proposals(filter: { search: $s }) { nodes { id } } }", {"s": "(((&|!"}),
    ("query($s: String) { memberStates(filter: { search: $s }) { nodes { id } } }", {"s": "%_\\"}),
    ("query($n: Int) { contributions(filter: { year: $n }) { totalCount } }", {"n": 2**31 - 1}),
    ("query($n: Int) { contributions(first: $n) { totalCount } }", {"n": 2**31 - 1}),
    ("{ proposals { nodes { search } } }", {}),
    ("{ persons { id } }", {}),
    ("{ viewer { tokenHash } }", {}),
)


@pytest.mark.parametrize("name", ["partner", "staff", None], ids=str)
async def test_wrong_inputs_are_answered_without_a_word_about_the_database(
    name: str | None, people: Client
) -> None:
    person = await people(name)
    for document, variables in WRONG:
        body = str(await person.ask(document, **variables))
        assert TELLTALES.search(body.replace(str(variables.get("s")), "")) is None, body
        assert "INTERNAL" not in body, (document, variables)


@pytest.mark.parametrize("name", ["partner", "staff"])
async def test_wrong_inputs_of_mutations_are_answered_so_too(name: str, people: Client) -> None:
    person = await people(name)
    for mutation in MUTATIONS:
        stem = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation($i: {stem}Input!) {{ {mutation}(input: $i) {{ ... on UserError {{ message }} }} }}"
        )
        for id in ("x", global_id("Nothing", (await _anybody(person)))):
            body = str(await person.ask(document, i={"id": id, "reason": 1, "nothing": "x"}))
            assert TELLTALES.search(body) is None, body


async def _anybody(person: Any) -> Any:
    from schema.compiler.ids import parse

    found = parse((await person.data("{ viewer { person { id } } }"))["viewer"]["person"]["id"])
    assert found is not None
    return found[1]


async def test_a_fault_of_ours_is_masked_and_logged_without_values(place: Place, people: Client) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text("revoke select on hub.proposals from hub_app"))
    staff = await people("staff")
    with structlog.testing.capture_logs() as logs:
        answer = await staff.ask("query($s: String) { proposal(reference: $s) { id } }", s="PRO-SECRET-1")
    assert answer["data"] == {"proposal": None}
    error = answer["errors"][0]
    assert error["extensions"].keys() == {"code", "reference"}
    assert error["extensions"]["code"] == "INTERNAL"
    assert TELLTALES.search(str(answer)) is None
    (entry,) = [entry for entry in logs if entry["event"] == "unexpected error"]
    assert entry["reference"] == error["extensions"]["reference"]
    assert "permission denied" in str(entry["exc_info"])
    assert "PRO-SECRET-1" not in str(logs)
    assert staff.token is not None
    assert staff.token not in str(logs)
