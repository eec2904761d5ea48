"""The dashboard's table as CSV, for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

from hub.web.contributions.figures import DIMENSIONS, Row

# Without it, Excel reads a CSV file in the computer's own code page and spoils every name outside it;
# other programs skip it (in Python: encoding="utf-8-sig").
BYTE_ORDER_MARK: Final = "\ufeff"
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_of(rows: Iterable[Row], dimension: str) -> bytes:
    """UTF-8 with a byte order mark, CR LF, a heading line; amounts are plain digits with a decimal point."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    heading = DIMENSIONS[dimension]
    writer.writerow((heading, "Currency", "Contributions", "Pledged", "Committed", "Received", "Allocated"))
    for row in rows:
        writer.writerow((inert(row.label), inert(row.currency), *row[2:]))
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def inert(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes before what would begin one."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
