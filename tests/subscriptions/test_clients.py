"""The npm clients `graphql-ws` and `graphql-sse` against two workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.subscriptions.conftest import People, Worker
from tests.subscriptions.listening import PROPOSALS, listener

BOTH = pytest.mark.parametrize("kind", ["ws", "sse"])


@BOTH
async def test_subscribe_receive_complete(
    kind: str, workers: tuple[Worker, Worker], people: People, node_packages: Path
) -> None:
    """What one worker writes, a subscriber at the other receives."""
    writing, hearing = workers
    partner = await people.at(writing, "partner")
    token = await people.token("partner")
    async with listener(node_packages, kind, hearing.address, token, PROPOSALS) as mine:
        await mine.begun()
        made = (await partner.do("createProposal", "proposal { id }", title=f"By {kind}"))["proposal"]
        expected = {"id": made["id"], "title": f"By {kind}", "state": "DRAFT"}
        assert await mine.event() == {"kind": "CHANGED", "proposal": expected}
        await partner.do("updateProposal", id=made["id"], title="Another title")
        assert (await mine.event())["proposal"]["title"] == "Another title"
        mine.complete()
        assert await mine.told() == {"complete": True}
