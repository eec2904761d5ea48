"""Small files of every kind that may be handed in, and of kinds that may not."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from hub.files.media import MediaType

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x00"))
    + _chunk(b"IEND", b"")
)


Parts = Mapping[str, str | bytes]
NOTHING: Parts = {}


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(more: bytes = b"", scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """A grey picture of 8 x 8, with more segments at its head."""
    tables = segment(0xDB, bytes(65)) + segment(0xC0, b"\x08\x00\x08\x00\x08\x01\x01\x11\x00")
    codes = segment(0xC4, bytes(17)) + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + scan
    return b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x01" + bytes(7)) + more + tables + codes + b"\xff\xd9"


JPEG = jpeg()


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


def office(part: str, kind: str, more: Parts = NOTHING, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A package whose main part is of the kind."""
    return archive({"[Content_Types].xml": declaring(part, kind), part: "<x/>", **more}, packing)


def docx(more: Parts = NOTHING) -> bytes:
    """A DOCX with more parts."""
    return office("word/document.xml", f"{MediaType.DOCX}.main+xml", more)


def xlsx(more: Parts = NOTHING) -> bytes:
    """An XLSX with more parts."""
    return office("xl/workbook.xml", f"{MediaType.XLSX}.main+xml", more)


def odt(content: str = "<x/>", more: Parts = NOTHING) -> bytes:
    """An ODT with that content and more parts."""
    return archive({"mimetype": MediaType.ODT.value, "content.xml": content, **more})


def related(kind: str, target: str, mode: str = "External") -> str:
    """What a part of a package refers to."""
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    document = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    one = f'<Relationship Id="a" Type="{document}/{kind}" Target="{target}" TargetMode="{mode}"/>'
    return f'<?xml version="1.0"?><Relationships xmlns="{package}">{one}</Relationships>'


def opendocument(inner: str) -> str:
    """The content of an ODT."""
    names = {
        name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "text", "script")
    }
    names |= {"draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"}
    names |= {"xlink": "http://www.w3.org/1999/xlink"}
    declared = " ".join(f'xmlns:{name}="{address}"' for name, address in names.items())
    return f"<office:document-content {declared}>{inner}</office:document-content>"


RELS = "word/_rels/document.xml.rels"


DOCX, XLSX, ODT = docx(), xlsx(), odt()

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


def counted(content: bytes, count: int) -> bytes:
    """The archive, saying that it has so many parts."""
    return content[:-14] + struct.pack("<2H", count, count) + content[-10:]


def gapped() -> bytes:
    """A DOCX whose table of contents begins later than its parts end."""
    length, place = struct.unpack("<2L", DOCX[-10:-2])
    hidden = b"MZ" + bytes(50)
    end = DOCX[:-10] + struct.pack("<2L", length, place + len(hidden)) + DOCX[-2:]
    return end[:place] + hidden + end[place:]


def _stored(name: str, body: bytes, place: int = 0) -> tuple[bytes, bytes]:
    """A part as it stands in an archive, and its entry in the table of contents."""
    known = (zlib.crc32(body), len(body), len(body), len(name))
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 0x21, *known, 0) + name.encode() + body
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0x21, *known, 0, 0, 0, 0, 0, place)
    return local, entry + name.encode()


def twofold() -> bytes:
    """A DOCX with two tables of contents, of which a ZIP64 record names the harmless one."""
    kind = declaring("word/document.xml", f"{MediaType.DOCX}.main+xml").encode()
    parts = {"[Content_Types].xml": kind, "word/document.xml": b"<x/>"}
    body, shown = b"", b""
    for name, content in parts.items():
        local, entry = _stored(name, content, len(body))
        body, shown = body + local, shown + entry
    place = len(body)
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, len(shown), place)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, place + len(shown), 1)
    behind = shown + record + locator
    other = 20  # where the other table would begin, for whoever reads the old record
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 2, 2, place - other + len(behind), other, 0)
    return body + behind + end


