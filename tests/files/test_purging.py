"""Files that are attached to nothing go, and objects that no row refers to; nothing else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from starlette.applications import Starlette

from hub.config import Settings
from hub.database import Place
from hub.db.engine import Database
from hub.errors import Unavailable
from hub.files.limits import LOOSE_DAYS
from hub.files.purging import AT_ONCE, purge_files
from hub.files.store import Store
from schema.compiler.ids import parse
from tests.conftest import Client
from tests.files.conftest import fetched, hand_in
from tests.files.samples import PDF
from tests.files.test_files import kept, problems_of, rows
from tests.files.test_limits import announced
from tests.organisations.applications import AGREED, CONTENT, saved, set_vetting
from tests.policy.clones import as_owner

LOOSE = timedelta(days=LOOSE_DAYS)
HOUR = timedelta(hours=1)


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The pools of a worker that purges."""
    opened = Database(place.login, pool_size=2)
    yield opened
    await opened.dispose()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """The store of the application."""
    return Store.of(Settings(data_dir=tmp_path))


async def age(place: Place, by: timedelta, *ids: str) -> None:
    """Let the files, and what is said of them, be older."""
    keys = list(keys_of(*ids))
    async with as_owner(place) as owner:
        given = {"by": by, "ids": keys}
        await owner.execute(
            text("update hub.files set created_at = created_at - cast(:by as interval) where id = any(:ids)"),
            given,
        )
        await owner.execute(text("alter table hub.vetting_documents disable trigger user"))
        await owner.execute(
            text(
                "update hub.vetting_documents set removed_at = removed_at - cast(:by as interval)"
                " where file_id = any(:ids)"
            ),
            given,
        )
        await owner.execute(text("alter table hub.vetting_documents enable trigger user"))


async def handed_in(person: Any, count: int) -> list[str]:
    """The ids of so many files."""
    return [(await hand_in(person, PDF)).json()["id"] for _ in range(count)]


async def names(place: Place) -> set[Any]:
    """The ids of all files."""
    return {row.id for row in await rows(place)}


def keys_of(*ids: str) -> set[Any]:
    """The ids as the database has them."""
    return {found[1] for found in map(parse, ids) if found}


