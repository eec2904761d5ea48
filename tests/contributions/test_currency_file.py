"""The currency file: ISO 4217 codes in use that an amount can be stated in, with their minor units."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "hub" / "contributions" / "reference" / "currencies.csv"
COLUMNS = ["code", "name", "numeric_code", "minor_unit", "source", "source_on"]


def rows() -> list[dict[str, str]]:
    """The currencies, as text."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def minor_units() -> dict[str, str]:
    """Code -> digits after the point, as written in the file."""
    return {row["code"]: row["minor_unit"] for row in rows()}


def test_file_is_clean_text_with_the_agreed_columns() -> None:
    content = FILE.read_bytes()
    assert b"\r" not in content
    assert b"\x00" not in content
    assert not content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\n")
    header, *records = csv.reader(content.decode("utf-8").splitlines(), strict=True)
    assert header == COLUMNS
    assert {len(record) for record in records} == {len(COLUMNS)}
    assert [cell for record in records for cell in record if cell == "" or cell != cell.strip()] == []


def test_there_are_165_currencies_each_once_and_in_order() -> None:
    codes = [row["code"] for row in rows()]
    assert len(codes) == 165
    assert codes == sorted(set(codes))
    assert len({row["numeric_code"] for row in rows()}) == 165


def test_codes_have_their_standard_form() -> None:
    for row in rows():
        assert re.fullmatch("[A-Z]{3}", row["code"]), row
        assert re.fullmatch("[0-9]{3}", row["numeric_code"]), row


def test_minor_units_are_spread_as_the_standard_spreads_them() -> None:
    assert Counter(minor_units().values()) == {"2": 139, "0": 17, "3": 7, "4": 2}


@pytest.mark.parametrize(
    ("code", "minor_unit"),
    [
        ("LAK", "2"),
        ("MMK", "2"),
        ("AFN", "2"),
        ("IRR", "2"),
        ("ALL", "2"),
        ("KPW", "2"),
        ("LBP", "2"),
        ("MGA", "2"),
        ("RSD", "2"),
        ("SOS", "2"),
        ("SYP", "2"),
        ("YER", "2"),
        ("IQD", "3"),
    ],
)
def test_minor_units_are_those_of_iso_4217_where_locale_data_says_none(code: str, minor_unit: str) -> None:
    assert minor_units()[code] == minor_unit


@pytest.mark.parametrize(
    ("code", "minor_unit"),
    [
        ("JPY", "0"),
        ("KRW", "0"),
        ("VND", "0"),
        ("VUV", "0"),
        ("KWD", "3"),
        ("JOD", "3"),
        ("AUD", "2"),
        ("IDR", "2"),
        ("THB", "2"),
        ("USD", "2"),
        ("EUR", "2"),
    ],
)
def test_minor_units_of_currencies_that_members_use(code: str, minor_unit: str) -> None:
    assert minor_units()[code] == minor_unit


@pytest.mark.parametrize("code", ["XAU", "XAG", "XPT", "XPD", "XDR", "XUA", "XSU", "XBA", "XTS", "XXX"])
def test_no_amount_can_be_stated_in_a_code_without_a_minor_unit(code: str) -> None:
    assert code not in minor_units()


@pytest.mark.parametrize("code", ["BGN", "HRK", "ANG", "ZWL", "DEM", "BUK"])
def test_withdrawn_currencies_are_left_out(code: str) -> None:
    assert code not in minor_units()


def test_numeric_codes_keep_their_leading_zeros() -> None:
    numeric = {row["code"]: row["numeric_code"] for row in rows()}
    assert (numeric["ALL"], numeric["AUD"], numeric["BHD"]) == ("008", "036", "048")


def test_every_row_says_where_and_when_it_was_read() -> None:
    assert {row["source"] for row in rows()} == {
        "ISO 4217 list of currency codes, active codes with a minor unit"
    }
    assert {date.fromisoformat(row["source_on"]) for row in rows()} == {date(2026, 11, 23)}
