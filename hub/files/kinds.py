"""What a file is, told by its content alone. Whatever is two things at once, or only half of one, is none."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Final
from xml.etree import ElementTree

from hub.files.media import MediaType

MOST_UNPACKED: Final = 100_000_000
MOST_ENTRIES: Final = 5_000
LONGEST_ENTRY: Final = 1_000_000
"""Bytes of the part of an office file that says what the file is."""


_ZIP: Final = b"PK\x03\x04"
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_SIZE: Final = 22
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PROGRAMS: Final = ("vbaproject.bin", ".exe", ".dll", ".js")
_MARKUP: Final = (b"<html", b"<script", b"<svg", b"<!doctype")
_CONTENT_TYPES: Final = "{http://schemas.openxmlformats.org/package/2006/content-types}Override"


class Unusable(Exception):
    """Why a file cannot be taken: a stable code, and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def kind_of(file: IO[bytes], size: int) -> MediaType:
    """The type that the content is, wholly and only; Unusable where it is none. Reads all of it."""
    file.seek(0)
    head = file.read(1024)
    for start, judge in _JUDGES:
        if head.startswith(start):
            return judge(file, size, head)
    raise Unusable("UNKNOWN_TYPE", "choose a PDF, PNG, JPEG, DOCX, XLSX or ODT file; this is none of them")


def _pdf(file: IO[bytes], size: int, head: bytes) -> MediaType:
    if any(mark in head.lower() for mark in _MARKUP) or _has_archive(file):
        raise _mixed("PDF")
    if b"%%EOF" not in _tail(file, size, 1024):
        raise _broken("PDF")
    return MediaType.PDF


def _png(file: IO[bytes], size: int, _: bytes) -> MediaType:
    """Every chunk is there and as it was written, and nothing follows the last."""
    file.seek(len(_PNG))
    names: list[bytes] = []
    while not names or names[-1] != b"IEND":
        header = file.read(8)
        if len(header) < 8:
            raise _broken("PNG")
        length, name = struct.unpack(">I4s", header)
        body = file.read(length + 4) if length <= size else b""
        if len(body) < length + 4 or zlib.crc32(name + body[:-4]) != int.from_bytes(body[-4:]):
            raise _broken("PNG")
        names.append(name)
    if names[0] != b"IHDR" or b"IDAT" not in names:
        raise _broken("PNG")
    if file.read(1):
        raise _mixed("PNG")
    return MediaType.PNG


def _jpeg(file: IO[bytes], size: int, _: bytes) -> MediaType:
    if _has_archive(file):
        raise _mixed("JPEG")
    if size < 100 or not _tail(file, size, 2) == b"\xff\xd9":
        raise _broken("JPEG")
    return MediaType.JPEG


def _office(file: IO[bytes], size: int, _: bytes) -> MediaType:
    """A ZIP that is one of the office formats: every part can be read, and none of them is a program."""
    if not _tail(file, size, _ZIP_END_SIZE).startswith(_ZIP_END):
        raise _broken("office")
    try:
        with zipfile.ZipFile(file) as parts:
            entries = parts.infolist()
            _refuse_odd(entries)
            kind = _office_kind(parts, {entry.filename for entry in entries})
            if parts.testzip() is not None:
                raise _broken("office")
            return kind
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError):
        raise _broken("office") from None


def _refuse_odd(entries: list[zipfile.ZipInfo]) -> None:
    if not entries or min(entry.header_offset for entry in entries) != 0:
        raise _mixed("office")
    if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unusable("TOO_LARGE", "hand in a smaller document; unpacked, this one is more than 100 MB")
    if len({entry.filename for entry in entries}) != len(entries):
        raise _broken("office")
    for entry in entries:
        name = entry.filename.lower()
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _broken("office")
        if entry.flag_bits & 1:
            raise Unusable("ENCRYPTED", "take the password off the document and hand it in again")
        if name.endswith(_PROGRAMS) or name.startswith(("basic/", "scripts/")):
            raise Unusable("HAS_MACROS", "save the document without macros and hand it in again")


def _office_kind(parts: zipfile.ZipFile, names: set[str]) -> MediaType:
    """What the package says that it is."""
    if "mimetype" in names and "content.xml" in names:
        if _read(parts, "mimetype").strip() == MediaType.ODT.encode():
            return MediaType.ODT
    elif "[Content_Types].xml" in names:
        declared = _declared(_read(parts, "[Content_Types].xml"))
        for kind, main in ((MediaType.DOCX, "word/document.xml"), (MediaType.XLSX, "xl/workbook.xml")):
            if main in names and declared.get(f"/{main}") == f"{kind}.main+xml":
                return kind
    message = "choose a PDF, PNG, JPEG, DOCX, XLSX or ODT file; this archive is another kind of document"
    raise Unusable("UNKNOWN_TYPE", message)


def _declared(text: bytes) -> dict[str, str]:
    """Part -> type, as an Office Open XML package declares them."""
    try:
        written = text.decode("utf-8-sig")
        if "<!" in written:
            raise _broken("office")
        root = ElementTree.fromstring(written)  # noqa: S314 (no document type, so no entities)
    except (UnicodeDecodeError, ElementTree.ParseError):
        raise _broken("office") from None
    return {part.get("PartName", ""): part.get("ContentType", "") for part in root.iter(_CONTENT_TYPES)}


def _read(parts: zipfile.ZipFile, name: str) -> bytes:
    with parts.open(name) as part:
        return part.read(LONGEST_ENTRY)


def _has_archive(file: IO[bytes]) -> bool:
    """Whether it is a ZIP as well: such files begin with anything and end with their table of contents."""
    file.seek(0)
    return zipfile.is_zipfile(file)


def _tail(file: IO[bytes], size: int, length: int) -> bytes:
    file.seek(max(0, size - length))
    return file.read(length)


def _broken(kind: str) -> Unusable:
    return Unusable("BROKEN", f"this {kind} file is damaged or not whole; save it again and hand that in")


def _mixed(kind: str) -> Unusable:
    return Unusable("MIXED", f"there is more in this {kind} file than that; save it again and hand that in")


_JUDGES: Final[tuple[tuple[bytes, Callable[[IO[bytes], int, bytes], MediaType]], ...]] = (
    (b"%PDF-", _pdf),
    (_PNG, _png),
    (b"\xff\xd8\xff", _jpeg),
    (_ZIP, _office),
)
