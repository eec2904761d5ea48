"""Every command and every example of the README works."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest
from starlette.applications import Starlette
from starlette.types import Message, Scope

from hub.cli import main
from hub.maintenance import issue_token_in
from tests.conftest import PERSONAS, Client
from tests.files.samples import PDF

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


SHOWN = [block for block in blocks("graphql") if block.startswith("# as ")]
STREAMS = [block for block in SHOWN if "\nsubscription " in block]
EXAMPLES = [block for block in SHOWN if block not in STREAMS]
STEPS = [block for block in blocks("graphql") if not block.startswith("# as ")]


def persona(words: str) -> str | None:
    return None if words == "the public" else words


def test_there_are_six_examples() -> None:
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
async def test_an_example_answers(example: str, people: Client) -> None:
    who = persona(example.splitlines()[0].removeprefix("# as "))
    data = await (await people(who)).data(example)
    assert all(value for value in data.values())
    assert '"code"' not in json.dumps(data), data
    counts = [value["totalCount"] for value in data.values() if "totalCount" in value]
    assert all(count > 0 for count in counts)


async def test_the_example_of_a_stream_begins(app: Starlette) -> None:
    (example,) = STREAMS
    text = await first_event(app, example, persona(example.splitlines()[0].removeprefix("# as ")))
    told = json.loads(text.removeprefix("event: next\ndata: "))
    assert told == {"data": {"contributionRecorded": {"kind": "RESYNC", "contribution": None}}}


async def first_event(app: Starlette, document: str, who: str | None) -> str:
    """What a stream begins with; then the client goes away."""
    assert who is not None
    token, sent = await issue_token_in(app.state.database, who), asyncio.Queue[Message]()
    body = json.dumps({"query": document}).encode()
    requests: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        if requests:
            return requests.pop()
        while b"event: next" not in (await sent.get()).get("body", b""):
            pass
        return {"type": "http.disconnect"}

    parts: list[bytes] = []

    async def send(message: Message) -> None:
        parts.append(message.get("body", b""))
        await sent.put(message)

    headers = {
        "host": "hub.test",
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": "text/event-stream",
    }
    scope: Scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b""}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    async with asyncio.timeout(10):
        await app({**scope, "headers": raw, "root_path": "", "client": ("127.0.0.1", 1)}, receive, send)
    return b"".join(parts).decode()


async def test_the_main_job_goes_step_by_step(people: Client) -> None:
    ids: dict[str, str] = {}
    for number, step in enumerate(STEPS, start=1):
        found = re.match(r"# (\d+)\. as (\S+) -> (\S+)", step)
        assert found, step
        assert int(found[1]) == number
        needed = {name: ids[name] for name in re.findall(r"\$(\w+): ID!", step)}
        data = await (await people(found[2])).data(step, **needed)
        note_ids(data, ids)
        assert f'"{found[3]}"' in json.dumps(data), (step, data)
    assert len(STEPS) == 19


def note_ids(data: Any, ids: dict[str, str]) -> None:
    """Remember the ids of the objects that a step gave, by the name of their field."""
    for name, value in data.items():
        if isinstance(value, dict):
            if "id" in value:
                ids[name] = value["id"]
            note_ids(value, ids)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("line", [line for line in COMMANDS if "hub " in line and "pip" not in line])
def test_a_command_of_the_hub_is_one(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, line
        command = found
    command.make_context(line, list(words))


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_a_target_of_make_is_one(line: str) -> None:
    target = line.split()[1]
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


def test_every_other_command_is_known() -> None:
    known = ("make ", "hub ", ".venv/bin/hub ", ".venv/bin/pip ", "python3 -m venv ", "curl ")
    assert [line for line in COMMANDS if not line.startswith(known)] == []


async def test_a_file_is_handed_in_as_the_command_does_it(people: Client) -> None:
    (command,) = [line for line in COMMANDS if line.startswith("curl ")]
    *options, address = shlex.split(command)[1:]
    assert options == ["--data-binary", "@statutes.pdf", "-H", "Authorization: Bearer $HUB_TOKEN"]
    sent = {"Content-Type": "application/x-www-form-urlencoded"}  # as curl says, whatever it sends
    for name in ("partner", "focal-point"):
        person = await people(name)
        path = address.removeprefix("http://127.0.0.1:8000")
        answer = await person.http.post(path, content=PDF, headers=person.headers | sent)
        assert (answer.status_code, answer.json()["name"]) == (201, "statutes.pdf")


def test_all_personas_are_named() -> None:
    assert [name for name in PERSONAS if f"`{name}`" not in README] == []


def test_every_setting_that_is_read_is_named() -> None:
    read = set(re.findall(r'"(HUB_[A-Z_]+)"', (ROOT / "hub" / "config.py").read_text("utf-8")))
    assert {name for name in read if f"`{name}`" not in README} == {"HUB_DEBUG"}


def test_every_picture_is_there() -> None:
    for path in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / path).is_file(), path
