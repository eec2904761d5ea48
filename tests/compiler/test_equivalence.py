"""The compiled answer is the executor's answer: generated documents, run both ways by three roles."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette

from hub.db.engine import Database
from hub.identity.actor import Actor
from schema.api import schema
from schema.http import answered, executed
from tests.compiler.actors import actor_of
from tests.compiler.cursors import Order, cursor_questions
from tests.compiler.documents import EXAMPLES, Known, Written, documents

FEWEST = 500
COUNT = int(os.environ.get("HUB_CORPUS", FEWEST))
SEED = int(os.environ.get("HUB_CORPUS_SEED", "20261123"))
ROLES = (None, "partner", "co-manager-au")
LEAST_COMPILED = 0.95
WAYS = {f"{beyond} {size}" for beyond in ("after", "before", "after before") for size in ("first", "last")}
FEWEST_OF_A_WAY = 10
COMPILED, EXECUTED = "compiled", "answered by the executor"


def in_order(answer: dict[str, Any]) -> str:
    """The answer as text, in which the order of fields counts."""
    return json.dumps({"data": answer.get("data"), "errors": answer.get("errors")})


async def compare(database: Database, actor: Actor, asked: Written) -> str:
    """COMPILED, or what the executor answers instead: EXECUTED, or the codes of its errors.

    Fails where a compiled answer is not the executor's.
    """
    text = await answered(database, actor, asked.text, asked.variables, None)
    expected = await executed(database, actor, asked.text, asked.variables)
    if text is not None:
        ways = in_order(json.loads(text)), in_order(expected)
        if ways[0] != ways[1]:  # an assert would compare two long lines by their characters, for minutes
            pytest.fail("\n".join([f"{actor.name}:", asked.text, json.dumps(asked.variables), *ways]))
        return COMPILED
    return ", ".join(sorted(codes(expected))) or EXECUTED


def codes(answer: dict[str, Any]) -> set[str]:
    """Of every problem that an answer tells."""
    found = set()
    for error in answer.get("errors", []):
        problems = error["extensions"].get("problems") or [error["extensions"]]
        found |= {problem["code"] for problem in problems}
    return found


async def known_rows(database: Database) -> Known:
    """Rows that a Co-Manager can name, and where they stand in lists."""
    manager = await actor_of(database, "co-manager-au")
    cursors: dict[str, dict[Order, list[str]]] = {}
    for question in cursor_questions(schema._schema):
        found = question.cursors((await executed(database, manager, question.text))["data"])
        for order, some in found.items():
            cursors.setdefault(question.order_type, {}).setdefault(order, []).extend(some)
    return Known.found_in((await executed(database, manager, EXAMPLES))["data"], cursors)


async def test_a_compiled_answer_is_the_executors(
    reading_app: Starlette, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    database = reading_app.state.database
    actors = [await actor_of(database, role) for role in ROLES]
    outcomes, paged = Counter[str](), Counter[str]()
    made = list(documents(schema._schema, await known_rows(database), count=COUNT, seed=SEED))
    for number, document in enumerate(made):
        # In a short run each by one role, one in fifty by all three.
        for actor in actors if number % 50 == 0 or COUNT > FEWEST else [actors[number % 3]]:
            outcome = await compare(database, actor, document)
            outcomes[outcome] += 1
            if outcome == COMPILED:
                paged.update(document.pages)
    report = (
        f"{len(made)} documents, asked {outcomes.total()} times: {outcomes[COMPILED]} compiled"
        f" ({outcomes[COMPILED] / outcomes.total():.1%}), of them paged by {dict(sorted(paged.items()))};"
        f" the others: {dict(outcomes - Counter({COMPILED: outcomes[COMPILED]}))}"
    )
    record_property("compiled", report)
    with capsys.disabled():
        print(f"\n{report}")  # noqa: T201
    assert len(made) >= FEWEST
    assert outcomes[COMPILED] >= LEAST_COMPILED * outcomes.total()
    assert {way for way, count in paged.items() if count >= FEWEST_OF_A_WAY} == WAYS
    assert outcomes["WRONG_CURSOR"] > 0
