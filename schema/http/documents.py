"""Documents that a client names by their SHA-256: registered at the start, or kept because one was sent."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

from schema.http.reading import Asked
from schema.http.refusals import BadRequest

MOST_KEPT = 1_000
LONGEST_KEPT = 20_000
"""Characters; a longer document is run and not kept, so that few clients cannot fill the memory."""


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

    def __len__(self) -> int:
        return len(self._kept)

    def document(self, asked: Asked, *, is_limited: bool) -> str:
        """The document to run, which is kept where the client named it too.

        `is_limited`: the caller may run registered documents only. BadRequest where it is not known, is
        another than its name says, or is not the caller's to run.
        """
        sent, digest = asked.document, asked.digest
        found = sent if sent is not None else self._known(digest or "", registered_only=is_limited)
        if found is None:
            raise _not_found(digest)
        if is_limited and found not in self._texts:
            raise BadRequest(
                "Without signing in, only registered documents run. Sign in, or send the documentId of one.",
                403,
                code="NOT_REGISTERED",
            )
        if sent is not None and digest is not None:
            self._keep(digest, sent)
        return found

    def _known(self, digest: str, *, registered_only: bool) -> str | None:
        found = self._registered.get(digest)
        if found is None and not registered_only:
            found = self._kept.get(digest)
            if found is not None:
                self._kept.move_to_end(digest)
        return found

    def _keep(self, digest: str, document: str) -> None:
        if digest_of(document) != digest:
            raise BadRequest("The SHA-256 is not that of query: send the hash of the very text, in UTF-8.")
        if len(document) <= LONGEST_KEPT and digest not in self._registered:
            self._kept[digest] = document
            self._kept.move_to_end(digest)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


def _not_found(digest: str | None) -> BadRequest:
    """In the words and under the code by which clients know that they have to send the document too."""
    return BadRequest(
        "PersistedQueryNotFound",
        None,
        code="PERSISTED_QUERY_NOT_FOUND",
        help=f"Nothing is known under sha256:{digest}: send query together with this hash.",
    )
