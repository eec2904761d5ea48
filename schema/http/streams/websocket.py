"""Subscriptions over a WebSocket, by the protocol graphql-transport-ws.

Close codes, by the protocol: 4400 a message that is none of it, 4401 nobody is signed in, 4403 the credential
is not (or no longer) good, 4406 another protocol, 4408 no connection_init in time, 4409 an id in use, 4429 a
second connection_init. 4403 lets the client `graphql-ws` come again, with a new token if it has one.
"""

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any, Final

import structlog
from starlette.types import Receive, Scope, Send

from hub.db.failures import known_error
from hub.identity.actor import PUBLIC
from hub.identity.authentication import bearer_in, credential_of
from hub.identity.recognition import Credential
from hub.identity.standing import Ended, Standing
from schema.http.documents import PersistedDocuments
from schema.http.reading import asked_of, decoded
from schema.http.refusals import BadRequest
from schema.http.streams.registry import Streams
from schema.http.streams.selection import Payload, Refused, Selection
from schema.http.streams.sending import Gone, Sender

log = structlog.get_logger("hub.streams")

PROTOCOL: Final = "graphql-transport-ws"
INIT_SECONDS: Final = 3.0
MOST_OPERATIONS: Final = 10
"""Subscriptions of one socket."""
LONGEST_ID: Final = 100


class Closed(Exception):
    """The conversation ends with a code and a reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class Sockets:
    """`/graphql` for WebSockets."""

    def __init__(self, documents: PersistedDocuments) -> None:
        self.documents = documents

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from its beginning to its end."""
        streams: Streams = scope["app"].state.streams
        try:
            with streams.connection(scope, "websocket"):
                await Conversation(scope, receive, send, streams, self.documents).run()
        except BadRequest as full:
            answer = {"type": "websocket.http.response.start", "status": full.status, "headers": full.headers}
            await send(answer)
            body = json.dumps(full.answer).encode()
            await send({"type": "websocket.http.response.body", "body": body})


