"""DOCX, XLSX and ODT: archives of parts, each of which has to be one that such a document consists of.

Refused are programs and what runs them (macros, ActiveX), other files inside (OLE objects, packages), and
what the document fetches when it is opened (a template, a picture, a workbook from elsewhere). The table of
contents is judged by its record at the end before any of it is read; no part is read beyond what it says.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO, Final
from xml.parsers import expat

from hub.files.media import MediaType
from hub.files.unusable import Unusable, broken, mixed

MOST_UNPACKED: Final = 100_000_000
MOST_PARTS: Final = 5_000
LARGEST_CONTENTS: Final = 1_000_000
"""Bytes of the table of contents: 200 for each of so many parts."""
LARGEST_READ: Final = 10_000_000
"""Bytes of all the parts that say what the document is or refers to: a second's work, or two."""

FED: Final = 65_536
LONGEST_TAG: Final = 4 * FED
"""Bytes that the reader of XML is given at once, and of one tag: meanwhile the worker does nothing else."""

_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LOCAL: Final = struct.Struct("<26x2H")
"""The header before a part: the lengths of its name and of what is noted besides."""
_DESCRIPTORS: Final = (0, 12, 16, 20, 24)
"""Bytes that say after a part how long it was, where its header does not."""
_TYPES: Final = "[Content_Types].xml"
_MANIFEST: Final = "META-INF/manifest.xml"
_PICTURES: Final = ("png", "jpg", "jpeg", "jfif", "gif", "bmp", "tif", "tiff", "emf", "wmf", "svg", "wdp")
_FONTS: Final = ("ttf", "otf", "odttf")
_SUFFIXES: Final = frozenset({"xml", "rels", "vml", "rdf", "svm", *_PICTURES, *_FONTS})
"""Of parts as office programs write them: text, pictures, fonts."""
_OTHERS: Final = re.compile(
    r"mimetype|layout-cache|_xmlsignatures/origin\.sigs|objectreplacements/[^/]+|thumbnails/[^/.]+"
    r"|(xl|word)/printersettings/printersettings\d+\.bin"
)
_MACROS: Final = re.compile(
    r"(^|/)vba[^/]*\.(bin|xml)$|^(basic|scripts|dialogs)/|(^|/)(activex|customui|macrosheets)/|\.(exe|dll|js|vbs)$"
)
_INSIDE: Final = re.compile(r"(^|/)embeddings/")
_UNSAFE: Final = re.compile(r"^/|^[a-z]:|\\|(^|/)\.\.?(/|$)|//|[\x00-\x1f\x7f]", re.IGNORECASE)

_MAINS: Final = (("mimetype", "content.xml"), ("word/document.xml",), ("xl/workbook.xml",))
"""Parts of which an archive has those of one kind."""
_OPC: Final = "http://schemas.openxmlformats.org/package/2006/"
_OVERRIDE, _DEFAULT = f"{_OPC}content-types Override", f"{_OPC}content-types Default"
_RELATIONSHIP: Final = f"{_OPC}relationships Relationship"
_RUNS: Final = re.compile(
    r"macroenabled|vbaproject|wordvbadata|xlmacrosheet|activex|/control$|webextension", re.IGNORECASE
)
_EMBEDS: Final = re.compile(r"oleobject|/package$|/afchunk$", re.IGNORECASE)
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_LOCAL_TEMPLATE: Final = re.compile(r"^(file:///)?[a-z]:[\\/]|^[^:/\\]+$", re.IGNORECASE)
"""Where its writer keeps it: usual, and on nobody else's disk."""

_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_HREF: Final = "http://www.w3.org/1999/xlink href"
_ODF_LINKS: Final = frozenset({f"{_ODF}text:1.0 a", f"{_ODF}drawing:1.0 a"})
"""What leads elsewhere only when somebody follows it."""
_ODF_RUNS: Final = frozenset(
    {
        *(f"{_ODF}script:1.0 event-listener", f"{_ODF}office:1.0 script"),
        *(f"{_ODF}text:1.0 script", f"{_ODF}drawing:1.0 applet"),
    }
)
_ODF_EMBEDS: Final = frozenset({f"{_ODF}drawing:1.0 object-ole", f"{_ODF}drawing:1.0 plugin"})
_ODF_FETCHES: Final = frozenset({f"{_ODF}office:1.0 dde-source", f"{_ODF}text:1.0 dde-connection-decl"})
_ODF_RELOADS: Final = f"{_ODF}meta:1.0 auto-reload"
_DDE: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main ddeLink"
_ODF_ENCRYPTED: Final = f"{_ODF}manifest:1.0 encryption-data"
_ELSEWHERE: Final = re.compile(r"^[a-z][a-z0-9+.-]*:|^[/\\]|(^|/)\.\.(/|$)", re.IGNORECASE)

