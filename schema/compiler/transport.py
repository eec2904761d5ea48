"""The compiled path: one statement for the whole operation, whose text goes out as the response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import asyncpg
from sqlalchemy import Select

from hub.db.engine import Database
from hub.errors import HubError
from hub.identity.actor import Actor
from schema.compiler.plan import Planner
from schema.compiler.rendering import rendered
from schema.compiler.text import MARK

MARKED_BYTE = MARK.encode()


async def answer(
    planner: Planner,
    database: Database,
    actor: Actor,
    document: str,
    variables: Mapping[str, Any],
    name: str | None,
) -> bytes | None:
    """The whole response, `{"data": ...}`, in UTF-8; None where the normal executor has to answer.

    That is so for mutations, introspection and errors: the executor alone says in which words and where.
    """
    planned = planner.plan(document, name, variables, actor)
    if planned is None:
        return None
    plan, coerced = planned
    if plan.sql is None:
        return b'{"data":%s}' % plan.constants[0]
    try:
        arguments = plan.arguments(coerced, actor)
    except HubError:
        return None
    try:
        text = await database.fetch_text(actor, plan.sql, arguments)
    except (asyncpg.QueryCanceledError, TimeoutError):
        raise  # the executor would take as long again
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return None
    if text is None or MARKED_BYTE in text:
        return None
    return b'{"data":%s}' % plan.whole(text)


async def fetch(database: Database, actor: Actor, statement: Select[Any]) -> str:
    """The text of one statement that has no slots: a root field's, for the normal executor."""
    compiled = rendered(statement)
    arguments = [compiled.params[name] for name in compiled.positiontup or ()]
    text = await database.fetch_text(actor, str(compiled), arguments)
    if text is None:
        raise LookupError("the statement gave no text")
    return text.decode()


def decoded(text: str) -> Any:
    """The data that the text holds; a marked null is a null, which the executor judges."""
    return json.loads(text.replace(MARK, "null"))
