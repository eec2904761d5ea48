"""Subscriptions as server-sent events, by the protocol of graphql-sse in its mode of distinct connections.

One request, one operation: `next` events, each a GraphQL response, then `complete`. When the server stops,
the stream ends without `complete`, so that a client comes again.
"""

import asyncio
import json
from contextlib import aclosing
from typing import Final

from starlette.types import Receive, Scope, Send

from hub.identity.authentication import credential_of
from hub.identity.standing import Ended, Standing
from schema.http.refusals import BadRequest
from schema.http.streams.registry import Streams
from schema.http.streams.selection import Payload, Selection
from schema.http.streams.sending import Gone, Sender

EVENT_STREAM: Final = b"text/event-stream"
HEADERS: Final = [
    (b"content-type", EVENT_STREAM + b"; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
COMPLETE: Final = b"event: complete\ndata: \n\n"
QUIET_SECONDS: Final = 15.0
"""After which a comment tells proxies that the stream is alive."""
ENDED: Final = {
    "data": None,
    "errors": [
        {
            "message": "This token or session has ended, or its rights have changed. Sign in again.",
            "extensions": {"code": "UNAUTHENTICATED"},
        }
    ],
}


class EventStream:
    """The answer to one request."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive = scope, receive
        self._send = Sender(scope, send)

    async def answer(self, event: Payload) -> None:
        """A single event, and the end."""
        await self._begin()
        await self._put(_next(event) + COMPLETE, is_last=True)

    async def follow(self, streams: Streams, selection: Selection) -> None:
        """The events of a subscription, until either side ends it; BadRequest where there is no place."""
        credential = credential_of(self._scope, streams.cookie)
        person_id = selection.actor.person_id
        assert credential is not None
        assert person_id is not None
        standing = Standing(streams.recognition, credential, selection.actor)
        with streams.connection(self._scope, "sse"), streams.subscription(person_id):
            await self._begin()
            try:
                await self._until_ended(streams, selection, standing)
            except ExceptionGroup as several:
                unknown = several.split((Ended, Gone))[1]
                if unknown is not None:
                    raise unknown from None
                await self._end(_next(ENDED) + COMPLETE if several.subgroup(Ended) else b"")

    async def _until_ended(self, streams: Streams, selection: Selection, standing: Standing) -> None:
        async with asyncio.TaskGroup() as tasks:
            for watched in (self._send.watch(), self._send.drain(), self._leave(), self._stay_alive()):
                tasks.create_task(watched)
            tasks.create_task(standing.watch(streams.feed))
            async with aclosing(streams.events(standing, selection, asyncio.Lock())) as events:
                while True:
                    await self._put(_next(await anext(events)))

    async def _leave(self) -> None:
        """Raises Gone when the client goes away."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        raise Gone

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(QUIET_SECONDS)
            await self._put(b":\n\n")

    async def _begin(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})

    async def _put(self, body: bytes, *, is_last: bool = False) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": not is_last})

    async def _end(self, body: bytes) -> None:
        try:
            await self._put(body, is_last=True)
        except Gone:
            return


def require_person(is_public: bool) -> None:
    """BadRequest (401) for whoever is not signed in."""
    if is_public:
        message = "Sign in to subscribe: send a bearer token."
        raise BadRequest(message, 401, code="UNAUTHENTICATED", headers=[(b"www-authenticate", b"Bearer")])


def _next(event: Payload) -> bytes:
    text = event if isinstance(event, str) else json.dumps(event)
    return f"event: next\ndata: {text}\n\n".encode()
