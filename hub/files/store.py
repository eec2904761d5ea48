"""Where the content of files is kept: a folder, or a bucket, by the URL of the operator.

The library for it takes 5 MB of a worker; it is loaded where there is a URL, or when the first file comes.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, Final

import structlog

from hub.config import Settings
from hub.db import embedded
from hub.errors import SetUpError, Unavailable

if TYPE_CHECKING:
    from obstore.store import ObjectStore

CHUNK: Final = 1 << 18
"""Bytes that are read and sent at a time."""

log = structlog.get_logger("hub.files")


def new_key() -> str:
    """A key that nobody guesses, and that nothing stands under."""
    return secrets.token_hex(16)


class Store:
    """Objects under random keys. Each is written whole or not at all."""

    def __init__(self, url: str) -> None:
        self._url = url

    @classmethod
    def of(cls, settings: Settings) -> Store:
        """The store of the settings; SetUpError where it cannot be used."""
        if settings.storage_url is None:
            try:
                embedded.claim(settings.data_dir)
            except OSError as error:
                raise SetUpError(
                    f"{settings.data_dir} cannot be written ({error.strerror}). Change its permissions, name "
                    "another folder by HUB_DATA_DIR, or where files are kept by HUB_STORAGE_URL."
                ) from None
            return cls(settings.storage)
        return cls.at(settings.storage_url)

    @classmethod
    def at(cls, url: str) -> Store:
        """The store at the URL, opened; SetUpError where it cannot be used."""
        store = cls(url)
        _ = store._objects
        return store

    @cached_property
    def _objects(self) -> ObjectStore:
        """What the URL names; a folder is made where it is missing. SetUpError where it cannot be used."""
        from obstore.exceptions import BaseError
        from obstore.store import from_url

        url = self._url
        more: dict[str, Any] = {"mkdir": True} if url.startswith("file:") else {}
        try:
            return from_url(url, **more)
        except (BaseError, OSError, ValueError, TypeError) as error:
            reason = str(error).splitlines()[0] if isinstance(error, OSError) else type(error).__name__
            raise SetUpError(
                f"HUB_STORAGE_URL {url!r} cannot be used ({reason}). Write file:///folder, "
                "s3://bucket/prefix, gs://bucket/prefix or az://account/container/prefix."
            ) from None

    async def examine(self) -> None:
        """Write, read and remove something; Unavailable where that cannot be done."""
        key = new_key()
        await self.put(key, BytesIO(b"hub"))
        read = b"".join([part async for part in await self.get(key)])
        await self.remove(key)
        if read != b"hub":
            raise Unavailable("It gave something else than what was put there.")

    async def put(self, key: str, file: IO[bytes]) -> None:
        """Keep the file's content under the key."""
        from obstore import put_async

        with _answering():
            await put_async(self._objects, key, _chunks(file))

    async def get(self, key: str) -> AsyncIterator[bytes]:
        """The content under the key, part by part. Unavailable, at once, where it is not to be had."""
        from obstore import get_async

        with _answering():
            found = await get_async(self._objects, key)

        async def parts() -> AsyncIterator[bytes]:
            async for part in found.stream(min_chunk_size=CHUNK):
                yield bytes(part)

        return parts()

    async def remove(self, key: str) -> None:
        """Take the object away that no row refers to, if it is there at all."""
        from obstore import delete_async

        with _answering(), suppress(FileNotFoundError):
            await delete_async(self._objects, key)


@contextmanager
def _answering() -> Iterator[None]:
    """Unavailable where the store does not do what it is asked; the log says what it said."""
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, SetUpError) as error:
        log.error("the store of files failed", exc_info=error)
        raise Unavailable("The store of files does not answer. Try again in a few seconds.") from error


async def _chunks(file: IO[bytes]) -> AsyncIterator[bytes]:
    """The file from its beginning. It may lie on a disk, which no other request waits for."""
    await asyncio.to_thread(file.seek, 0)
    while chunk := await asyncio.to_thread(file.read, CHUNK):
        yield chunk