Element = Callable[[str, Mapping[str, str]], None]


def office_kind(file: IO[bytes], size: int) -> MediaType:
    """The kind that the whole archive is; Unusable where it is none. Every part is read."""
    count, place = _announced(file, size)
    try:
        with zipfile.ZipFile(file) as parts:
            entries = parts.infolist()
            if parts.start_dir != place:  # by a second record, which other programs do not follow
                raise mixed("office")
            if len(entries) != count:
                raise broken("office")
            _refuse_gaps(file, entries, parts.start_dir)
            names = {entry.filename for entry in entries}
            if names.isdisjoint(("mimetype", _TYPES)):
                raise _unknown()
            _refuse_odd(entries)
            kind = _kind(parts, names)
            _refuse_parts(entries)
            _refuse_references(parts, kind, names)
            if parts.testzip() is not None:
                raise broken("office")
            return kind
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        NotImplementedError,
        EOFError,
        LookupError,
        RuntimeError,
        ValueError,
    ):
        raise broken("office") from None


def _announced(file: IO[bytes], size: int) -> tuple[int, int]:
    """How many parts the record at the end announces, and where the table begins that ends before it."""
    file.seek(max(0, size - _END.size))
    record = file.read(_END.size)
    if len(record) < _END.size or not record.startswith(_END_MARK):
        raise broken("office")
    _, disk, first_disk, here, count, length, place, comment = _END.unpack(record)
    if count > MOST_PARTS or length > LARGEST_CONTENTS:
        raise Unusable(
            "TOO_MANY_PARTS", f"hand in a simpler document; this one has more than {MOST_PARTS:,} parts"
        )
    if disk or first_disk or here != count or comment or count == 0:
        raise broken("office")
    if place + length + _END.size != size:
        raise mixed("office")
    return int(count), int(place)


def _refuse_gaps(file: IO[bytes], entries: list[zipfile.ZipInfo], end: int) -> None:
    """From the first byte to the table of contents there are parts, and nothing between them."""
    may_begin = {0}
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset not in may_begin:
            raise mixed("office")
        file.seek(entry.header_offset)
        name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        place = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
        may_begin = {place + length for length in (_DESCRIPTORS if entry.flag_bits & 8 else (0,))}
    if end not in may_begin:
        raise mixed("office")


def _refuse_odd(entries: list[zipfile.ZipInfo]) -> None:
    """What no office program writes, whatever the parts are."""
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise Unusable("TOO_LARGE", "hand in a smaller document; unpacked, this one is more than 100 MB")
    names = [entry.orig_filename.lower() for entry in entries]
    if len(set(names)) != len(names) or any(not name or _UNSAFE.search(name) for name in names):
        message = "the parts of this document have names that no office program gives; save it again"
        raise Unusable("BROKEN", f"{message} and hand that in")
    if any(entry.flag_bits & 1 for entry in entries):
        raise _encrypted()
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        message = "this document is packed in a way that few programs read; save it again and hand that in"
        raise Unusable("BROKEN", message)


def _kind(parts: zipfile.ZipFile, names: set[str]) -> MediaType:
    """What the archive says that it is: one thing alone."""
    if len([found for found in _MAINS if not names.isdisjoint(found)]) > 1:
        raise mixed("office")
    if "mimetype" in names and _read(parts, "mimetype").strip() == MediaType.ODT.encode():
        if "encrypted-package" in names:
            raise _encrypted()
        if "content.xml" in names:
            return MediaType.ODT
    elif _TYPES in names:
        declared = _declared(parts)
        for kind, main in ((MediaType.DOCX, "word/document.xml"), (MediaType.XLSX, "xl/workbook.xml")):
            if main in names and declared.get(f"/{main}") == f"{kind}.main+xml":
                return kind
    raise _unknown()


def _refuse_parts(entries: list[zipfile.ZipInfo]) -> None:
    """Programs, and whatever else no such document consists of."""
    names = [entry.filename.lower() for entry in entries if not entry.is_dir()]
    if any(_MACROS.search(name) for name in names):
        raise _macros()
    if not all(_is_usual(name) for name in names):
        raise _embedded()


def _is_usual(name: str) -> bool:
    if _INSIDE.search(name):
        return False
    return name.rpartition("/")[2].rpartition(".")[2] in _SUFFIXES or bool(_OTHERS.fullmatch(name))


