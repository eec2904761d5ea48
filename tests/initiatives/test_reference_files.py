"""The core purposes and guiding principles as shipped: four each, in the RSO's order and words."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "hub" / "initiatives" / "reference"
COLUMNS = ["number", "title", "text", "source", "source_on"]
SOURCES = {
    "core_purposes.csv": "RSO public site, core purposes",
    "guiding_principles.csv": "RSO public site, guiding principles",
}


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of one reference file, as text."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_the_folder_holds_exactly_the_described_files() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_file_is_clean_text_with_the_agreed_columns(name: str) -> None:
    content = (FOLDER / name).read_bytes()
    assert b"\r" not in content
    assert b"\x00" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    header, *records = csv.reader(content.decode("utf-8").splitlines(), strict=True)
    assert header == COLUMNS
    assert {len(record) for record in records} == {len(COLUMNS)}
    assert [cell for record in records for cell in record if cell == "" or cell != cell.strip()] == []


@pytest.mark.parametrize("name", SOURCES)
def test_there_are_four_numbered_in_order_and_sourced(name: str) -> None:
    rows = rows_of(name)
    assert [row["number"] for row in rows] == ["1", "2", "3", "4"]
    assert {row["source"] for row in rows} == {SOURCES[name]}
    assert {date.fromisoformat(row["source_on"]) for row in rows} == {date(2026, 11, 23)}


@pytest.mark.parametrize("name", SOURCES)
def test_titles_are_short_and_different(name: str) -> None:
    titles = [row["title"] for row in rows_of(name)]
    assert [title for title in titles if len(title) > 60] == []
    assert len(set(titles)) == 4


def test_core_purposes_are_in_the_words_of_the_rso() -> None:
    assert [row["text"] for row in rows_of("core_purposes.csv")] == [
        "Being responsive to Bali Process Members and Working Groups",
        "Developing and delivering fit-for-purpose operational capacity-building",
        "Support in policy development and promoting best practice in migration management and responses to"
        " people smuggling, trafficking in persons and related transnational crime",
        "Engaging and promoting the RSO's work to partners and dialogues outside the Bali Process structure",
    ]


def test_guiding_principles_are_in_the_words_of_the_rso() -> None:
    assert [row["text"] for row in rows_of("guiding_principles.csv")] == [
        "Participatory and consultative engagement with Member States, international organisations, the"
        " private sector and other partners",
        "Inclusive, non-discriminatory, gender-sensitive and supportive of gender equality",
        "In line with international law, norms and standards, including human rights and refugee law",
        "Responsive and adaptive to needs and emerging priorities",
    ]
