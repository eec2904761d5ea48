"""Small FTS exports of our own, for tests, and the way to the published one."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from hub.contributions.workflow import ContributionKind, TransactionType
from hub.opendata.fts import Flow

HEADER = [
    "date",
    "budgetYear",
    "description",
    "amountUSD",
    "srcOrganization",
    "srcOrganizationTypes",
    "srcLocations",
    "srcUsageYearStart",
    "srcUsageYearEnd",
    "destPlan",
    "destPlanCode",
    "destPlanId",
    "destOrganization",
    "destOrganizationTypes",
    "destGlobalClusters",
    "destLocations",
    "destProject",
    "destProjectCode",
    "destEmergency",
    "destUsageYearStart",
    "destUsageYearEnd",
    "contributionType",
    "flowType",
    "method",
    "boundary",
    "onBoundary",
    "status",
    "firstReportedDate",
    "decisionDate",
    "keywords",
    "originalAmount",
    "originalCurrency",
    "exchangeRate",
    "id",
    "refCode",
    "createdAt",
    "updatedAt",
]
"""The columns of an export, in its order."""

TYPICAL = {
    "date": "2020-04-16",
    "description": "Training of border officials",
    "amountUSD": "625000",
    "srcOrganization": "Australia, Government of",
    "srcOrganizationTypes": "Government",
    "srcUsageYearStart": "2019",
    "srcUsageYearEnd": "2019",
    "destOrganization": "Example Relief Agency",
    "destOrganizationTypes": "NGO",
    "destUsageYearStart": "2020",
    "destUsageYearEnd": "2021",
    "contributionType": "financial",
    "flowType": "Standard",
    "boundary": "incoming",
    "onBoundary": "single",
    "status": "paid",
    "decisionDate": "2020-03-30",
    "originalAmount": "500000",
    "originalCurrency": "EUR",
    "exchangeRate": "0.8",
    "id": "1001",
    "refCode": "REF-1",
    "updatedAt": "2021-03-01",
}

TYPICAL_FLOW = Flow(
    line=2,
    flow_id="1001",
    ref_code="REF-1",
    description="Training of border officials",
    provider_name="Australia, Government of",
    provider_types=("Government",),
    receiver_name="Example Relief Agency",
    receiver_types=("NGO",),
    kind=ContributionKind.DIRECT_FUNDING,
    transaction_type=TransactionType.RECEIPT,
    amount=Decimal("500000.00"),
    currency="EUR",
    reporting_amount=Decimal("625000.00"),
    reporting_currency="USD",
    rate=Decimal("0.8"),
    value_on=date(2020, 4, 16),
    decided_on=date(2020, 3, 30),
    year=2020,
    flow_type="Standard",
    boundary="incoming",
    updated_on=date(2021, 3, 1),
)
"""What becomes of it, alone in a file."""

NUMBER = "is not a plain number. Give one like 1250000 or 0.884."

DATE = "is not a date. Give one like 2020-04-16."
NOT_POSITIVE = "{} is not above 0. If FTS shows another figure now, export again."
TOO_LARGE = "is too large to be true. Give a number below 1,000,000,000,000,000."
NUL = "The text has a NUL character. Remove it."
TOO_LONG = "The text has 501 characters. Shorten it to 500."
WRONG_CELLS: list[tuple[str, str, str]] = [
    ("amountUSD", "0", NOT_POSITIVE.format("0")),
    ("amountUSD", "-5", NOT_POSITIVE.format("-5")),
    ("amountUSD", "", f"A blank {NUMBER}"),
    ("amountUSD", "1,000", f"'1,000' {NUMBER}"),
    ("amountUSD", "1e5", f"'1e5' {NUMBER}"),
    ("amountUSD", "NaN", f"'NaN' {NUMBER}"),
    ("amountUSD", "Infinity", f"'Infinity' {NUMBER}"),
    ("amountUSD", "\u0665", rf"'\u0665' {NUMBER}"),
    ("amountUSD", "1_000", f"'1_000' {NUMBER}"),
    ("amountUSD", "1000000000000000", f"1000000000000000 {TOO_LARGE}"),
    ("amountUSD", "9" * 5000, f"{'9' * 40} {TOO_LARGE}"),
    ("amountUSD", "0.001", "0.001 has more than the 2 decimals of USD. Round it."),
    ("originalAmount", "0", NOT_POSITIVE.format("0")),
    ("originalAmount", "0.00", NOT_POSITIVE.format("0.00")),
    ("originalAmount", "-0", NOT_POSITIVE.format("-0")),
    ("originalAmount", "-500000", NOT_POSITIVE.format("-500000")),
    ("originalAmount", "half a million", f"'half a million' {NUMBER}"),
    ("originalAmount", "1.005", "1.005 has more than the 2 decimals of EUR. Round it."),
    ("originalAmount", "1000000000000000", f"1000000000000000 {TOO_LARGE}"),
    ("originalCurrency", "ECU", "'ECU' is not an ISO 4217 code in use. Give one like EUR."),
    ("originalCurrency", "eur", "'eur' is not an ISO 4217 code in use. Give one like EUR."),
    ("exchangeRate", "0", NOT_POSITIVE.format("0")),
    ("exchangeRate", "-0.8", NOT_POSITIVE.format("-0.8")),
    ("exchangeRate", "0,8", f"'0,8' {NUMBER}"),
    ("status", "received", "'received' is not known. It must be one of “pledge”, “commitment”, “paid”."),
    ("status", "", "A blank is not known. It must be one of “pledge”, “commitment”, “paid”."),
    ("contributionType", "in-kind", "'in-kind' is not known. It must be one of “financial”, “in kind”."),
    ("date", "", f"A blank {DATE}"),
    ("date", "16/04/2020", f"'16/04/2020' {DATE}"),
    ("date", "20200416", f"'20200416' {DATE}"),
    ("date", "2020-02-30", f"'2020-02-30' {DATE}"),
    ("date", "0020-04-16", "0020-04-16 is not between 1990-01-01 and 2100-12-31. Correct the year."),
    ("decisionDate", "spring", f"'spring' {DATE}"),
    ("updatedAt", "yesterday", f"'yesterday' {DATE}"),
    ("updatedAt", "2021-03-01T10:00:00Z", f"'2021-03-01T10:00:00Z' {DATE}"),
    ("updatedAt", "0021-03-01", "0021-03-01 is not between 1990-01-01 and 2100-12-31. Correct the year."),
    ("destUsageYearEnd", "2019", "2019 is before destUsageYearStart, 2020. Correct one of them."),
    ("srcUsageYearEnd", "2018", "2018 is before srcUsageYearStart, 2019. Correct one of them."),
    ("destUsageYearStart", "20", "'20' is not a year between 1990 and 2100."),
    ("srcUsageYearStart", "0000", "'0000' is not a year between 1990 and 2100."),
    ("id", "", "A blank is not a flow id. Give the number that FTS gives the flow."),
    ("id", "12a", "'12a' is not a flow id. Give the number that FTS gives the flow."),
    ("description", "x" * 10_001, "The text has 10,001 characters. Shorten it to 10,000."),
    ("srcOrganization", "x" * 501, TOO_LONG),
    ("destOrganization", "x" * 501, TOO_LONG),
    ("destOrganizationTypes", "x" * 501, TOO_LONG),
    ("refCode", "x" * 501, TOO_LONG),
    ("description", "a\0b", NUL),
    ("budgetYear", "\0", NUL),
    ("id", "10\0", r"'10\x00' is not a flow id. Give the number that FTS gives the flow."),
]
"""Field, a value that cannot be kept, and the reason given."""


def record(**cells: str) -> dict[str, str]:
    """A record like most, with these cells changed."""
    return {**TYPICAL, **cells}


def export(
    *records: Mapping[str, str],
    columns: Sequence[str] = HEADER,
    line_end: str = "\n",
    tags: bool = False,
) -> bytes:
    """The bytes of an export of these records; `tags` adds a line of HXL tags below the header."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator=line_end)
    writer.writeheader()
    if tags:
        writer.writerow({name: "" if name == "budgetYear" else f"#{name.lower()}" for name in columns})
    writer.writerows(records)
    return text.getvalue().encode()


def ends_of_lines(data: bytes) -> set[int]:
    """Where a cut leaves whole records only: after a line end that is outside quotation marks."""
    quoted, ends = False, set()
    for offset, byte in enumerate(data, start=1):
        quoted ^= byte == ord('"')
        if byte == ord("\n") and not quoted:
            ends.add(offset)
    return ends


def shared(path: str) -> bytes:
    """A published sample. Where they are not beside the project the test is skipped; in CI it fails."""
    file = Path(__file__).parents[2].parent / "shared" / path
    if file.is_file():
        return file.read_bytes()
    if os.environ.get("CI") == "true":
        pytest.fail(f"{file} is missing: CI needs the published samples beside the project")
    pytest.skip(f"{file} is not here")