def _refuse_references(parts: zipfile.ZipFile, kind: MediaType, names: set[str]) -> None:
    """All that the parts refer to is inside, and none of it runs."""
    judges: dict[str, Element] = {}
    for name in names:
        if kind is not MediaType.ODT and name.lower().endswith(".rels"):
            judges[name] = _refuse_in_relationships
        elif kind is MediaType.ODT and name.rpartition("/")[2] in ("content.xml", "styles.xml"):
            judges[name] = _refuse_in_opendocument
        elif kind is MediaType.ODT and name.rpartition("/")[2] == "meta.xml":
            judges[name] = _refuse_reloading
        elif kind is MediaType.XLSX and name.lower().startswith("xl/externallinks/"):
            judges[name] = _refuse_dde
    if kind is MediaType.ODT and _MANIFEST in names:
        judges = {_MANIFEST: _refuse_encrypted, **judges}  # first: what is encrypted cannot be read
    if sum(parts.getinfo(name).file_size for name in judges) > LARGEST_READ:
        raise _too_long()
    for name, judge in judges.items():
        _each(parts, name, judge)


def _declared(parts: zipfile.ZipFile) -> dict[str, str]:
    """Part -> type, as an Office Open XML package declares them; none of them a program."""
    declared: dict[str, str] = {}

    def note(element: str, attributes: Mapping[str, str]) -> None:
        if element not in (_OVERRIDE, _DEFAULT):
            return
        kind = attributes.get("ContentType", "")
        if _RUNS.search(kind):
            raise _macros()
        if element == _OVERRIDE and _EMBEDS.search(kind):
            raise _embedded()
        if element == _OVERRIDE:
            declared[attributes.get("PartName", "")] = kind

    _each(parts, _TYPES, note)
    return declared


def _refuse_in_relationships(element: str, attributes: Mapping[str, str]) -> None:
    if element != _RELATIONSHIP:
        return
    kind, target = attributes.get("Type", ""), attributes.get("Target", "")
    if _RUNS.search(kind):
        raise _macros()
    if _EMBEDS.search(kind):
        raise _embedded()
    is_outside = attributes.get("TargetMode", "").lower() == "external" or bool(_SCHEME.match(target))
    is_harmless = kind.endswith("/hyperlink") or (
        kind.endswith("/attachedTemplate") and bool(_LOCAL_TEMPLATE.search(target))
    )
    if kind.endswith("/connections") or (is_outside and not is_harmless):
        raise _fetches()


def _refuse_in_opendocument(element: str, attributes: Mapping[str, str]) -> None:
    if element in _ODF_RUNS:
        raise _macros()
    if element in _ODF_EMBEDS:
        raise _embedded()
    if element in _ODF_FETCHES:
        raise _fetches()
    if element not in _ODF_LINKS and _ELSEWHERE.search(attributes.get(_HREF, "")):
        raise _fetches()


def _refuse_reloading(element: str, attributes: Mapping[str, str]) -> None:
    if element == _ODF_RELOADS and attributes.get(_HREF):
        raise _fetches()


def _refuse_dde(element: str, _: Mapping[str, str]) -> None:
    if element == _DDE:
        raise _fetches()


def _refuse_encrypted(element: str, _: Mapping[str, str]) -> None:
    if element == _ODF_ENCRYPTED:
        raise _encrypted()


def _each(parts: zipfile.ZipFile, name: str, element: Element) -> None:
    """Look at each element of the part, in whatever alphabet; one with a document type may hold entities."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = _refuse_document_type
    content = _read(parts, name)
    try:
        for place in range(0, len(content), FED):
            parser.Parse(content[place : place + FED], False)
            if place + FED - parser.CurrentByteIndex > LONGEST_TAG:
                raise broken("office")
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise broken("office") from None


def _refuse_document_type(*_: object) -> None:
    raise broken("office")


def _read(parts: zipfile.ZipFile, name: str) -> bytes:
    if parts.getinfo(name).file_size > LARGEST_READ:
        raise _too_long()
    return parts.read(name)


def _too_long() -> Unusable:
    message = "hand in a smaller document; unpacked, what this one says and refers to is more than 10 MB"
    return Unusable("TOO_LARGE", message)


def _macros() -> Unusable:
    return Unusable("HAS_MACROS", "save the document without macros and controls, and hand it in again")


def _embedded() -> Unusable:
    return Unusable(
        "HAS_FILES",
        "take out of the document what is embedded in it, such as a workbook behind a chart, "
        "and hand that in by itself",
    )


def _fetches() -> Unusable:
    return Unusable(
        "FETCHES",
        "put into the document what it takes from elsewhere, such as a template, a picture or another "
        "workbook, or break the link, and hand it in again",
    )


def _encrypted() -> Unusable:
    return Unusable("ENCRYPTED", "take the password off the document and hand it in again")


def _unknown() -> Unusable:
    message = "choose a PDF, PNG, JPEG, DOCX, XLSX or ODT file; this archive is none of them"
    return Unusable("UNKNOWN_TYPE", message)
