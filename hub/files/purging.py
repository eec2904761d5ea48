"""Files that are attached to nothing go after some days, and objects of the store that no row refers to."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from hub.db.engine import Database
from hub.errors import Unavailable
from hub.files.store import Store

AT_ONCE: Final = 20
"""Objects that are removed in one transaction, which ends when the store has answered for each."""
_PURGE: Final = text("select hub.purge_files()")
_REMOVABLE: Final = text("select hub.removable_objects(:most)")
_FORGET: Final = text("select hub.forget_objects(:keys)")


async def purge_files(database: Database, store: Store) -> int | None:
    """Delete what `hub.purge_files` says is over, then its objects; how many files. None: another does.

    The rows go first: an object that stays for a while is nobody's, a row without one would be a broken file.
    """
    async with database.app.begin() as connection:
        gone: int | None = await connection.scalar(_PURGE)
    while await _remove_some(database, store):
        pass
    return gone


async def _remove_some(database: Database, store: Store) -> int:
    """Remove objects that no row refers to; how many. Unavailable where the store removes none of them."""
    removed: list[str] = []
    failure = None
    async with database.app.begin() as connection:
        keys = (await connection.scalars(_REMOVABLE, {"most": AT_ONCE})).all()
        for key in keys:
            try:
                await store.remove(key)
                removed.append(key)
            except Unavailable as error:  # one that the store keeps back holds up no other
                failure = error
        await connection.execute(_FORGET, {"keys": removed})
    if failure is not None and not removed:
        raise failure
    return len(removed)
