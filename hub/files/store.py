"""Where the content of files is kept: a folder, or a bucket, by the URL of the operator."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore, from_url

from hub.errors import SetUpError, Unavailable

CHUNK: Final = 1 << 18
"""Bytes that are read and sent at a time."""

log = structlog.get_logger("hub.files")


class Store:
    """Objects under random keys. Each is written whole or not at all."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    @classmethod
    def at(cls, url: str) -> Store:
        """The store at the URL (a folder is made where it is missing); SetUpError where it cannot be used."""
        more: dict[str, Any] = {"mkdir": True} if url.startswith("file:") else {}
        try:
            return cls(from_url(url, **more))
        except (BaseError, ValueError, TypeError) as error:
            raise SetUpError(
                f"HUB_STORAGE_URL {url!r} cannot be used ({type(error).__name__}). Write file:///folder, "
                "s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."
            ) from None

    async def put(self, file: IO[bytes]) -> str:
        """Keep the file's content; its key."""
        key = secrets.token_hex(16)
        with _answering():
            await obstore.put_async(self._objects, key, _chunks(file))
        return key

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """The content under the key, part by part. Unavailable, at once, where it is not to be had."""
        with _answering():
            found = await obstore.get_async(self._objects, key)

        async def parts() -> AsyncIterator[bytes]:
            async for part in found.stream(min_chunk_size=CHUNK):
                yield bytes(part)

        return parts()

    async def remove(self, key: str) -> None:
        """Take the object away that no row refers to."""
        with _answering():
            await obstore.delete_async(self._objects, key)


@contextmanager
def _answering() -> Iterator[None]:
    """Unavailable where the store does not do what it is asked; the log says what it said."""
    try:
        yield
    except (BaseError, OSError) as error:
        log.error("the store of files failed", exc_info=error)
        raise Unavailable("The store of files does not answer. Try again in a few seconds.") from error


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from its beginning. It may lie on a disk, which no other request waits for."""
    await asyncio.to_thread(file.seek, 0)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
