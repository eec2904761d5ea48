"""The compiled answer is the executor's answer: generated documents, run both ways by three roles."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from hub.db.engine import Database
from hub.identity.actor import Actor
from schema.api import schema
from schema.http import answered, executed
from tests.compiler.actors import actor_of
from tests.compiler.documents import EXAMPLES, Known, Written, documents

COUNT = int(os.environ.get("HUB_CORPUS", "500"))
SEED = int(os.environ.get("HUB_CORPUS_SEED", "20261123"))
ROLES = (None, "partner", "co-manager-au")
LEAST_COMPILED = 0.95


def in_order(answer: dict[str, Any]) -> str:
    """The answer as text, in which the order of fields counts."""
    return json.dumps({"data": answer.get("data"), "errors": answer.get("errors")})


async def compare(database: Database, actor: Actor, asked: Written) -> bool:
    """Whether the document compiled; fails where the executor says otherwise."""
    text = await answered(database, actor, asked.text, asked.variables, None)
    if text is None:
        return False
    expected = await executed(database, actor, asked.text, asked.variables)
    assert in_order(json.loads(text)) == in_order(expected), f"{asked.text}\n{json.dumps(asked.variables)}"
    return True


async def known_rows(database: Database) -> Known:
    """Rows that a Co-Manager can name."""
    manager = await actor_of(database, "co-manager-au")
    return Known.found_in((await executed(database, manager, EXAMPLES))["data"])


async def test_a_compiled_answer_is_the_executors(
    reading_app: Starlette, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    database = reading_app.state.database
    actors = [await actor_of(database, role) for role in ROLES]
    compiled = asked = 0
    for number, document in enumerate(
        documents(schema._schema, await known_rows(database), count=COUNT, seed=SEED)
    ):
        # In a short run each by one role, one in fifty by all three.
        for actor in actors if number % 50 == 0 or COUNT > 500 else [actors[number % 3]]:
            asked += 1
            compiled += await compare(database, actor, document)
    record_property("compiled", f"{compiled} of {asked}")
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{COUNT} documents, asked {asked} times: {compiled} compiled ({compiled / asked:.1%})"
        )
    assert compiled >= LEAST_COMPILED * asked