ODD_NAMES = (
    *("word/../../a.xml", "../a.xml", "/etc/a.xml", "C:/a.xml", "word\\a.xml", "word//a.xml", "word/./a.xml"),
    *("word/a\n.xml", "WORD/DOCUMENT.XML"),
)
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
    "a DOCX that may hold macros": (office("word/document.xml", MACROS), "HAS_MACROS"),
    "a DOCX with macros": (
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", {"word/vbaProject.bin": "x"}),
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
    "a DOCX that is packed otherwise": (
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", packing=zipfile.ZIP_LZMA),
        "BROKEN",
    ),
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
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", {"word/zeros.xml": "0" * 101_000_000}),
        "TOO_LARGE",
    ),
    "a PDF with a page behind it": (PDF + b"<html><script>", "MIXED"),
    "a PDF with more behind it": (PDF + b"1 0 obj", "BROKEN"),
    "a JPEG that is a PDF too": (jpeg(segment(0xFE, PDF)), "MIXED"),
    "a JPEG that is a page too": (jpeg(segment(0xFE, b"<sCript>alert(1)</script>")), "MIXED"),
    "a JPEG that is a program of a server too": (jpeg(segment(0xE1, b"<?php evil()")), "MIXED"),
    "a JPEG with a ZIP within": (jpeg(segment(0xFE, archive({"a.txt": "a"}))), "MIXED"),
    "a JPEG with more behind it": (JPEG + b"<script>\xff\xd9", "MIXED"),
    "a JPEG with half of one behind it": (JPEG + JPEG[:60] + b"\xff\xd9", "BROKEN"),
    "a JPEG of nothing but a head": (b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 100 + b"\xff\xd9", "BROKEN"),
    "a JPEG without a picture": (b"\xff\xd8" + segment(0xFE, b"a" * 100) + b"\xff\xd9", "BROKEN"),
    "a PNG that is a PDF too": (PNG[:33] + _chunk(b"tEXt", PDF) + PNG[33:], "MIXED"),
    "a PNG that is a ZIP too": (PNG[:-12] + _chunk(b"zzZz", archive({"a.txt": "a"})) + PNG[-12:], "MIXED"),
    "a DOCX that is a PDF too": (
        office("word/document.xml", f"{MediaType.DOCX}.main+xml", {"word/a.xml": PDF}, zipfile.ZIP_STORED),
        "MIXED",
    ),
    "a DOCX with something before it": (archive({"a.xml": ""})[:35] + DOCX, "MIXED"),
    "a DOCX with something between its parts": (gapped(), "MIXED"),
    "a DOCX with a program": (docx({"word/media/setup.exe": b"MZ"}), "HAS_MACROS"),
    "a DOCX with ActiveX": (docx({"word/activeX/activeX1.xml": "<x/>"}), "HAS_MACROS"),
    "a DOCX with macros under another name": (
        docx({RELS: related("vbaProject", "harmless.xml", "Internal"), "word/harmless.xml": "x"}),
        "HAS_MACROS",
    ),
    "a DOCX with an OLE object": (docx({"word/embeddings/oleObject1.bin": "x"}), "HAS_FILES"),
    "a DOCX with an OLE object under another name": (
        docx({RELS: related("oleObject", "harmless.xml", "Internal"), "word/harmless.xml": "x"}),
        "HAS_FILES",
    ),
    "a DOCX with a workbook": (docx({"word/embeddings/Workbook.xlsx": XLSX}), "HAS_FILES"),
    "a DOCX with a page": (docx({"word/part.mht": "x"}), "HAS_FILES"),
    "an XLSX with something binary": (xlsx({"xl/a.bin": "x"}), "HAS_FILES"),
    "a DOCX with a template from elsewhere": (
        docx({"word/_rels/settings.xml.rels": related("attachedTemplate", "https://evil.example/a.dotm")}),
        "FETCHES",
    ),
    "a DOCX with a template of another computer": (
        docx({"word/_rels/settings.xml.rels": related("attachedTemplate", "file:///\\\\evil\\a.dotm")}),
        "FETCHES",
    ),
    "a DOCX with a picture from elsewhere": (
        docx({RELS: related("image", "//evil.example/a.png")}),
        "FETCHES",
    ),
    "a DOCX with an address for a part": (
        docx({RELS: related("image", "https://evil.example/a.png", "Internal")}),
        "FETCHES",
    ),
    "an XLSX with another workbook": (
        xlsx({"xl/externalLinks/_rels/externalLink1.xml.rels": related("externalLinkPath", "b.xlsx")}),
        "FETCHES",
    ),
    "an XLSX with a connection": (
        xlsx({"xl/_rels/workbook.xml.rels": related("connections", "connections.xml", "Internal")}),
        "FETCHES",
    ),
    "a DOCX with references in another alphabet": (
        docx({RELS: related("image", "//evil.example/a.png").encode("utf-16")}),
        "FETCHES",
    ),
    "a DOCX with references with entities": (docx({RELS: '<!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "BROKEN"),
    "an ODT with a picture from elsewhere": (
        odt(opendocument('<draw:image xlink:href="https://evil.example/a.png"/>')),
        "FETCHES",
    ),
    "an ODT with a file beside it": (odt(opendocument('<draw:image xlink:href="../a.png"/>')), "FETCHES"),
    "an ODT with an event": (
        odt(opendocument('<script:event-listener xlink:href="vnd.sun.star.script:a"/>')),
        "HAS_MACROS",
    ),
    "an ODT with an OLE object": (odt(opendocument("<draw:object-ole/>")), "HAS_FILES"),
    "an ODT with an OLE object as a part": (odt("<x/>", {"Object 1": b"\xd0\xcf\x11\xe0"}), "HAS_FILES"),
    "an ODT with a part that fetches": (
        odt(
            "<x/>", {"Object 1/content.xml": opendocument('<draw:object xlink:href="http://evil.example"/>')}
        ),
        "FETCHES",
    ),
    "an ODT with a password": (
        odt(
            "\x01\x02",
            {
                "META-INF/manifest.xml": '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:'
                'xmlns:manifest:1.0">'
                "<m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
            },
        ),
        "ENCRYPTED",
    ),
    "an ODT that is wholly encrypted": (
        archive({"mimetype": MediaType.ODT.value, "encrypted-package": "x"}),
        "ENCRYPTED",
    ),
    "a DOCX of too many parts": (docx({f"word/{n}.xml": "" for n in range(5_000)}), "TOO_MANY_PARTS"),
    "an ODT of too much text": (odt(opendocument("<text:a/>" * 1_200_000)), "TOO_LARGE"),
    "a DOCX with too many references": (
        docx({f"word/_rels/{n}.xml.rels": related("hyperlink", "#" * 6_000_000) for n in range(2)}),
        "TOO_LARGE",
    ),
    "a DOCX with two tables of contents": (twofold(), "MIXED"),
    "a DOCX that is an ODT too": (docx({"mimetype": MediaType.ODT.value, "content.xml": "<x/>"}), "MIXED"),
    "a DOCX that is an XLSX too": (docx({"xl/workbook.xml": "<x/>"}), "MIXED"),
    "a DOCX in an alphabet that there is not": (
        docx({RELS: '<?xml version="1.0" encoding="nosuch"?><a/>'}),
        "BROKEN",
    ),
    "a DOCX with a tag without end": (docx({RELS: "<a " + 'b="c" ' * 50_000 + "/>"}), "BROKEN"),
    "an ODT that loads another": (
        odt(
            "<x/>",
            {
                "meta.xml": '<m:auto-reload xmlns:m="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"'
                ' xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://evil.example"/>'
            },
        ),
        "FETCHES",
    ),
    "an XLSX that starts a program": (
        xlsx(
            {
                "xl/externalLinks/externalLink1.xml": '<externalLink xmlns="http://schemas.openxmlformats.org'
                '/spreadsheetml/2006/main"><ddeLink ddeService="cmd" ddeTopic="a"/></externalLink>'
            }
        ),
        "FETCHES",
    ),
    "a DOCX that says that it has fewer parts": (counted(DOCX, 1), "BROKEN"),
    "a DOCX that says that it has more parts": (counted(DOCX, 3), "BROKEN"),
    "a DOCX that says that it is on two disks": (DOCX[:-18] + b"\x01\x00" + DOCX[-16:], "BROKEN"),
} | {f"a DOCX with a part named {name!r}": (docx({name: "x"}), "BROKEN") for name in ODD_NAMES}
