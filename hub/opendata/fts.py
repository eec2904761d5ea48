"""Reads a CSV export of funding flows of the OCHA Financial Tracking Service (FTS). Pure: nothing is stored.

**Every record is answered for**: it becomes a `Flow`, or a `Rejection` that names its line, its flow, the
first wrong field and what to do. A file that is not wholly there, or is no such export, is refused whole.

**Money.** The amount is `originalAmount` in `originalCurrency`; where either is blank it is `amountUSD` in
USD, without a rate. Both are kept as stated: originalAmount / exchangeRate = amountUSD, as FTS rounds it.

**Value date.** `date`: every record has it, and the file is ordered by it. `decisionDate` is blank in 76 of
the 328 records of the export that this was built on, and up to 902 days from `date` in the rest: used where
present, it would date the flows of one file in two ways. It is kept beside, as `decided_on`.

**Cut-off files.** A cut within a record always shows: an open quotation mark, half a character, a last
record with too few columns, or no line end after it. A cut exactly between two records cannot show: the
format has no record count, no closing line and no checksum. Where that matters, compare `row_count` with
the count at the source; `sha256` tells whether two files are the same.

Earmarking is not in the CSV export (FTS gives it in its API only), so it is not guessed here.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from hub.contributions.workflow import ContributionKind, TransactionType
from hub.errors import InvalidInput, Problem
from hub.money import LARGEST
from hub.period import EARLIEST, LATEST

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes."""
LONGEST_DESCRIPTION, LONGEST_TEXT = 10_000, 500
"""Characters in a description, and in any other text that is kept."""

KINDS = {"financial": ContributionKind.DIRECT_FUNDING, "in kind": ContributionKind.IN_KIND}
TRANSACTION_TYPES = {
    "pledge": TransactionType.PLEDGE,
    "commitment": TransactionType.COMMITMENT,
    "paid": TransactionType.RECEIPT,
}
COLUMNS = (
    *("id", "refCode", "description", "status", "contributionType", "flowType", "boundary"),
    *("srcOrganization", "srcOrganizationTypes", "destOrganization", "destOrganizationTypes"),
    *("amountUSD", "originalAmount", "originalCurrency", "exchangeRate", "date", "decisionDate"),
    *("srcUsageYearStart", "srcUsageYearEnd", "destUsageYearStart", "destUsageYearEnd"),
)
"""The columns that are read. An export has more, in any order."""
OPTIONAL_COLUMNS = ("updatedAt",)
"""Read where the export has them."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow of the file, with the line where its record starts (the header is line 1)."""

    line: int
    flow_id: str
    ref_code: str
    description: str
    provider_name: str | None
    """None where the file names none: the money counts all the same."""
    provider_types: tuple[str, ...]
    receiver_name: str | None
    receiver_types: tuple[str, ...]
    kind: ContributionKind
    transaction_type: TransactionType
    amount: Decimal
    currency: str
    reporting_amount: Decimal
    reporting_currency: str
    rate: Decimal | None
    """Units of `currency` for one US dollar, to the three or four digits that FTS gives."""
    value_on: date
    decided_on: date | None
    year: int
    """First year in which the receiver uses the money; else the provider's; else the value date's."""
    flow_type: str
    """As FTS says it: Standard, Parked, Pass through, Carryover, ..."""
    boundary: str
    """As FTS says it: incoming, internal or outgoing. Adding up across them counts money twice."""
    updated_on: date | None
    """When FTS last changed the flow; None where the file does not say."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that cannot be kept; `flow_id` is "" where the record has no usable one."""

    line: int
    flow_id: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class FtsFile:
    """What a file holds: `row_count == len(flows) + len(rejections)`; `sha256` is of the bytes received."""

    flows: tuple[Flow, ...]
    rejections: tuple[Rejection, ...]
    sha256: str
    row_count: int


_Meaning = TypeVar("_Meaning")


