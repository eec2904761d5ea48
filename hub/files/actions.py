"""Handing a file in: looked at first, then kept, then written down, once for one idempotency key."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import structlog
from sqlalchemy import select, text

from hub import policy
from hub.act import Act, acting, is_used, once
from hub.db.engine import Database
from hub.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem, Unavailable
from hub.files.limits import Limits, alone, require_room
from hub.files.media import LARGEST, MediaType
from hub.files.models import StoredFile
from hub.files.names import clean
from hub.files.store import CHUNK, Store, new_key
from hub.files.unusable import Unusable
from hub.identity.actor import Actor, Means
from hub.policy import Action
from hub.texts import SHORT, Problems

log = structlog.get_logger("hub.files")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found out about a file before it is kept."""

    name: str
    kind: MediaType
    size: int
    sha256: bytes


def require_uploader(actor: Actor) -> None:
    """Refuse whoever may not hand files in, before any of one is read."""
    if actor.is_public:
        raise NotAllowed("Sign in first.")
    if actor.means is Means.READER:
        raise NotAllowed("This token only reads. Make one that writes too, or sign in.")
    policy.require(actor, Action.FILE_UPLOAD, StoredFile(organisation_id=actor.organisation_id))


async def require_room_for(
    database: Database, limits: Limits, actor: Actor, now: datetime, *, size: int, key: str | None
) -> None:
    """Refuse what there would be no room for, before it is read. What was handed in before needs none."""
    async with acting(database, actor, now) as act:
        if not await is_used(act, key):
            await require_room(act, limits, size, "file")


async def upload(
    database: Database,
    store: Store,
    limits: Limits,
    actor: Actor,
    now: datetime,
    *,
    name: str | None,
    file: IO[bytes],
    field: str = "file",
    key: str | None = None,
) -> StoredFile:
    """Keep the file for the actor's organisation; nobody else sees it until it is attached to something.

    The object is announced, then written, then a row takes it over: what is interrupted leaves nothing that
    anybody sees, and what is left of it the next purge removes (hub/files/purging.py).
    """
    require_uploader(actor)
    looked = await _look(name, file, field)
    object_key = new_key()
    async with acting(database, actor, now) as act:
        await alone(act)
        if not await is_used(act, key):
            await require_room(act, limits, looked.size, field)
        await act.session.execute(_ANNOUNCE, {"key": object_key, "size": looked.size})
    is_there = False
    try:
        await store.put(object_key, file)
        is_there = True
        async with acting(database, actor, now) as act:
            given = {"name": looked.name, "sha256": looked.sha256.hex()}
            id = await once(act, key, "UploadFile", given, lambda act: _add(act, looked, object_key))
            made = await _made(act, id)
    except BaseException:  # whoever gives up waiting is no reason to leave something behind
        await asyncio.shield(_give_up(database, store, actor, object_key, is_there=is_there))
        raise
    if made.object_key != object_key:  # handed in before, under the same key
        await _give_up(database, store, actor, object_key, is_there=True)
    return made


_ANNOUNCE = text("select hub.announce_object(:key, :size)")
_OWN = text("select hub.own_object(:key)")
_DISOWN = text("select hub.disown_object(:key)")
_FORGET = text("select hub.forget_objects(array[:key])")


async def _made(act: Act, id: uuid.UUID) -> StoredFile:
    try:
        return await act.see(StoredFile, id, "File")
    except NotFound:
        raise Conflict(
            "This idempotencyKey was used for a file that was removed, since it was attached to nothing. "
            "Send a new one."
        ) from None


async def _give_up(
    database: Database, store: Store, actor: Actor, object_key: str, *, is_there: bool
) -> None:
    """Remove the object, unless a row has it after all. What fails here is left for the next purge.

    So is what the store may still be writing, since whoever waited for it was interrupted.
    """
    try:
        async with database.writing(actor) as session:
            is_ours = await session.scalar(_DISOWN, {"key": object_key})
        if not is_ours:
            return
        await store.remove(object_key)
        if is_there:
            async with database.writing(actor) as session:
                await session.execute(_FORGET, {"key": object_key})
    except Exception:  # whatever it is must not take the place of why the object is given up
        log.warning("an object without a row was left in the store", exc_info=True)


async def _look(name: str | None, file: IO[bytes], field: str) -> Looked:
    from hub.files.kinds import kind_of  # what reads archives is loaded when the first file comes

    problems = Problems()
    given = problems.text(name, "name", longest=5 * SHORT)
    size = await asyncio.to_thread(file.seek, 0, 2)
    if size == 0:
        problems.add(field, code="EMPTY", message="choose a file with something in it; this one is empty")
    elif size > LARGEST:
        problems.add(field, code="TOO_LARGE", message=TOO_LARGE)
    problems.check()
    try:
        kind = await asyncio.to_thread(kind_of, file, size)
    except Unusable as wrong:
        raise InvalidInput([Problem((field,), wrong.code, wrong.message)]) from None
    digest = await asyncio.to_thread(_digest, file)
    return Looked(clean(given or "", kind), kind, size, digest)


TOO_LARGE = f"choose a file of at most {LARGEST // 1_000_000} MB"


def _digest(file: IO[bytes]) -> bytes:
    found = hashlib.sha256()
    file.seek(0)
    while part := file.read(CHUNK):
        found.update(part)
    return found.digest()


async def _add(act: Act, looked: Looked, object_key: str) -> StoredFile:
    made = StoredFile(
        organisation_id=act.actor.organisation_id,
        name=looked.name,
        media_type=looked.kind.value,
        size=looked.size,
        sha256=looked.sha256,
        object_key=object_key,
        uploaded_by_id=act.person_id,
        is_demonstration=await act.is_demonstration(),
    )
    policy.require(act.actor, Action.FILE_UPLOAD, made)
    if not await act.session.scalar(_OWN, {"key": object_key}):
        raise Unavailable("This took too long to be kept. Hand the file in again.")
    await act.add(made)
    act.record(Action.FILE_UPLOAD, made, type=looked.kind.value, size=looked.size)
    return made


async def find(database: Database, actor: Actor, id: uuid.UUID) -> StoredFile:
    """The file's row, if the actor sees it; NotFound in the same words whether it is hidden or missing."""
    if not actor.is_public:
        seen = policy.visible(StoredFile, actor)
        statement = select(StoredFile).where(StoredFile.id == id)
        async with database.writing(actor) as session:
            row = await session.scalar(statement if seen is None else statement.where(seen))
        if row is not None:
            return row
    raise NotFound("File")
