"""Listening to a hub: by the npm clients, and by plain WebSockets for what they never send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.node_folder import NODE

SOON = 15.0
"""Seconds; an answer comes in a fraction of one."""

RESYNC = {"kind": "RESYNC"}
PROPOSALS = "subscription { proposalChanged { kind proposal { id title state } } }"
CONTRIBUTIONS = "subscription { contributionRecorded { kind contribution { id title state } } }"


class Listener:
    """A subscription of an npm client, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def told(self) -> dict[str, Any]:
        """What happens next."""
        assert self.process.stdout is not None
        async with asyncio.timeout(SOON):
            line = await self.process.stdout.readline()
        assert line, "the client has ended"
        found: dict[str, Any] = json.loads(line)
        return found

    async def event(self) -> dict[str, Any]:
        """The next event's payload, which must be the next thing that happens."""
        told = await self.told()
        assert told.keys() == {"next"}, told
        assert told["next"].keys() == {"data"}, told
        (payload,) = told["next"]["data"].values()
        found: dict[str, Any] = payload
        return found

    async def begun(self) -> None:
        """The subscription has begun."""
        assert await self.told() == {"connected": True}
        assert (await self.event())["kind"] == "RESYNC"

    def complete(self) -> None:
        """End the subscription from this side."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"complete\n")


@asynccontextmanager
async def listener(
    folder: Path, kind: str, address: str, token: str, document: str, retries: int = 0
) -> AsyncIterator[Listener]:
    """A client that subscribes, until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        NODE,
        *("subscribe.mjs", kind, address, token, document, str(retries)),
        cwd=folder,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Listener(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Socket:
    """A WebSocket on which anything can be said."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(SOON):
            found: dict[str, Any] = json.loads(await self.connection.recv())
        return found

    async def introduce(self, token: str) -> None:
        await self.say(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, id: str, document: str, /, **variables: Any) -> None:
        await self.say(id=id, type="subscribe", payload={"query": document, "variables": variables})

    async def closed(self) -> tuple[int | None, str | None]:
        """Code and reason of the other side, when it closes."""
        async with asyncio.timeout(SOON):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def socket(
    address: str,
    *,
    protocol: str = "graphql-transport-ws",
    headers: Mapping[str, str] | None = None,
    origin: str | None = None,
) -> AsyncIterator[Socket]:
    """A WebSocket to the hub, until the end of the block."""
    async with connect(
        address.replace("http", "ws", 1) + "/graphql",
        subprotocols=[Subprotocol(protocol)],
        additional_headers=headers,
        origin=None if origin is None else Origin(origin),
        compression=None,
        proxy=None,
        close_timeout=1,
    ) as connection:
        yield Socket(connection)