class _Refused(Exception):
    """The record cannot be kept, because of this field."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field, self.reason = field, reason


def read(data: bytes, minor_units: Mapping[str, int]) -> FtsFile:
    """The flows of an export; `minor_units`: the digits after the point of each known currency, USD included.

    Raises InvalidInput at path ("file",), with the code TOO_LARGE, EMPTY, NOT_UTF8, MALFORMED,
    MISSING_COLUMNS, DUPLICATE_COLUMNS or TRUNCATED.
    """
    header, records = _table(_decoded(data))
    flows: list[Flow] = []
    rejections: list[Rejection] = []
    first_lines: dict[str, int] = {}
    for line, cells in records:
        flow_id = ""
        try:
            row = _row(header, cells)
            flow_id = _flow_id(row)
            _refuse_nul(row)
            earlier = first_lines.setdefault(flow_id, line)
            if earlier != line:
                raise _Refused("id", f"Line {earlier} has this flow already. Keep the record that is right.")
            flows.append(_flow(line, row, minor_units))
        except _Refused as refused:
            rejections.append(Rejection(line, flow_id, refused.field, refused.reason))
    return FtsFile(tuple(flows), tuple(rejections), hashlib.sha256(data).hexdigest(), len(records))


# The file


def _unusable(code: str, message: str) -> InvalidInput:
    return InvalidInput([Problem(("file",), code, message)])


def _truncated(where: str) -> InvalidInput:
    return _unusable("TRUNCATED", f"The file is cut off: {where}. Nothing of it was used. Download it again.")


def _decoded(data: bytes) -> str:
    """The file's text, without a byte order mark."""
    if len(data) > LARGEST_FILE:
        allowed = LARGEST_FILE // 1024**2
        raise _unusable("TOO_LARGE", f"The file is larger than {allowed} MB. Export fewer years at a time.")
    body = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        if error.reason == "unexpected end of data":
            raise _truncated(f"it ends within a character, on line {line}") from error
        raise _unusable("NOT_UTF8", f"Line {line} is not UTF-8 text. Save the file as CSV UTF-8.") from error
    if not text.strip():
        raise _unusable("EMPTY", "The file is empty. Export it again.")
    return text