async def test_what_is_attached_to_nothing_goes_after_some_days(
    place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    old, young, new = await handed_in(await people("partner"), 3)
    await age(place, LOOSE + HOUR, old)
    await age(place, LOOSE - HOUR, young)
    assert await purge_files(database, store) == 1
    left = await rows(place)
    assert {row.id for row in left} == keys_of(young, new)
    assert kept(tmp_path) == sorted(row.object_key for row in left)
    assert await announced(place) == 0
    assert await purge_files(database, store) == 0


async def test_what_was_submitted_stays_and_what_was_taken_off_a_draft_goes(
    place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    first, second, third = await handed_in(focal_point, 3)
    draft = await saved(focal_point, **CONTENT, statements=AGREED, documentIds=[first, second, third])
    await age(place, 10 * LOOSE, first, second, third)
    assert await purge_files(database, store) == 0, "a draft is something"
    given = {**CONTENT, "statements": AGREED}
    draft = await saved(focal_point, **given, documentIds=[first, second], expectedVersion=draft["version"])
    await age(place, LOOSE - HOUR, third)
    assert await purge_files(database, store) == 0, "the days count from when it was taken off"
    await age(place, 2 * HOUR, third)
    assert await purge_files(database, store) == 1
    assert await names(place) == keys_of(first, second)
    await saved(focal_point, **given, documentIds=[first], expectedVersion=draft["version"])
    await focal_point.do("submitVettingApplication", id=draft["id"])
    await age(place, LOOSE + HOUR, second)
    assert await purge_files(database, store) == 1, "nobody was ever shown it"
    assert await names(place) == keys_of(first)
    assert len(kept(tmp_path)) == 1
    shown = await (await people("staff")).data(
        "query($id: ID!) { node(id: $id) { ... on VettingApplication { documents { id } } } }", id=draft["id"]
    )
    assert shown["node"]["documents"] == [{"id": first}]


async def test_nobody_is_disturbed_who_drafts_at_that_moment(
    place: Place, people: Client, database: Database, store: Store
) -> None:
    (id,) = await handed_in(await people("partner"), 1)
    await age(place, LOOSE + HOUR, id)
    lock = text(
        "select pg_advisory_xact_lock(hashtextextended('vetting of ' || organisation_id, 0)) from hub.files"
    )
    async with as_owner(place) as drafting:
        await drafting.execute(lock)
        assert await purge_files(database, store) == 0
    assert await purge_files(database, store) == 1


async def test_who_attaches_at_that_moment_has_the_file(
    place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    (id,) = await handed_in(focal_point, 1)
    await saved(focal_point)
    await age(place, LOOSE + HOUR, id)
    async with as_owner(place) as attaching:
        await attaching.execute(
            text(
                "insert into hub.vetting_documents (application_id, file_id, organisation_id)"
                " select a.id, f.id, f.organisation_id from hub.files f join hub.vetting_applications a"
                " on a.organisation_id = f.organisation_id and a.state = 'DRAFT'"
            )
        )
        assert await purge_files(database, store) == 0
    assert await purge_files(database, store) == 0
    assert await names(place) == keys_of(id)
    assert len(kept(tmp_path)) == 1


async def test_who_attaches_too_late_is_told_what_to_do(place: Place, people: Client) -> None:
    await set_vetting(place, "APPLIED")
    focal_point = await people("focal-point")
    (id,) = await handed_in(focal_point, 1)
    lock = text(
        "select pg_advisory_xact_lock(hashtextextended('vetting of ' || organisation_id, 0)) from hub.files"
    )
    async with as_owner(place) as purging:
        await purging.execute(lock)
        attaching = asyncio.create_task(focal_point.do("saveVettingApplication", documentIds=[id]))
        await waiting(place)
        await purging.execute(text("delete from hub.files"))
    payload = await attaching
    assert payload["__typename"] == "InvalidInput"
    (problem,) = payload["problems"]
    assert (problem["path"], problem["code"]) == (["documentIds", "0"], "UNKNOWN")
    assert "upload it" in problem["message"]


async def waiting(place: Place) -> None:
    """Until somebody waits for a lock."""
    for _ in range(500):
        async with as_owner(place) as owner:
            blocked = text(
                "select count(*) from pg_stat_activity where cardinality(pg_blocking_pids(pid)) > 0"
            )
            if await owner.scalar(blocked):
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody waits")


async def test_what_a_crash_left_in_the_store_is_removed(
    app: Starlette, place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    made = (await hand_in(await people("partner"), PDF)).json()
    async with as_owner(place) as owner:  # as between the object and its row, an hour ago, many times
        for number in range(AT_ONCE + 1):
            (tmp_path / "files" / f"{number:032x}").write_bytes(PDF)
            await owner.execute(
                text(
                    "insert into hub.unowned_objects"
                    " select :key, organisation_id, uploaded_by_id, 9, now() from hub.files"
                ),
                {"key": f"{number:032x}"},
            )
        await owner.execute(
            text("update hub.unowned_objects set object_key = 'missing' where object_key like '%003'")
        )
        await owner.execute(
            text(
                "insert into hub.unowned_objects select 'young', organisation_id, uploaded_by_id, 9,"
                " now() + interval '1 minute' from hub.files"
            )
        )
    (tmp_path / "files" / "young").write_bytes(PDF)
    (tmp_path / "files" / "of another program").write_bytes(PDF)
    (tmp_path / "files" / f"{3:032x}").unlink()
    await purge_files(database, store)
    assert len(kept(tmp_path)) == 3
    assert {"young", "of another program"} < set(kept(tmp_path))
    assert await announced(place) == 1
    assert (await fetched(await people("partner"), made["path"])).content == PDF


async def test_a_store_that_is_away_is_asked_again(
    place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    (id,) = await handed_in(await people("partner"), 1)
    await age(place, LOOSE + HOUR, id)
    (tmp_path / "files").rename(tmp_path / "away")
    (tmp_path / "files").write_text("no folder")
    with pytest.raises(Unavailable):
        await purge_files(database, store)
    assert (await names(place), await announced(place)) == (set(), 1)
    (tmp_path / "files").unlink()
    (tmp_path / "away").rename(tmp_path / "files")
    assert await purge_files(database, store) == 0
    assert (kept(tmp_path), await announced(place)) == ([], 0)


async def test_what_the_store_keeps_back_holds_up_no_other(
    place: Place, people: Client, database: Database, store: Store, tmp_path: Path
) -> None:
    ids = await handed_in(await people("partner"), 5)
    await age(place, LOOSE + HOUR, *ids)
    held = tmp_path / "files" / kept(tmp_path)[2]
    held.unlink()
    (held / "within").mkdir(parents=True)  # what is not empty is not removed
    with pytest.raises(Unavailable):
        await purge_files(database, store)
    assert (await names(place), await announced(place), kept(tmp_path)) == (set(), 1, [])


async def test_a_row_never_takes_over_what_may_be_removed(
    place: Place, people: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = Store.put

    async def slow(store: Store, key: str, file: Any) -> None:
        await put(store, key, file)
        async with as_owner(place) as owner:
            await owner.execute(text("update hub.unowned_objects set removable_at = now()"))

    monkeypatch.setattr(Store, "put", slow)
    answer = await hand_in(await people("partner"), PDF)
    assert (answer.status_code, "took too long to be kept" in answer.text) == (503, True)
    assert (await rows(place), kept(tmp_path), await announced(place)) == ([], [], 0)


async def test_what_is_given_up_while_it_is_kept_leaves_nothing(
    place: Place,
    people: Client,
    database: Database,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put = Store.put

    async def stuck(store: Store, key: str, file: Any) -> None:
        await put(store, key, file)
        await asyncio.sleep(30)

    monkeypatch.setattr(Store, "put", stuck)
    sending = asyncio.create_task(hand_in(await people("partner"), PDF))
    for _ in range(500):
        if kept(tmp_path):
            break
        await asyncio.sleep(0.01)
    assert await announced(place) == 1
    sending.cancel()
    await asyncio.wait([sending])
    assert (await rows(place), kept(tmp_path)) == ([], [])
    assert await announced(place) == 1, "the store may still be writing it"
    await purge_files(database, store)
    assert await announced(place) == 0


async def test_a_key_whose_file_was_purged_says_so(
    place: Place, people: Client, database: Database, store: Store
) -> None:
    partner = await people("partner")
    made = (await hand_in(partner, PDF, idempotencyKey="once")).json()
    await age(place, LOOSE + HOUR, made["id"])
    assert await purge_files(database, store) == 1
    again = await hand_in(partner, PDF, idempotencyKey="once")
    assert (again.status_code, "Send a new one" in again.text) == (409, True)
    assert problems_of(await hand_in(partner, b"", idempotencyKey="new")) == [("file", "EMPTY")]


async def test_what_is_attached_is_what_refers_to_files(place: Place) -> None:
    """Whoever lets files be attached to something else has to tell hub.purge_files and hub.file_usage."""
    references = text("select conname from pg_constraint where confrelid = 'hub.files'::regclass")
    async with as_owner(place) as owner:
        assert (await owner.scalars(references)).all() == ["fk_vetting_documents_file"]


async def test_one_worker_purges_at_a_time(place: Place, database: Database, store: Store) -> None:
    async with as_owner(place) as owner:
        await owner.execute(text("select pg_advisory_xact_lock(7205017)"))
        assert await purge_files(database, store) is None
    assert await purge_files(database, store) == 0
