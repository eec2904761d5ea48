"""Small files of every kind that may be handed in, and of kinds that may not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from hub.files.media import MediaType

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + b"\x00" * 100 + b"\xff\xd9"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    + _chunk(b"IEND", b"")
)


def archive(parts: Mapping[str, str | bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of the parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", packing) as parts_of:
        for name, body in parts.items():
            parts_of.writestr(name, body)
    return made.getvalue()


def declaring(part: str, content_type: str) -> str:
    """What an Office Open XML package says of its main part."""
    namespace = "http://schemas.openxmlformats.org/package/2006/content-types"
    override = f'<Override PartName="/{part}" ContentType="{content_type}"/>'
    return f'<?xml version="1.0"?><Types xmlns="{namespace}">{override}</Types>'


def office(part: str, kind: str, **more: str) -> bytes:
    """A package whose main part is of the kind."""
    return archive({"[Content_Types].xml": declaring(part, kind), part: "<x/>", **more})


DOCX = office("word/document.xml", f"{MediaType.DOCX}.main+xml")
XLSX = office("xl/workbook.xml", f"{MediaType.XLSX}.main+xml")
ODT = archive({"mimetype": MediaType.ODT.value, "content.xml": "<x/>"})

GOOD: Mapping[MediaType, bytes] = {
    MediaType.PDF: PDF,
    MediaType.PNG: PNG,
    MediaType.JPEG: JPEG,
    MediaType.DOCX: DOCX,
    MediaType.XLSX: XLSX,
    MediaType.ODT: ODT,
}


def locked(content: bytes) -> bytes:
    """The archive, saying of its parts that they are encrypted."""
    for header, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        parts = content.split(header)
        parts[1:] = [
            part[: place - 4] + bytes([part[place - 4] | 1]) + part[place - 3 :] for part in parts[1:]
        ]
        content = header.join(parts)
    return content


MACROS = "application/vnd.ms-word.document.macroEnabled.main+xml"

BAD: Mapping[str, tuple[bytes, str]] = {
    # what it is: its bytes, and the code of the problem
    "text": (b"Dear Sir or Madam", "UNKNOWN_TYPE"),
    "HTML": (b"<!doctype html><script>alert(1)</script>", "UNKNOWN_TYPE"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "UNKNOWN_TYPE"),
    "a program": (b"\x7fELF" + b"\x00" * 200, "UNKNOWN_TYPE"),
    "a program for Windows": (b"MZ" + b"\x00" * 200, "UNKNOWN_TYPE"),
    "a GIF": (b"GIF89a" + b"\x00" * 200, "UNKNOWN_TYPE"),
    "space before a PDF": (b"\n" + PDF, "UNKNOWN_TYPE"),
    "a ZIP of anything": (archive({"a.txt": "a"}), "UNKNOWN_TYPE"),
    "a presentation": (office("ppt/presentation.xml", "application/x.main+xml"), "UNKNOWN_TYPE"),
    "a DOCX that says XLSX": (office("word/document.xml", f"{MediaType.XLSX}.main+xml"), "UNKNOWN_TYPE"),
    "a DOCX that may hold macros": (office("word/document.xml", MACROS), "UNKNOWN_TYPE"),
    "a DOCX with macros": (
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", **{"word/vbaProject.bin": "x"}),
        "HAS_MACROS",
    ),
    "an ODT with macros": (
        archive({"mimetype": MediaType.ODT.value, "content.xml": "<x/>", "Basic/a.xml": "x"}),
        "HAS_MACROS",
    ),
    "a spreadsheet of OpenDocument": (
        archive({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
        "UNKNOWN_TYPE",
    ),
    "a package with entities": (
        archive({"[Content_Types].xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>', "word/document.xml": ""}),
        "BROKEN",
    ),
    "a package with entities in another alphabet": (
        archive(
            {
                "[Content_Types].xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'.encode("utf-16"),
                "word/document.xml": "",
            }
        ),
        "BROKEN",
    ),
    "a DOCX that is packed otherwise": (archive({"word/document.xml": ""}, zipfile.ZIP_LZMA), "BROKEN"),
    "a DOCX with a password": (locked(DOCX), "ENCRYPTED"),
    "half a PDF": (PDF[:40], "BROKEN"),
    "half a PNG": (PNG[:-20], "BROKEN"),
    "a PNG with a bit turned": (PNG[:40] + bytes([PNG[40] ^ 1]) + PNG[41:], "BROKEN"),
    "half a JPEG": (JPEG[:-2], "BROKEN"),
    "half a DOCX": (DOCX[:-30], "BROKEN"),
    "a DOCX with a bit turned": (DOCX[:60] + bytes([DOCX[60] ^ 1]) + DOCX[61:], "BROKEN"),
    "a PDF that is a ZIP too": (PDF + archive({"a.txt": "a"}), "MIXED"),
    "a PDF that is a page too": (PDF[:9] + b"<html><script>" + PDF[9:], "MIXED"),
    "a PNG with more behind it": (PNG + b"<script>alert(1)</script>", "MIXED"),
    "a JPEG that is a ZIP too": (JPEG[:-2] + archive({"a.txt": "a"}), "MIXED"),
    "a DOCX with more behind it": (DOCX + b"<script>", "BROKEN"),
    "a DOCX that unpacks to much": (
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", **{"word/zeros": "0" * 101_000_000}),
        "TOO_LARGE",
    ),
}
