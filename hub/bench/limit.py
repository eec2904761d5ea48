"""The limit: what this machine can do for the same answers, with nothing between socket and driver.

A bare ASGI application over asyncpg, with SQL written by hand for each question. It reads the request, looks
the token up (at most twice a second, by the same function), sets the identity for a transaction as the hub
does, filters as the hub does, and sends the text that PostgreSQL wrote.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import URL
from starlette.types import Receive, Scope, Send

from hub.bench.questions import Question, questions
from hub.db.engine import as_bytes, identified, sent_as_bytes

FRESH_SECONDS = 0.5
HEADERS = [(b"content-type", b"application/json; charset=utf-8")]


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a token speaks for."""

    until: float
    identity: tuple[str, str, str]
    person: Any
    organisation: Any
    roles: list[str]


class Limit:
    """Answers the four questions, and nothing else."""

    def __init__(self, login: URL, *, pool_size: int) -> None:
        self._login, self._size = login, pool_size
        self._known: dict[bytes, Known] = {}
        self._statements = {q.document: (q.name, _as_somebody(q)) for q in questions("")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = json.loads(body)
        token = next((value[7:] for name, value in scope["headers"] if name == b"authorization"), None)
        data = await self._answer(asked["query"], asked["variables"], token)
        answer = b'{"data":%s}' % data
        headers = [*HEADERS, (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _answer(self, document: str, variables: Any, token: bytes | None) -> bytes:
        name, statement = self._statements[document]
        if token is None:
            async with self.public.acquire() as connection:
                return bytes(await connection.fetchval(statement))
        async with self.app.acquire() as connection:
            known = await self._recognised(connection, token)
            given = (*_arguments(name, variables, known), *known.identity)
            return bytes(await connection.fetchval(statement, *given))

    async def _recognised(self, connection: Any, token: bytes) -> Known:
        key, now = hashlib.sha256(token).digest(), time.monotonic()
        known = self._known.get(key)
        if known is None or known.until < now:
            row = await connection.fetchrow("select * from hub.authenticate($1)", key)
            ids, roles = (row["person_id"], row["organisation_id"]), sorted(row["roles"])
            names = (str(ids[0]), str(ids[1]), ",".join(roles))
            known = Known(now + FRESH_SECONDS, names, *ids, roles)
            self._known[key] = known
        return known

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self.public, self.app = await self._pool("hub_public"), await self._pool("hub_app")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.public.close()
        await self.app.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _pool(self, role: str) -> asyncpg.Pool:
        async def keep(_: asyncpg.Connection) -> None:
            pass

        return await asyncpg.create_pool(
            **self._login.translate_connect_args(username="user"),
            **dict(self._login.query),
            min_size=0,
            max_size=self._size,
            max_cacheable_statement_size=0,
            server_settings={"role": role, "default_transaction_read_only": "on"},
            init=as_bytes,
            reset=keep,
        )


PARAMETERS = {"Q2": 0, "Q3": 1, "Q4": 4}


def _as_somebody(question: Question) -> str:
    """The statement, which sets who asks before anything of it is read: one round trip, as the hub does."""
    if question.persona is None:
        return sent_as_bytes(question.statement)
    return sent_as_bytes(identified(question.statement, PARAMETERS[question.name]))


def _arguments(name: str, variables: Any, known: Known) -> list[Any]:
    if name == "Q3":
        return [variables["reference"]]
    if name == "Q4":
        key = base64.b64decode(variables["own"]).decode().partition(":")[2]
        return [known.person, known.organisation, known.roles, key]
    return []
