"""Every document that the portal asks and that the README shows is read by one statement; where it has to be
read by the normal executor, by one for each root field at most, and with the same answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationDefinitionNode, OperationType, parse
from starlette.applications import Starlette

from hub.bench.questions import questions
from hub.db.engine import Database
from hub.web.operations import documents
from schema.http import answered, executed
from tests.compiler.actors import actor_of
from tests.statements import recorded

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
SHOWN = re.findall(r"^```graphql\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
WHO = (None, "partner", "focal-point", "co-manager-au", "reviewer", "staff", "analyst", "admin")

SOME = """{ viewer { person { id grants { id } } organisation { id } }
  initiatives(first: 1) { nodes { reference } } proposals(first: 1) { nodes { reference } } }"""


def operation_of(document: str) -> OperationDefinitionNode:
    """The one operation of the document."""
    found = [node for node in parse(document).definitions if isinstance(node, OperationDefinitionNode)]
    (operation,) = found
    return operation


READS = [
    document
    for document in dict.fromkeys([*documents(), *SHOWN, *(q.document for q in questions("UGFydG5lcjo="))])
    if operation_of(document).operation is OperationType.QUERY
]


def test_there_are_documents_to_read() -> None:
    assert len(READS) > 20
    assert sum("contributionSummary" in document for document in READS) > 3


async def known(database: Database, persona: str) -> dict[str, Any]:
    """What the variables of the documents name, seen by the persona."""
    found = (await executed(database, await actor_of(database, persona), SOME))["data"]
    person = found["viewer"]["person"]
    return {
        "reference": {
            name: found[name]["nodes"][0]["reference"] if found[name]["nodes"] else "NONE-1"
            for name in ("initiatives", "proposals")
        },
        "id": [person["id"], person["grants"][0]["id"]],
        "organisation": found["viewer"]["organisation"]["id"],
    }


def given(document: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each variable that must have one."""
    required = {
        defined.variable.name.value
        for defined in operation_of(document).variable_definitions or ()
        if defined.type.kind == "non_null_type"
    }
    slot = "proposals" if re.search(r"\bproposal\(", document) else "initiatives"
    person = values["id"][1 if "RolePage" in document else 0]
    all_values = {
        "reference": values["reference"][slot],
        "id": values["organisation"] if "organisation(id: $id)" in document else person,
        "organisation": values["organisation"],
        "own": values["organisation"],
        "groupBy": ["PROVIDER", "YEAR"],
        "searches": True,
    }
    return {name: all_values[name] for name in required}


@pytest.mark.parametrize("persona", WHO)
async def test_each_document_is_read_by_one_statement(reading_app: Starlette, persona: str | None) -> None:
    database: Database = reading_app.state.database
    actor = await actor_of(database, persona)
    values = await known(database, persona or "analyst")
    for document in READS:
        operation, variables = operation_of(document), given(document, values)
        with recorded(reading_app) as statements:
            compiled = await answered(database, actor, document, variables, None)
        assert len(statements) == 1, (document, statements)
        assert compiled is not None, document
        with recorded(reading_app) as statements:
            plain = await executed(database, actor, document, variables)
        assert len(statements) <= len(operation.selection_set.selections), (document, statements)
        assert json.loads(compiled) == plain, document
