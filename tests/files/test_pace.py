"""A body that comes slowly, or from somebody who sends many at once, over a real connection."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hub.database import Place
from hub.db.engine import Database
from hub.edge import uploads
from hub.maintenance import issue_token_in
from tests.edge.conftest import listening
from tests.files.samples import PDF
from tests.files.test_files import kept, rows
from tests.files.test_limits import announced

SOON = 0.3
"""Seconds, instead of those that people have."""
Send = Callable[..., Awaitable["Line"]]


class Line:
    """A connection on which an upload was begun."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def more(self, part: bytes) -> None:
        """Send on."""
        self.writer.write(part)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], str]:
        """Status, headers and text; what comes before the connection ends, or the answer is whole."""
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
            body = await self.reader.readexactly(int(headers["content-length"]))
        return int(head[0].split()[1]), headers, body.decode()

    def cut(self) -> None:
        """Go away without a word."""
        self.writer.transport.abort()


@pytest.fixture
def address(place: Place, tmp_path: Path) -> Iterator[str]:
    """Where the hub listens, on the test's own database and folder."""
    with listening(place, tmp_path) as found:
        yield found


@pytest.fixture
async def send(address: str, place: Place) -> AsyncIterator[Send]:
    """Begins an upload of a persona: so many bytes are announced, a part of them sent."""
    database, lines = Database(place.login, pool_size=1), []
    tokens: dict[str, str] = {}
    at = urlsplit(address)

    async def begun(persona: str, size: int, part: bytes, path: str = "/files?name=a.pdf") -> Line:
        if persona not in tokens:
            tokens[persona] = await issue_token_in(database, persona)
        line = Line(*await asyncio.open_connection(at.hostname, at.port))
        lines.append(line)
        kind = "multipart/form-data; boundary=b" if path.startswith("/work") else "application/pdf"
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {tokens[persona]}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {size}\r\n\r\n"
        )
        await line.more(head.encode() + part)
        return line

    yield begun
    for line in lines:
        line.cut()
    await database.dispose()


def temporary() -> int:
    """How many files this process has open that no folder names."""
    count = 0
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            count += os.readlink(f"/proc/self/fd/{number}").endswith("(deleted)")
    return count


async def until(condition: Callable[[], bool]) -> None:
    """Until it is so."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never was")


async def assert_nothing_left(place: Place, folder: Path, before: int) -> None:
    await until(lambda: temporary() <= before)
    assert (await rows(place), kept(folder), await announced(place)) == ([], [], 0)


async def test_a_body_that_stops_is_refused_and_nothing_of_it_is_left(
    send: Send, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "STALL_SECONDS", SOON)
    before = temporary()
    line = await send("partner", 5_000_000, PDF + b"0" * 2_000_000)
    status, headers, body = await line.answer()
    assert (status, headers["connection"]) == (408, "close")
    (error,) = json.loads(body)["errors"]
    assert error["extensions"] == {"code": "TOO_SLOW"}
    assert "Nothing of it was kept. Send it again from a faster line" in error["message"]
    await assert_nothing_left(place, tmp_path, before)


async def test_a_body_that_trickles_is_refused(
    send: Send, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "GRACE_SECONDS", SOON)
    line = await send("partner", 100_000, PDF)

    async def trickle() -> None:
        while True:
            await line.more(b"0")
            await asyncio.sleep(SOON / 10)

    trickling = asyncio.create_task(trickle())
    assert (await line.answer())[0] == 408
    trickling.cancel()
    await asyncio.wait([trickling])
    assert await rows(place) == []


async def test_a_body_takes_no_longer_than_so_long_however_fast(
    send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LONGEST_SECONDS", SOON)
    line = await send("partner", 3_000_000, PDF + b"0" * 2_000_000)
    assert (await line.answer())[0] == 408


async def test_a_slow_body_that_is_fast_enough_is_taken(
    send: Send, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "STALL_SECONDS", 4 * SOON)
    line = await send("partner", len(PDF), PDF[:10])
    for number in range(10, len(PDF), 20):
        await asyncio.sleep(SOON)
        await line.more(PDF[number : number + 20])
    assert (await line.answer())[0] == 201
    assert len(await rows(place)) == 1


async def test_one_person_sends_three_at_once_and_leaves_room_for_others(
    send: Send, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [await send("partner", len(PDF), PDF[:10]) for _ in range(uploads.MOST_OF_PERSON)]
    await asyncio.sleep(SOON)
    fourth = await send("partner", len(PDF), PDF[:10])
    status, headers, body = await fourth.answer()
    assert (status, headers["retry-after"]) == (429, str(uploads.STALL_SECONDS))
    (error,) = json.loads(body)["errors"]
    assert error["extensions"] == {"code": "TOO_MANY"}
    assert "Wait until one of them has come" in error["message"]
    page = await (await send("partner", 9, b"--b", "/work/vetting/apply")).answer()
    assert (page[0], "Too many files at once" in page[2]) == (429, True), "the form counts as well"
    other = await send("focal-point", len(PDF), PDF)
    assert (await other.answer())[0] == 201
    for line in lines:
        await line.more(PDF[10:])
        assert (await line.answer())[0] == 201
    again = await send("partner", len(PDF), PDF)
    assert (await again.answer())[0] == 201, "the places are free again"


async def test_a_worker_takes_so_many_at_once(send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST_OF_WORKER", 1)
    first = await send("partner", len(PDF), PDF[:10])
    await asyncio.sleep(SOON)
    status, headers, _ = await (await send("focal-point", len(PDF), PDF)).answer()
    assert (status, headers["retry-after"]) == (503, str(uploads.STALL_SECONDS))
    first.cut()
    await asyncio.sleep(SOON)
    assert (await (await send("focal-point", len(PDF), PDF)).answer())[0] == 201, (
        "who goes gives up the place"
    )


@pytest.mark.parametrize("path", ["/files?name=a.pdf", "/work/vetting/apply"])
async def test_who_goes_away_leaves_nothing_behind(
    path: str, send: Send, place: Place, tmp_path: Path
) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a.pdf"\r\n\r\n'
    begun = (head if path.startswith("/work") else b"") + PDF + b"0" * 3_000_000
    before = temporary()
    line = await send("focal-point", 5_000_000, begun, path)
    await until(lambda: temporary() > before)
    line.cut()
    await assert_nothing_left(place, tmp_path, before)


async def test_the_page_with_a_document_has_the_same_pace(
    send: Send, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "STALL_SECONDS", SOON)
    before = temporary()
    head = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a.pdf"\r\n\r\n'
    line = await send("focal-point", 5_000_000, head + PDF + b"0" * 3_000_000, "/work/vetting/apply")
    status, headers, body = await line.answer()
    assert (status, headers["content-type"]) == (408, "text/html; charset=utf-8")
    assert "This came too slowly" in body
    await assert_nothing_left(place, tmp_path, before)
