"""Documents that a client names by their SHA-256: registered at the start, or kept because one was sent."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

from schema.http.reading import Asked
from schema.http.refusals import BadRequest

MOST_KEPT = 4_000_000
"""Characters of all documents that were kept because they were sent, so that nobody fills the memory."""
LONGEST_KEPT = 20_000
"""Characters; a longer document is run and not kept."""


def digest_of(document: str) -> str:
    """The name of a document; BadRequest where it is no text that can be sent."""
    try:
        return hashlib.sha256(document.encode()).hexdigest()
    except UnicodeEncodeError:
        raise BadRequest("query holds half a character (an unpaired surrogate); remove it.") from None


class PersistedDocuments:
    """The documents of one process; what it kept ends with it, and clients send it again."""

    def __init__(self, registered: Iterable[str] = ()) -> None:
        self._registered = {digest_of(document): document for document in registered}
        self._texts = frozenset(self._registered.values())
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._kept)

    def document(self, asked: Asked, *, is_limited: bool) -> str:
        """The document to run, which is kept where the client named it too.

        `is_limited`: the caller may run registered documents only. BadRequest where it is not known, is
        another than its name says, or is not the caller's to run.
        """
        sent, digest = asked.document, asked.digest
        found = sent if sent is not None else self._known(digest or "")
        if is_limited and found not in self._texts:
            raise BadRequest(
                "Without signing in, only registered documents run. Sign in, or send the documentId of one.",
                403,
                code="NOT_REGISTERED",
            )
        if found is None:
            raise _not_found(digest)
        if sent is not None and digest is not None:
            self._keep(digest, sent)
        return found

    def _known(self, digest: str) -> str | None:
        if digest in self._kept:
            self._kept.move_to_end(digest)
            return self._kept[digest]
        return self._registered.get(digest)

    def _keep(self, digest: str, document: str) -> None:
        if digest_of(document) != digest:
            raise BadRequest("The SHA-256 is not that of query: send the hash of the very text, in UTF-8.")
        if digest in self._kept:
            self._kept.move_to_end(digest)
        elif len(document) <= LONGEST_KEPT and digest not in self._registered:
            self._kept[digest] = document
            self._characters += len(document)
            while self._characters > MOST_KEPT:
                self._characters -= len(self._kept.popitem(last=False)[1])


def _not_found(digest: str | None) -> BadRequest:
    """In the words and under the code by which clients know that they have to send the document too."""
    return BadRequest(
        "PersistedQueryNotFound",
        None,
        code="PERSISTED_QUERY_NOT_FOUND",
        help=f"Nothing is known under sha256:{digest}: send query together with this hash.",
    )