class Conversation:
    """One socket's messages, both ways."""

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, streams: Streams, documents: PersistedDocuments
    ) -> None:
        self._scope, self._receive, self._streams, self._documents = scope, receive, streams, documents
        self._send = Sender(scope, send)
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Accept, talk, close."""
        try:
            await self._take({"websocket.connect"})
            is_ours = PROTOCOL in self._scope["subprotocols"]
            await self._send({"type": "websocket.accept", "subprotocol": PROTOCOL if is_ours else None})
            closed = await self._talked() if is_ours else Closed(4406, f"Speak {PROTOCOL}.")
            await self._send({"type": "websocket.close", "code": closed.code, "reason": closed.reason})
        except Gone:
            return

    async def _talked(self) -> Closed:
        """Talk until a reason to close; Gone where the other side leaves first."""
        try:
            standing = await self._introduced()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send.watch())
                tasks.create_task(standing.watch(self._streams.feed))
                await self._listen(standing, tasks)
        except Closed as closed:
            return closed
        except ExceptionGroup as several:
            return _first_of(several)
        raise AssertionError("listening has no end of its own")

    async def _introduced(self) -> Standing:
        """Who is there, once connection_init or the opening request has said so."""
        try:
            async with asyncio.timeout(INIT_SECONDS):
                payload = await self._init_payload()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        self._scope["state"]["actor"] = PUBLIC  # until this message's credential is known to be good
        credential = _credential_in(payload) or credential_of(self._scope, self._streams.cookie)
        if credential is None:
            raise Closed(4401, "Sign in: send Authorization in the payload of connection_init.")
        recognition = self._streams.recognition
        try:
            actor = await recognition.again(credential)
        except Exception as error:
            if known_error(error) is None:
                raise
            raise Closed(1013, "The hub is busy. Try again in a few seconds.") from None
        if actor is None:
            raise Closed(4403, "This token or session is unknown, expired or revoked.")
        self._scope["state"]["actor"] = actor
        await self._say({"type": "connection_ack"})
        return Standing(recognition, credential, actor)

    async def _init_payload(self) -> Mapping[str, Any]:
        while True:
            message = await self._message()
            match message["type"]:
                case "connection_init":
                    payload = message.get("payload") or {}
                    if not isinstance(payload, dict):
                        raise Closed(4400, "The payload of connection_init must be an object.")
                    return payload
                case "subscribe" | "complete":
                    raise Closed(4401, "Send connection_init first, and wait for connection_ack.")
                case _:
                    await self._common(message)

    async def _listen(self, standing: Standing, tasks: asyncio.TaskGroup) -> None:
        while True:
            message = await self._message()
            match message["type"]:
                case "connection_init":
                    raise Closed(4429, "Too many initialisation requests")
                case "subscribe":
                    await self._subscribe(message, standing, tasks)
                case "complete":
                    task = self._operations.pop(_id_of(message), None)
                    if task is not None:
                        task.cancel()
                case _:
                    await self._common(message)

    async def _common(self, message: Mapping[str, Any]) -> None:
        """What may be said at any time."""
        match message["type"]:
            case "ping":
                await self._say({"type": "pong"})
            case "pong":
                pass
            case _:
                raise Closed(4400, f"Unknown type of message; speak {PROTOCOL}.")

    async def _subscribe(
        self, message: Mapping[str, Any], standing: Standing, tasks: asyncio.TaskGroup
    ) -> None:
        id = _id_of(message)
        if id in self._operations:
            raise Closed(4409, f"Subscriber for {id} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            said = f"A socket carries {MOST_OPERATIONS} subscriptions. End one, or open another socket."
            await self._refuse(id, BadRequest(said, code="TOO_MANY").answer["errors"])
            return
        self._operations[id] = tasks.create_task(self._operate(id, message.get("payload"), standing))

    async def _operate(self, id: str, payload: Any, standing: Standing) -> None:
        """One subscription, until it is completed or the socket ends."""
        person_id = standing.actor.person_id
        assert person_id is not None
        try:
            with self._streams.subscription(person_id):
                selection = self._selection(payload, standing)
                async with aclosing(self._streams.events(standing, selection, self._turn)) as events:
                    while True:
                        await self._say_text(_next(id, await anext(events)))
        except BadRequest as refused:
            await self._refuse(id, refused.answer["errors"])
        except Refused as refused:
            await self._refuse(id, refused.errors)
        self._operations.pop(id, None)  # not where it was cancelled: its id may be another's by now

    def _selection(self, payload: Any, standing: Standing) -> Selection:
        asked = asked_of(payload)
        text = self._documents.document(asked, is_limited=False)
        return Selection(standing.actor, text, asked.variables or {}, asked.operation_name)

    async def _refuse(self, id: str, errors: list[dict[str, Any]]) -> None:
        await self._say({"id": id, "type": "error", "payload": errors})

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._say_text(json.dumps(message, separators=(",", ":")))

    async def _say_text(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _message(self) -> Mapping[str, Any]:
        """The next message; Closed (4400) where it is none of the protocol."""
        text = (await self._take({"websocket.receive"})).get("text")
        try:
            found = decoded(text or "", "The message")
        except BadRequest:
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("type"), str):
            raise Closed(4400, "Send JSON objects with a type, as text.")
        return found

    async def _take(self, types: set[str]) -> Mapping[str, Any]:
        message = await self._receive()
        if message["type"] not in types:
            raise Gone
        return message


def _next(id: str, event: Payload) -> str:
    text = event if isinstance(event, str) else json.dumps(event)
    return f'{{"id":{json.dumps(id)},"type":"next","payload":{text}}}'


def _credential_in(payload: Mapping[str, Any]) -> Credential | None:
    """The bearer token of a connection_init, however its key is spelt."""
    for name, value in payload.items():
        if name.lower() == "authorization" and isinstance(value, str):
            return Credential("token", bearer_in(value) or "")
    return None


def _id_of(message: Mapping[str, Any]) -> str:
    id = message.get("id")
    if not isinstance(id, str) or not 0 < len(id) <= LONGEST_ID:
        raise Closed(4400, f"Give each subscription an id, a text of up to {LONGEST_ID} characters.")
    return id


def _first_of(several: ExceptionGroup[Any]) -> Closed:
    """How to close, by what ended the conversation; Gone where nobody is left to be told."""
    reasons = list(several.exceptions)
    for reason in reasons:
        if isinstance(reason, Closed):
            return reason
        if isinstance(reason, Ended):
            return Closed(4403, "This token or session has ended, or its rights have changed.")
    if all(isinstance(reason, Gone) for reason in reasons):
        raise Gone
    log.error("a socket failed", exc_info=several)
    return Closed(1011, "Something went wrong on our side. Try again.")
