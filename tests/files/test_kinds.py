"""What a file is, by its content, and what becomes of its name."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Mapping

import pytest

from hub.files.kinds import kind_of
from hub.files.media import MediaType
from hub.files.names import LONGEST, clean, disposition
from hub.files.unusable import Unusable
from tests.files.samples import (
    BAD,
    GOOD,
    JPEG,
    PDF,
    RELS,
    docx,
    jpeg,
    odt,
    opendocument,
    related,
    segment,
    xlsx,
)


@pytest.mark.parametrize("kind", MediaType)
def test_each_kind_is_known_by_its_content(kind: MediaType) -> None:
    assert kind_of(io.BytesIO(GOOD[kind]), len(GOOD[kind])) is kind


USUAL: Mapping[str, tuple[bytes, MediaType]] = {
    "a DOCX with what such documents have": (
        docx(
            {
                "_rels/.rels": related("officeDocument", "word/document.xml", "Internal"),
                RELS: related("hyperlink", "https://example.org/?a=b"),
                "word/_rels/settings.xml.rels": related(
                    "attachedTemplate", r"file:///C:\Templates\office.dotx"
                ),
                "word/_rels/header.xml.rels": related("image", "../media/a.png", "Internal"),
                **dict.fromkeys(
                    ("word/media/a.PNG", "word/fonts/font1.odttf", "docProps/thumbnail.emf"), "x"
                ),
                **dict.fromkeys(("_xmlsignatures/origin.sigs", "customXml/item1.xml", "word/media/"), ""),
            }
        ),
        MediaType.DOCX,
    ),
    "an XLSX with what such workbooks have": (
        xlsx({"xl/printerSettings/printerSettings1.bin": "x", "xl/drawings/vmlDrawing1.vml": "<x/>"}),
        MediaType.XLSX,
    ),
    "an ODT with what such documents have": (
        odt(
            opendocument(
                '<office:scripts/><text:a xlink:href="https://example.org"/><text:a xlink:href="../a.odt"/>'
                '<draw:image xlink:href="Pictures/a.svg"/><draw:object xlink:href="./Object 1"/>'
            ),
            {
                **dict.fromkeys(("layout-cache", "Pictures/a.svg", "ObjectReplacements/Object 1"), "x"),
                **dict.fromkeys(("Configurations2/images/Bitmaps/", "manifest.rdf"), ""),
                "Object 1/content.xml": opendocument(""),
            },
        ),
        MediaType.ODT,
    ),
    "an ODT of one long paragraph": (
        odt(opendocument("<text:a>" + "Dear Sir or Madam " * 300_000 + "</text:a>")),
        MediaType.ODT,
    ),
    "a PDF that ends with a line": (PDF + b"\r\n\x00", MediaType.PDF),
    "a JPEG with notes and two pictures": (
        jpeg(segment(0xE1, b"<?xpacket begin?><x:xmpmeta/>"), scan=b"\x01" * 300) + JPEG,
        MediaType.JPEG,
    ),
}


@pytest.mark.parametrize("what", USUAL)
def test_what_programs_usually_write_is_taken(what: str) -> None:
    content, kind = USUAL[what]
    assert kind_of(io.BytesIO(content), len(content)) is kind


def test_a_table_of_contents_is_judged_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *(0,) * 15, 0)
    bombs = {
        "a million entries that one record counts": (entry * 1_000_000, 0xFFFF),
        "a million entries that it does not count": (entry * 1_000_000, 1),
        "as many as it may say": (b"", 0xFFFF),
    }
    monkeypatch.setattr(zipfile, "ZipFile", None)
    for what, (table, count) in bombs.items():
        end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(table), 30, 0)
        content = b"PK\x03\x04" + bytes(26) + table + end
        with pytest.raises(Unusable) as refused:
            kind_of(io.BytesIO(content), len(content))
        assert refused.value.code == "TOO_MANY_PARTS", what
        assert "more than 5,000 parts" in refused.value.message


def test_a_refusal_says_what_is_so() -> None:
    said = {
        "a DOCX of too many parts": "more than 5,000 parts",
        "a DOCX that unpacks to much": "unpacked, this one is more than 100 MB",
        "a DOCX that is packed otherwise": "packed in a way that few programs read",
        "a DOCX with a part named '../a.xml'": "names that no office program gives",
        "a ZIP of anything": "this archive is none of them",
        "a PDF with more behind it": "this PDF file is damaged",
        "a JPEG that is a PDF too": "more in this JPEG file",
    }
    for what, words in said.items():
        content, _ = BAD[what]
        with pytest.raises(Unusable, match=words):
            kind_of(io.BytesIO(content), len(content))


@pytest.mark.parametrize("what", BAD)
def test_whatever_else_it_is_it_is_refused(what: str) -> None:
    content, code = BAD[what]
    with pytest.raises(Unusable) as refused:
        kind_of(io.BytesIO(content), len(content))
    assert refused.value.code == code
    assert refused.value.message[0].islower()


@pytest.mark.parametrize("kind", MediaType)
def test_no_part_of_a_file_is_taken_for_the_whole(kind: MediaType) -> None:
    whole = GOOD[kind]
    for length in range(1, len(whole) - 1, 7):
        part = whole[:length]
        with pytest.raises(Unusable):
            kind_of(io.BytesIO(part), length)


NAMES = {
    # given: kept
    "report.pdf": "report.pdf",
    "Report.PDF": "Report.pdf",
    "../../etc/passwd": "passwd.pdf",
    r"C:\a\report.pdf": "report.pdf",
    "..": "document.pdf",
    ".pdf": "document.pdf",
    ".htaccess": "htaccess.pdf",
    "evil.html": "evil.html.pdf",
    "a\r\nSet-Cookie: b=c.pdf": "aSet-Cookie b=c.pdf",
    'quote".pdf': "quote.pdf",
    "gnp.\u202efdp.exe": "gnp.fdp.exe.pdf",
    "nul\x00.pdf": "nul.pdf",
    "ลงทะเบียน.pdf": "ลงทะเบียน.pdf",
    "e\u0301tude.pdf": "étude.pdf",
    "a" * 400 + ".pdf": "a" * (LONGEST - 4) + ".pdf",
    "100%.pdf": "100.pdf",
}


@pytest.mark.parametrize("given", NAMES, ids=range(len(NAMES)))
def test_a_name_is_a_name_and_no_path(given: str) -> None:
    assert clean(given, MediaType.PDF) == NAMES[given]


def test_a_name_keeps_either_ending_of_its_type() -> None:
    assert clean("a.jpeg", MediaType.JPEG) == "a.jpeg"
    assert clean("a", MediaType.JPEG) == "a.jpg"


def test_a_download_tells_its_name_twice() -> None:
    assert disposition("étude “1”.pdf") == (
        "attachment; filename=\"etude 1.pdf\"; filename*=UTF-8''%C3%A9tude%20%E2%80%9C1%E2%80%9D.pdf"
    )
    assert (
        disposition("ลง.pdf")
        == "attachment; filename=\"document.pdf\"; filename*=UTF-8''%E0%B8%A5%E0%B8%87.pdf"
    )


@pytest.mark.parametrize(
    "name",
    [
        'a.pd"f',
        'a".pdf"; filename="b.exe',
        "a.pdf\r\nSet-Cookie: b=c",
        "a\\.pdf\\",
        "a;b.p;df",
        "a\ud800.pdf",
        "a.pdf'; x",
        ".",
        "",
    ],
)
def test_no_name_breaks_out_of_the_header_of_a_download(name: str) -> None:
    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9 ._()-]+\"; filename\*=UTF-8''[A-Za-z0-9%._~-]*", disposition(name)
    )
