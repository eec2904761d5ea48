"""Names of files: what is kept of the one that somebody gave, and how a download tells it to a browser."""

from __future__ import annotations

import unicodedata
from typing import Final
from urllib.parse import quote

from hub.files.media import SUFFIXES, MediaType

LONGEST: Final = 150
_UNUSABLE: Final = frozenset('<>:"|?*%')
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Characters that nobody sees, or that turn the direction of what is read: categories of Unicode."""


def clean(given: str, kind: MediaType) -> str:
    """The last part of the name, without what is no part of a name, ending as names of its type do."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if c in _UNUSABLE else c for c in name if unicodedata.category(c) not in _HIDDEN)
    name = " ".join(name.split()).rstrip(". ")
    stem, suffix = name, SUFFIXES[kind][0]
    for known in SUFFIXES[kind]:
        if name.lower().endswith(known):
            stem, suffix = name[: -len(known)], known
    stem = stem[: LONGEST - len(suffix)].strip(". ")
    return f"{stem or 'document'}{suffix}"


def disposition(name: str) -> str:
    """The Content-Disposition of a download (RFC 6266): to be kept, never to be shown. Safe for any name."""
    stem, _, suffix = (_plain(part) for part in name.rpartition("."))
    ending = f".{suffix}" if suffix else ""
    told = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{stem or 'document'}{ending}\"; filename*=UTF-8''{told}"


def _plain(text: str) -> str:
    """What every browser can read of it, without what ends a header or its quotes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "".join(c for c in plain if c.isalnum() or c in " ._-()").strip(". ")