def _table(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and every record with the line where it starts; a cut within a record is refused."""
    if "\n" not in text:
        raise _truncated("it ends within its first line, or is no CSV export of flows")
    lines = _lines(text)
    header = [name.strip() for name in next(lines)[1]]
    _check_header(header)
    records = list(lines)
    if not text.endswith("\n"):
        raise _truncated("its last line has no line end (add one if you know that nothing is missing)")
    if records and _is_hxl_tags(records[0][1]):
        del records[0]
    if not records:
        raise _unusable("EMPTY", "The file has a header but no flow. Export it again.")
    line, last = records[-1]
    if len(last) < len(header):
        raise _truncated(f"its last record, on line {line}, has {len(last)} of {len(header)} columns")
    return header, records


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not a blank line, with the number of the physical line where it starts."""
    # Line ends stay as they are: a record may span lines, and its text must not change.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if str(error) == "unexpected end of data":
                where = f"the quotation mark opened in the record on line {line} is never closed"
                raise _truncated(where) from error
            message = f"The record on line {line} is not proper CSV ({error}). Check its quotation marks."
            raise _unusable("MALFORMED", message) from error
        if cells:
            yield line, cells


def _check_header(header: list[str]) -> None:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        message = (
            f"The header lacks {', '.join(missing)}. Export flows from FTS as CSV, separated by commas, "
            "and leave the first line as it is."
        )
        raise _unusable("MISSING_COLUMNS", message)
    if any("\0" in name for name in header):
        raise _unusable("MALFORMED", "The header has a NUL character. Remove it.")
    twice = [name for name in (*COLUMNS, *OPTIONAL_COLUMNS) if header.count(name) > 1]
    if twice:
        message = f"The header names {', '.join(twice)} more than once. Remove the column that is wrong."
        raise _unusable("DUPLICATE_COLUMNS", message)


def _is_hxl_tags(cells: list[str]) -> bool:
    """Whether these are the Humanitarian Exchange Language tags that some exports have below the header."""
    return any(cells) and all(cell.startswith("#") for cell in cells if cell)


# A record


def _row(header: list[str], cells: list[str]) -> dict[str, str]:
    """The cells by column, without surrounding space."""
    if len(cells) != len(header):
        counts = f"The record has {len(cells)} columns, the header {len(header)}."
        raise _Refused("columns", f"{counts} Check its commas and quotation marks.")
    return {name: cell.strip() for name, cell in zip(header, cells, strict=True)}


def _refuse_nul(row: Mapping[str, str]) -> None:
    for name, cell in row.items():
        if "\0" in cell:
            raise _Refused(name, "The text has a NUL character. Remove it.")


def _flow(line: int, row: Mapping[str, str], minor_units: Mapping[str, int]) -> Flow:
    reporting_amount = _amount(row, "amountUSD", "USD", minor_units)
    amount, currency, rate = _money(row, reporting_amount, minor_units)
    value_on = _date(row, "date")
    years = _first_year(row, "dest"), _first_year(row, "src")
    return Flow(
        line=line,
        flow_id=row["id"],
        ref_code=_text(row, "refCode"),
        description=_text(row, "description", LONGEST_DESCRIPTION),
        provider_name=_text(row, "srcOrganization") or None,
        provider_types=_types(row, "srcOrganizationTypes"),
        receiver_name=_text(row, "destOrganization") or None,
        receiver_types=_types(row, "destOrganizationTypes"),
        kind=_one_of(row, "contributionType", KINDS),
        transaction_type=_one_of(row, "status", TRANSACTION_TYPES),
        amount=amount,
        currency=currency,
        reporting_amount=reporting_amount,
        reporting_currency="USD",
        rate=rate,
        value_on=value_on,
        decided_on=_date(row, "decisionDate") if row["decisionDate"] else None,
        year=years[0] or years[1] or value_on.year,
        flow_type=_text(row, "flowType"),
        boundary=_text(row, "boundary"),
        updated_on=_date(row, "updatedAt") if row.get("updatedAt") else None,
    )


def _flow_id(row: Mapping[str, str]) -> str:
    text = row["id"]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise _Refused("id", f"{_quoted(text)} is not a flow id. Give the number that FTS gives the flow.")
    return text


def _money(
    row: Mapping[str, str], reporting_amount: Decimal, minor_units: Mapping[str, int]
) -> tuple[Decimal, str, Decimal | None]:
    """Amount, currency, and units of the currency for one US dollar where stated."""
    field = "originalCurrency"
    currency = row[field]
    if not row["originalAmount"] or not currency:
        return reporting_amount, "USD", None
    if currency not in minor_units:
        raise _Refused(field, f"{_quoted(currency)} is not an ISO 4217 code in use. Give one like EUR.")
    amount = _amount(row, "originalAmount", currency, minor_units)
    return amount, currency, _positive(row, "exchangeRate") if row["exchangeRate"] else None


def _amount(row: Mapping[str, str], field: str, currency: str, minor_units: Mapping[str, int]) -> Decimal:
    """The amount with exactly its currency's digits."""
    amount, digits = _positive(row, field), minor_units[currency]
    exact = amount.quantize(Decimal(1).scaleb(-digits))
    if exact != amount:
        given = row[field][:40]
        raise _Refused(field, f"{given} has more than the {digits} decimals of {currency}. Round it.")
    return exact


def _positive(row: Mapping[str, str], field: str) -> Decimal:
    """A plain decimal number above zero and below `LARGEST`."""
    text = row[field]
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        raise _Refused(field, f"{_quoted(text)} is not a plain number. Give one like 1250000 or 0.884.")
    number = Decimal(text)
    if number <= 0:
        raise _Refused(field, f"{text[:40]} is not above 0. If FTS shows another figure now, export again.")
    if number >= LARGEST:
        raise _Refused(field, f"{text[:40]} is too large to be true. Give a number below {LARGEST:,f}.")
    return number


def _date(row: Mapping[str, str], field: str) -> date:
    text = row[field]
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None:
        raise _Refused(field, f"{_quoted(text)} is not a date. Give one like 2020-04-16.")
    if not EARLIEST <= day <= LATEST:
        raise _Refused(field, f"{day} is not between {EARLIEST} and {LATEST}. Correct the year.")
    return day


def _first_year(row: Mapping[str, str], side: str) -> int | None:
    """The first usage year of a side, "src" or "dest"; the last one must not be before it."""
    first, last = f"{side}UsageYearStart", f"{side}UsageYearEnd"
    start, end = _year(row, first), _year(row, last)
    if start is not None and end is not None and end < start:
        raise _Refused(last, f"{end} is before {first}, {start}. Correct one of them.")
    return start


def _year(row: Mapping[str, str], field: str) -> int | None:
    text = row[field]
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{4}", text) or not EARLIEST.year <= int(text) <= LATEST.year:
        raise _Refused(field, f"{_quoted(text)} is not a year between {EARLIEST.year} and {LATEST.year}.")
    return int(text)


def _one_of(row: Mapping[str, str], field: str, meanings: Mapping[str, _Meaning]) -> _Meaning:
    meaning = meanings.get(row[field])
    if meaning is None:
        known = ", ".join(f"“{value}”" for value in meanings)
        raise _Refused(field, f"{_quoted(row[field])} is not known. It must be one of {known}.")
    return meaning


def _types(row: Mapping[str, str], field: str) -> tuple[str, ...]:
    return tuple(name for part in _text(row, field).split(",") if (name := part.strip()))


def _text(row: Mapping[str, str], field: str, longest: int = LONGEST_TEXT) -> str:
    text = row[field]
    if len(text) > longest:
        raise _Refused(field, f"The text has {len(text):,} characters. Shorten it to {longest:,}.")
    return text


def _quoted(text: str) -> str:
    """The value as found, short and printable, or the word that says it is blank."""
    return ascii(text if len(text) <= 40 else text[:40] + "...") if text else "A blank"
