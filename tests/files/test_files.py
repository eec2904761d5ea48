"""Handing a file in and getting it: who may, what is refused and how, and that nothing half done stays."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette

from hub.config import DATA_FOLDER_MARK, Settings
from hub.database import Place
from hub.errors import SetUpError, Unavailable
from hub.files.media import LARGEST
from hub.files.store import Store
from tests.conftest import Client, Person
from tests.files.conftest import fetched, hand_in
from tests.files.samples import BAD, DOCX, GOOD, PDF
from tests.organisations.staffing import day
from tests.policy.clones import IDENTITIES, as_owner

UPLOADERS = ("partner", "focal-point")


def kept(tmp_path: Path) -> list[str]:
    """The objects in the store."""
    return sorted(file.name for file in (tmp_path / "files").rglob("*") if file.is_file())


async def rows(place: Place) -> list[Any]:
    """The rows of files."""
    async with as_owner(place) as owner:
        return list((await owner.execute(text("select * from hub.files order by id"))).all())


def problems_of(answer: Any) -> list[tuple[str, str]]:
    """Where and what is wrong."""
    (error,) = answer.json()["errors"]
    return [(".".join(p["path"]), p["code"]) for p in error["extensions"]["problems"]]


# -- handing in ----------------------------------------------------------------------------------------


async def test_who_may_hands_a_file_in_and_nobody_else(place: Place, people: Client, tmp_path: Path) -> None:
    outcomes = {}
    for name in IDENTITIES:
        answer = await hand_in(await people(name), PDF)
        outcomes[name] = answer.status_code
        if answer.status_code != 201:
            (error,) = answer.json()["errors"]
            assert error["extensions"]["code"] == "NOT_ALLOWED"
    expected: dict[str | None, int] = dict.fromkeys(IDENTITIES, 403) | dict.fromkeys(UPLOADERS, 201)
    assert outcomes == expected | {None: 401}
    assert len(await rows(place)) == len(kept(tmp_path)) == len(UPLOADERS)


async def test_what_was_handed_in_is_told_and_recorded(place: Place, people: Client, tmp_path: Path) -> None:
    partner = await people("partner")
    answer = await hand_in(partner, PDF, "../ลงทะเบียน 2026.PDF")
    made = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == made["path"]
    assert made["name"] == "ลงทะเบียน 2026.pdf"
    assert (made["mediaType"], made["size"]) == ("application/pdf", len(PDF))
    assert made["sha256"] == hashlib.sha256(PDF).hexdigest()
    fields = "name mediaType size sha256 path uploadedBy { name } isDemonstration"
    document = f"query($id: ID!) {{ node(id: $id) {{ ... on File {{ {fields} }} }} }}"
    node = (await partner.data(document, id=made["id"]))["node"]
    assert node == {key: made[key] for key in ("name", "mediaType", "size", "sha256", "path")} | {
        "uploadedBy": {"name": "Demo Officer, Demo Alliance"},
        "isDemonstration": True,
    }
    (row,) = await rows(place)
    assert kept(tmp_path) == [row.object_key]
    assert "report" not in row.object_key
    async with as_owner(place) as owner:
        event = await owner.execute(
            text("select action, details from hub.audit_events order by id desc limit 1")
        )
        assert event.one() == ("file:upload", {"type": "application/pdf", "size": len(PDF)})


@pytest.mark.parametrize("kind", GOOD)
async def test_the_content_decides_what_it_is(kind: Any, people: Client) -> None:
    answer = await hand_in(await people("partner"), GOOD[kind], "what.exe")
    assert answer.json()["mediaType"] == kind


async def test_what_cannot_be_used_is_refused_by_name_and_leaves_nothing(
    place: Place, people: Client, tmp_path: Path
) -> None:
    partner = await people("partner")
    tried: dict[str, tuple[bytes, str | None, list[tuple[str, str]]]] = {
        what: (content, "report.pdf", [("file", code)]) for what, (content, code) in BAD.items()
    } | {
        "nothing": (b"", "report.pdf", [("file", "EMPTY")]),
        "no name": (PDF, None, [("name", "REQUIRED")]),
        "a name of nothing": (PDF, "  ", [("name", "REQUIRED")]),
        "a name with NUL": (PDF, "a\x00.pdf", [("name", "CONTROL_CHARACTER")]),
        "no name and nothing": (b"", None, [("name", "REQUIRED"), ("file", "EMPTY")]),
    }
    for what, (content, name, expected) in tried.items():
        answer = await hand_in(partner, content, name)
        assert problems_of(answer) == expected, what
        assert answer.status_code == (413 if expected[0][1] == "TOO_LARGE" else 422), what
    assert await rows(place) == []
    assert kept(tmp_path) == []


async def test_a_file_that_is_too_large_is_refused_before_it_is_read(people: Client, tmp_path: Path) -> None:
    partner, sent = await people("partner"), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1_000_000
            yield b"%PDF-" + b"0" * 999_995

    announced = await hand_in(partner, PDF + b"0" * LARGEST)
    assert (announced.status_code, problems_of(announced)) == (413, [("file", "TOO_LARGE")])
    assert "at most 10 MB" in announced.text
    url = "/files?name=a.pdf"
    bounded = b"".join([chunk async for chunk in _first(endless(), 12)])
    streamed = await partner.http.post(url, content=_parts(bounded), headers=partner.headers)
    assert (streamed.status_code, problems_of(streamed)) == (413, [("file", "TOO_LARGE")])
    assert kept(tmp_path) == []


async def _first(chunks: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield await anext(chunks)


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    """Without saying beforehand how much it is."""
    for place in range(0, len(content), 65_536):
        yield content[place : place + 65_536]


async def test_the_largest_file_is_taken_and_comes_back_whole(people: Client) -> None:
    partner = await people("partner")
    content = PDF[:9] + b"0" * (LARGEST - len(PDF)) + PDF[9:]
    made = (await hand_in(partner, content)).json()
    assert made["size"] == LARGEST
    assert (await fetched(partner, made["path"])).content == content


async def test_one_key_hands_in_once(place: Place, people: Client, tmp_path: Path) -> None:
    partner = await people("partner")
    answers = await asyncio.gather(*(hand_in(partner, PDF, idempotencyKey="once") for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await rows(place)) == len(kept(tmp_path)) == 1
    other = await hand_in(partner, DOCX, idempotencyKey="once")
    assert other.status_code == 409
    odd = await hand_in(partner, PDF, idempotencyKey="\u00e9")
    assert problems_of(odd) == [("idempotencyKey", "MALFORMED")]
    assert len(await rows(place)) == len(kept(tmp_path)) == 1


async def test_a_row_that_is_refused_leaves_no_object(
    app: Starlette, people: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise OSError("the database went away")

    monkeypatch.setattr("hub.files.actions._add", refuse)
    answer = await hand_in(await people("partner"), PDF)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert kept(tmp_path) == []


async def test_a_store_that_fails_is_told_and_leaves_no_row(
    place: Place, people: Client, tmp_path: Path
) -> None:
    (tmp_path / "files").write_text("no folder")
    answer = await hand_in(await people("partner"), PDF)
    assert answer.status_code == 503
    assert "The store of files does not answer" in answer.text
    assert await rows(place) == []


async def test_another_site_hands_nothing_in(place: Place, people: Client) -> None:
    browser = await people("partner", in_person=True)
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example.org"}):
        answer = await browser.http.post("/files?name=a.pdf", content=PDF, headers=browser.headers | header)
        assert answer.status_code == 403
    assert await rows(place) == []
    assert (await hand_in(browser, PDF)).status_code == 201


async def test_a_token_that_only_reads_hands_nothing_in(place: Place, people: Client) -> None:
    browser = await people("partner", in_person=True)
    given = {"label": "A reader", "access": "READ", "expiresOn": day(30)}
    made = await browser.do("createApiToken", "secret", **given)
    reader = Person(browser.http, made["secret"])
    answer = await hand_in(reader, PDF)
    assert (answer.status_code, "This token only reads" in answer.text) == (403, True)
    path = (await hand_in(browser, PDF)).json()["path"]
    assert (await fetched(reader, path)).content == PDF


async def test_a_file_never_changes_whoever_asks(place: Place, people: Client) -> None:
    await hand_in(await people("partner"), PDF)
    partner = await people("partner")
    for method in ("PUT", "PATCH", "DELETE"):
        (row,) = await rows(place)
        answer = await partner.http.request(method, f"/files/{row.id}", headers=partner.headers)
        assert answer.status_code == 405


# -- getting -------------------------------------------------------------------------------------------


async def test_a_file_alone_is_seen_by_its_organisation_only(people: Client) -> None:
    made = (await hand_in(await people("partner"), PDF)).json()
    missing = "/files/01a20ba3-c43a-7014-bf53-c7b910e27a9f"
    for name in IDENTITIES:
        person = await people(name)
        answer = await fetched(person, made["path"])
        if name in UPLOADERS:
            assert (answer.status_code, answer.content) == (200, PDF)
            continue
        absent = await fetched(person, missing)
        assert (answer.status_code, answer.text) == (absent.status_code, absent.text) == (404, absent.text), (
            name
        )
        node = await person.data("query($id: ID!) { node(id: $id) { id } }", id=made["id"])
        assert node == {"node": None}


async def test_a_download_is_kept_and_never_shown(people: Client) -> None:
    partner = await people("partner")
    made = (await hand_in(partner, PDF, "ลง.pdf")).json()
    answer = await fetched(partner, made["path"])
    headers = answer.headers
    assert headers["content-type"] == "application/pdf"
    assert headers["content-length"] == str(len(PDF))
    disposition = "attachment; filename=\"document.pdf\"; filename*=UTF-8''%E0%B8%A5%E0%B8%87.pdf"
    assert headers["content-disposition"] == disposition
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert headers["cache-control"] == "private, no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert {name.strip() for name in headers["vary"].split(",")} == {"Cookie", "Authorization"}
    head = await partner.http.head(made["path"], headers=partner.headers)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(PDF)))


async def test_no_shared_cache_keeps_what_somebody_may_not_see(people: Client) -> None:
    made = (await hand_in(await people("partner"), PDF)).json()
    for person in (await people("reviewer"), await people()):
        answer = await fetched(person, made["path"])
        assert answer.status_code == 404
        assert "no-store" in answer.headers["cache-control"]


async def test_a_name_that_means_harm_is_a_name(people: Client) -> None:
    partner = await people("partner")
    given = 'a"; filename="b.exe\r\nSet-Cookie: c=d\\x“ลง”.pdf'
    made = await hand_in(partner, PDF, given)
    if made.status_code == 422:
        assert problems_of(made) == [("name", "CONTROL_CHARACTER")]
        made = await hand_in(partner, PDF, given.replace("\r\n", ""))
    headers = (await fetched(partner, made.json()["path"])).headers
    assert "set-cookie" not in headers
    assert headers["content-disposition"] == (
        "attachment; filename=\"x.pdf\"; filename*=UTF-8''x%E2%80%9C%E0%B8%A5%E0%B8%87%E2%80%9D.pdf"
    )


@pytest.mark.parametrize("id", ["x", "..%2f..%2fetc%2fpasswd", "00000000-0000-0000-0000-000000000000", "%00"])
async def test_an_address_that_names_no_file_is_not_found(id: str, people: Client) -> None:
    assert (await fetched(await people("partner"), f"/files/{id}")).status_code == 404


async def test_a_row_whose_object_is_gone_is_no_empty_file(people: Client, tmp_path: Path) -> None:
    partner = await people("partner")
    made = (await hand_in(partner, PDF)).json()
    (key,) = kept(tmp_path)
    (tmp_path / "files" / key).unlink()
    answer = await fetched(partner, made["path"])
    assert (answer.status_code, "The hub is busy" in answer.text) == (503, True)


# -- the store and the table ---------------------------------------------------------------------------


def test_a_store_that_cannot_be_is_refused_at_the_start() -> None:
    for url in ("nonsense", "gopher://a/b", "", "file:///dev/null/files"):
        with pytest.raises(SetUpError, match="HUB_STORAGE_URL"):
            Store.at(url)


def test_files_are_kept_beside_the_database_unless_told_otherwise(tmp_path: Path) -> None:
    assert Settings(data_dir=tmp_path).storage == (tmp_path / "files").as_uri()
    assert Settings(data_dir=tmp_path, storage_url="s3://bucket/hub").storage == "s3://bucket/hub"


async def test_a_new_data_folder_is_marked_as_the_hubs_own(tmp_path: Path) -> None:
    await Store.of(Settings(data_dir=tmp_path / "new")).examine()
    assert {file.name for file in (tmp_path / "new").iterdir()} == {DATA_FOLDER_MARK, "files"}
    (tmp_path / "file").write_text("")
    with pytest.raises(SetUpError, match="cannot be written"):
        Store.of(Settings(data_dir=tmp_path / "file"))


async def test_a_store_is_examined_by_using_it(tmp_path: Path) -> None:
    store = Store.of(Settings(data_dir=tmp_path))
    await store.examine()
    assert kept(tmp_path) == []
    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("")
    with pytest.raises(Unavailable):
        await store.examine()


async def test_the_table_takes_no_file_of_another_kind_or_size(place: Place, people: Client) -> None:
    await hand_in(await people("partner"), PDF)
    for change in ("media_type = 'text/html'", "size = 0", f"size = {LARGEST + 1}"):
        async with as_owner(place) as owner:
            with pytest.raises(DBAPIError, match="check constraint"):
                await owner.execute(text(f"update hub.files set {change}"))
            await owner.rollback()
