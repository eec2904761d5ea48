"""What a file is, by its content, and what becomes of its name."""

from __future__ import annotations

import io

import pytest

from hub.files.kinds import Unusable, kind_of
from hub.files.media import MediaType
from hub.files.names import LONGEST, clean, disposition
from tests.files.samples import BAD, GOOD


@pytest.mark.parametrize("kind", MediaType)
def test_each_kind_is_known_by_its_content(kind: MediaType) -> None:
    assert kind_of(io.BytesIO(GOOD[kind]), len(GOOD[kind])) is kind


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
