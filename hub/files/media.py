"""What may be handed in, and how large it is at most."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

LARGEST: Final = 10_000_000
"""Bytes of a file."""


class MediaType(StrEnum):
    """What may be handed in."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    ODT = "application/vnd.oasis.opendocument.text"


SUFFIXES: Final = MappingProxyType(
    {
        MediaType.PDF: (".pdf",),
        MediaType.PNG: (".png",),
        MediaType.JPEG: (".jpg", ".jpeg"),
        MediaType.DOCX: (".docx",),
        MediaType.XLSX: (".xlsx",),
        MediaType.ODT: (".odt",),
    }
)
"""What names of each type end with; the first is added where a name does not."""
