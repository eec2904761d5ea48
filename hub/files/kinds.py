"""What a file is, told by its content alone. Whatever is two things at once, or only half of one, is none.

That a file is what it says does not make it harmless. What a PDF does when it is opened (scripts, programs,
attachments), what fields and formulas of a document ask for, and where a link leads that somebody follows, is
not looked at: much of that is packed or encrypted. The hub opens none of it and shows none of it; it hands
the file on as it came, to be kept.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Final

from hub.files.media import MediaType
from hub.files.office import office_kind
from hub.files.unusable import Unusable, broken, mixed

HEAD: Final = 1024
"""Bytes in which readers of PDF and of pages look for the beginning of theirs."""
_ZIP: Final = b"PK\x03\x04"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_PDF: Final = b"%PDF-"
_END_OF_PDF: Final = b"%%EOF"
_MARKUP: Final = re.compile(
    rb"<(!doctype|html|head|title|body|script|style|svg|iframe|img|\?php)", re.IGNORECASE
)
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA
_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What is no part of a scan: any marker but those of restarts, and no byte that is written as two."""


def kind_of(file: IO[bytes], size: int) -> MediaType:
    """The type that the content is, wholly and only; Unusable where it is none. Reads all of it."""
    file.seek(0)
    head = file.read(HEAD)
    for start, judge in _JUDGES:
        if head.startswith(start):
            return judge(file, size, head)
    raise Unusable("UNKNOWN_TYPE", "choose a PDF, PNG, JPEG, DOCX, XLSX or ODT file; this is none of them")


def _pdf(file: IO[bytes], size: int, head: bytes) -> MediaType:
    """It begins and ends as one, and is neither a page nor an archive as well."""
    if _MARKUP.search(head) or _has_archive(file):
        raise mixed("PDF")
    _, end, after = _tail(file, size, HEAD).rpartition(_END_OF_PDF)
    if not end:
        raise broken("PDF")
    if after.strip(b"\r\n\t \x00"):
        raise mixed("PDF") if _MARKUP.search(after) else broken("PDF")
    return MediaType.PDF


def _png(file: IO[bytes], size: int, head: bytes) -> MediaType:
    """Every chunk is there and as it was written, and nothing follows the last."""
    file.seek(len(_PNG))
    names: list[bytes] = []
    while not names or names[-1] != b"IEND":
        header = file.read(8)
        if len(header) < 8:
            raise broken("PNG")
        length, name = struct.unpack(">I4s", header)
        body = file.read(length + 4) if length <= size else b""
        if len(body) < length + 4 or zlib.crc32(name + body[:-4]) != int.from_bytes(body[-4:]):
            raise broken("PNG")
        names.append(name)
    if names[0] != b"IHDR" or b"IDAT" not in names:
        raise broken("PNG")
    if file.read(1) or _is_more(file, head):
        raise mixed("PNG")
    return MediaType.PNG


def _jpeg(file: IO[bytes], size: int, head: bytes) -> MediaType:
    """Every segment and scan is there, and nothing follows but more pictures, as cameras write them."""
    if _is_more(file, head):
        raise mixed("JPEG")
    file.seek(0)
    content = file.read()
    place = 0
    while place < size:
        if not content.startswith(_JPEG, place):
            raise mixed("JPEG")
        place = _after_picture(content, place)
    return MediaType.JPEG


def _after_picture(content: bytes, place: int) -> int:
    """Where the picture ends that begins at the place."""
    place += 2
    is_framed = is_scanned = False
    while True:
        while content[place : place + 2] == b"\xff\xff":  # fill bytes
            place += 1
        if len(content) < place + 2 or content[place] != 0xFF:
            raise broken("JPEG")
        marker = content[place + 1]
        if marker == _JPEG_END and is_framed and is_scanned:
            return place + 2
        length = int.from_bytes(content[place + 2 : place + 4])
        place += 2 + length
        if length < 2 or place > len(content):
            raise broken("JPEG")
        is_framed = is_framed or marker in _JPEG_FRAMES
        if marker == _JPEG_SCAN:
            is_scanned = True
            after = _AFTER_SCAN.search(content, place)
            if after is None:
                raise broken("JPEG")
            place = after.start()


def _office(file: IO[bytes], size: int, head: bytes) -> MediaType:
    if _PDF in head:
        raise mixed("office")
    return office_kind(file, size)


def _is_more(file: IO[bytes], head: bytes) -> bool:
    """Whether a picture is read as a PDF, a page or an archive by whoever looks for these."""
    return _PDF in head or bool(_MARKUP.search(head)) or _has_archive(file)


def _has_archive(file: IO[bytes]) -> bool:
    """Whether it is a ZIP as well: such files begin with anything and end with their table of contents."""
    file.seek(0)
    return zipfile.is_zipfile(file)


def _tail(file: IO[bytes], size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read(length)


_JUDGES: Final[tuple[tuple[bytes, Callable[[IO[bytes], int, bytes], MediaType]], ...]] = (
    (_PDF, _pdf),
    (_PNG, _png),
    (_JPEG, _jpeg),
    (_ZIP, _office),
)
