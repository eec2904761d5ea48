"""The npm clients `graphql-ws` and `graphql-sse` against two workers."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.node_folder import NODE
from tests.subscriptions.conftest import People, Worker
from tests.subscriptions.listening import PROPOSALS, SOON, listener

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
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


async def test_the_readme_s_program_listens(
    workers: tuple[Worker, Worker], people: People, node_packages: Path
) -> None:
    (program,) = re.findall(r"^```js\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert program.count("127.0.0.1:8000") == 1
    script = program.replace("127.0.0.1:8000", workers[1].address.removeprefix("http://"))
    process = await asyncio.create_subprocess_exec(
        *(NODE, "--input-type=module", "--eval", script),
        cwd=node_packages,
        env={**os.environ, "HUB_TOKEN": await people.token("partner")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SOON):
            assert await process.stdout.readline() == b"read everything again\n"
            partner = await people.at(workers[0], "partner")
            made = await partner.do("createProposal", "proposal { reference }", title="By the README")
            told = (await process.stdout.readline()).decode()
        assert told == f"{made['proposal']['reference']} is DRAFT\n"
    finally:
        process.kill()
        await process.wait()
