"""The FTS reader answers for every record, counts no money wrongly, and takes no half file."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import InvalidInput
from hub.money import minor_units
from hub.opendata import fts
from hub.opendata.fts import Flow, FtsFile, Rejection
from tests.opendata.fts_sample import (
    HEADER,
    NOT_POSITIVE,
    TYPICAL,
    TYPICAL_FLOW,
    WRONG_CELLS,
    ends_of_lines,
    export,
    record,
    shared,
)

SAMPLE = "samples/fts/fts_incoming_funding_afg.csv"


def read(data: bytes) -> FtsFile:
    return fts.read(data, minor_units())


def read_one(**cells: str) -> Flow:
    """The flow of a file whose only record is typical but for these cells."""
    file = read(export(record(**cells)))
    assert file.rejections == ()
    [flow] = file.flows
    return flow


def refusal(data: bytes) -> tuple[str, str]:
    """Code and message by which the whole file is refused."""
    with pytest.raises(InvalidInput) as refused:
        read(data)
    [problem] = refused.value.problems
    assert problem.path == ("file",)
    return problem.code, problem.message


# What is kept


def test_a_record_becomes_a_flow() -> None:
    data = export(record())
    assert read(data) == FtsFile((TYPICAL_FLOW,), (), hashlib.sha256(data).hexdigest(), 1)


@pytest.mark.parametrize("status", ["pledge", "commitment", "paid"])
@pytest.mark.parametrize("contribution_type", ["financial", "in kind"])
def test_status_and_contribution_type_are_mapped(status: str, contribution_type: str) -> None:
    flow = read_one(status=status, contributionType=contribution_type)
    expected = {"pledge": "PLEDGE", "commitment": "COMMITMENT", "paid": "RECEIPT"}[status]
    kind = {"financial": "DIRECT_FUNDING", "in kind": "IN_KIND"}[contribution_type]
    assert (flow.transaction_type, flow.kind) == (expected, kind)


@pytest.mark.parametrize(
    "cells",
    [
        {"originalAmount": "", "originalCurrency": "", "exchangeRate": ""},
        {"originalAmount": "", "originalCurrency": "JPY"},
        {"originalAmount": "500000", "originalCurrency": ""},
    ],
    ids=["neither", "no amount", "no currency"],
)
def test_without_an_original_amount_the_amount_is_in_us_dollars(cells: dict[str, str]) -> None:
    expected = replace(TYPICAL_FLOW, amount=Decimal("625000.00"), currency="USD", rate=None)
    assert read_one(**cells) == expected


def test_an_original_amount_without_a_rate_has_none() -> None:
    assert read_one(exchangeRate="") == replace(TYPICAL_FLOW, rate=None)


def test_an_amount_has_exactly_the_digits_of_its_currency() -> None:
    amounts = [
        read_one(originalAmount=amount, originalCurrency=currency).amount
        for amount, currency in [("7.5", "EUR"), ("7", "JPY"), ("7.123", "KWD"), ("7.000000", "USD")]
    ]
    assert [str(amount) for amount in amounts] == ["7.50", "7", "7.123", "7.00"]


def test_the_largest_amount_is_just_below_the_limit() -> None:
    assert read_one(amountUSD="999999999999999.99").reporting_amount == Decimal("999999999999999.99")


def test_organisations_that_are_not_named_are_none() -> None:
    cells = ("srcOrganization", "srcOrganizationTypes", "destOrganization", "destOrganizationTypes")
    expected = replace(
        TYPICAL_FLOW, provider_name=None, provider_types=(), receiver_name=None, receiver_types=()
    )
    assert read_one(**dict.fromkeys(cells, " ")) == expected


def test_types_of_an_organisation_are_listed() -> None:
    assert read_one(srcOrganizationTypes="Government, UN agency").provider_types == (
        "Government",
        "UN agency",
    )


def test_the_value_date_does_not_depend_on_the_decision_date() -> None:
    assert read_one(decisionDate="") == replace(TYPICAL_FLOW, decided_on=None)


@pytest.mark.parametrize("cells", [{"updatedAt": ""}, {"updatedAt": " "}])
def test_a_flow_need_not_say_when_it_was_updated(cells: dict[str, str]) -> None:
    assert read_one(**cells) == replace(TYPICAL_FLOW, updated_on=None)


def test_an_export_without_the_column_of_updates_is_read() -> None:
    columns = [name for name in HEADER if name != "updatedAt"]
    file = read(export(record(), columns=columns))
    assert (file.flows, file.rejections) == ((replace(TYPICAL_FLOW, updated_on=None),), ())


@pytest.mark.parametrize(
    ("receiver", "provider", "year"), [("2021", "2019", 2021), ("", "2019", 2019), ("", "", 2020)]
)
def test_the_year_is_the_receivers_then_the_providers_then_the_value_dates(
    receiver: str, provider: str, year: int
) -> None:
    flow = read_one(destUsageYearStart=receiver, srcUsageYearStart=provider)
    assert flow == replace(TYPICAL_FLOW, year=year)


def test_surrounding_space_goes_and_inner_line_ends_stay() -> None:
    flow = read_one(refCode="REF-1\t", description=" one\r\ntwo\nthree \n")
    assert flow == replace(TYPICAL_FLOW, description="one\r\ntwo\nthree")


def test_a_description_of_the_greatest_length_is_kept() -> None:
    assert read_one(description="é" * 10_000).description == "é" * 10_000


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_lines_are_those_where_records_start(line_end: str) -> None:
    data = export(
        record(id="1", description="one\ntwo\nthree"),
        record(id="2", status="lost"),
        record(id="3"),
        line_end=line_end,
    )
    file = read(data.replace(b"updatedAt", b"updatedAt" + line_end.encode()))
    assert [(flow.line, flow.flow_id) for flow in file.flows] == [(3, "1"), (7, "3")]
    assert [(gone.line, gone.flow_id) for gone in file.rejections] == [(6, "2")]
    assert file.row_count == 3


def test_line_ends_may_differ() -> None:
    header, rest = export(record()).split(b"\n", 1)
    assert read(header + b"\r\n" + rest).flows == (TYPICAL_FLOW,)


def test_columns_come_in_any_order_with_others_between() -> None:
    columns = ["somethingNew", *reversed(HEADER)]
    assert read(export(record(somethingNew="?"), columns=columns)).flows == (TYPICAL_FLOW,)


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read(b"\xef\xbb\xbf" + export(record())).flows == (TYPICAL_FLOW,)


def test_a_line_of_hxl_tags_is_no_record() -> None:
    file = read(export(record(), tags=True))
    assert (file.row_count, file.flows) == (1, (replace(TYPICAL_FLOW, line=3),))


# What is rejected, record by record


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    WRONG_CELLS,
    ids=[f"{field} {value[:20]!a}" for field, value, _ in WRONG_CELLS],
)
def test_a_wrong_field_rejects_its_record_only(field: str, value: str, reason: str) -> None:
    file = read(export(record(id="1"), record(**{"id": "2", field: value})))
    assert file.rejections == (Rejection(3, "" if field == "id" else "2", field, reason),)
    assert file.flows == (replace(TYPICAL_FLOW, flow_id="1"),)
    assert file.row_count == 2


@pytest.mark.parametrize(("currency", "amount", "digits"), [("JPY", "1.5", 0), ("KWD", "1.0005", 3)])
def test_no_amount_has_more_digits_than_its_currency(currency: str, amount: str, digits: int) -> None:
    [rejection] = read(export(record(originalCurrency=currency, originalAmount=amount))).rejections
    expected = f"{amount} has more than the {digits} decimals of {currency}. Round it."
    assert (rejection.field, rejection.reason) == ("originalAmount", expected)


def test_a_second_record_of_a_flow_is_rejected() -> None:
    file = read(export(record(id="7"), record(id="8"), record(id="7", amountUSD="1")))
    assert [flow.flow_id for flow in file.flows] == ["7", "8"]
    reason = "Line 2 has this flow already. Keep the record that is right."
    assert file.rejections == (Rejection(4, "7", "id", reason),)


@pytest.mark.parametrize(("cells", "count"), [(b"a,b,c", 3), (b"," * 37, 38)])
def test_missing_or_extra_columns_reject_a_record(cells: bytes, count: int) -> None:
    header, last = export(record()).splitlines(keepends=True)
    file = read(header + cells + b"\n" + last)
    reason = f"The record has {count} columns, the header 37. Check its commas and quotation marks."
    assert file.rejections == (Rejection(2, "", "columns", reason),)
    assert file.flows == (replace(TYPICAL_FLOW, line=3),)


def test_only_the_first_wrong_field_is_named() -> None:
    file = read(export(record(amountUSD="0", status="lost", date="never")))
    assert [rejection.field for rejection in file.rejections] == ["amountUSD"]


def test_no_text_of_a_rejection_has_a_nul() -> None:
    file = read(
        export(*(record(**{name: f"{TYPICAL.get(name, '')}\0", "keywords": name}) for name in HEADER))
    )
    assert {gone.field for gone in file.rejections} == set(HEADER) - {"keywords"}
    assert not any("\0" in gone.flow_id + gone.field + gone.reason for gone in file.rejections)


@given(st.lists(st.tuples(st.sampled_from(sorted(TYPICAL)), st.text(max_size=60)), max_size=6))
def test_every_record_is_a_flow_or_a_rejection(changes: list[tuple[str, str]]) -> None:
    records = [record(**{"id": str(number), name: text}) for number, (name, text) in enumerate(changes)]
    file = read(export(*records, record(id="1001"), line_end="\r\n"))
    assert file.row_count == len(file.flows) + len(file.rejections) == len(changes) + 1
    lines = [flow.line for flow in file.flows] + [gone.line for gone in file.rejections]
    assert len(set(lines)) == file.row_count


# What is refused whole


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b" \r\n\n"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert refusal(data) == ("EMPTY", "The file is empty. Export it again.")


@pytest.mark.parametrize("tags", [True, False])
def test_a_file_without_a_flow_is_refused(tags: bool) -> None:
    assert refusal(export(tags=tags)) == ("EMPTY", "The file has a header but no flow. Export it again.")


def test_other_encodings_are_refused() -> None:
    data = export(record(), record(id="2", description="Größe")).decode().encode("latin-1")
    assert refusal(data) == ("NOT_UTF8", "Line 3 is not UTF-8 text. Save the file as CSV UTF-8.")
    assert refusal(data.decode("latin-1").encode("utf-16"))[0] == "NOT_UTF8"


def test_missing_columns_are_named() -> None:
    columns = [name for name in HEADER if name not in ("status", "id", "keywords")]
    code, message = refusal(export(record(), columns=columns))
    assert code == "MISSING_COLUMNS"
    assert message.startswith("The header lacks id, status. Export flows from FTS as CSV, ")


def test_another_separator_is_refused() -> None:
    assert refusal(export(record()).replace(b",", b";"))[0] == "MISSING_COLUMNS"


@pytest.mark.parametrize("name", ["amountUSD", "updatedAt"])
def test_a_column_given_twice_is_refused(name: str) -> None:
    code, message = refusal(export(record(), columns=[*HEADER, name]))
    assert code == "DUPLICATE_COLUMNS"
    assert message == f"The header names {name} more than once. Remove the column that is wrong."


def test_a_nul_in_the_header_is_refused() -> None:
    code, message = refusal(export(record(), columns=[*HEADER, "more\0"]))
    assert (code, message) == ("MALFORMED", "The header has a NUL character. Remove it.")


def test_a_stray_quotation_mark_is_refused_with_its_line() -> None:
    header, first, last = export(record(id="1"), record(id="2")).splitlines(keepends=True)
    code, message = refusal(header + first + last.replace(b"Training", b'"Training"s'))
    assert code == "MALFORMED"
    assert message.startswith("The record on line 3 is not proper CSV (")


def test_a_field_of_ten_megabytes_is_refused_with_its_line() -> None:
    code, message = refusal(export(record(id="1"), record(id="2", description="x" * 10_000_000)))
    assert code == "MALFORMED"
    assert message.startswith("The record on line 3 is not proper CSV (field larger than field limit")


def test_the_size_is_limited_before_anything_is_read() -> None:
    just_fits = b"x" * 64 * 1024 * 1024
    assert refusal(just_fits + b"x") == (
        "TOO_LARGE",
        "The file is larger than 64 MB. Export fewer years at a time.",
    )
    assert refusal(just_fits)[0] == "TRUNCATED"


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    header, last = export(record()).splitlines(keepends=True)
    for content in (data, header + data, header + data + b"\n" + last):
        try:
            file = read(content)
        except InvalidInput:
            continue
        assert file.row_count == len(file.flows) + len(file.rejections)


# Cut-off files


def check_cut(data: bytes, offset: int, ends: set[int], first_record: int) -> None:
    """A cut is refused as such, unless it leaves whole records only: those are then read."""
    if offset not in ends:
        assert refusal(data[:offset])[0] == "TRUNCATED", offset
    elif offset < first_record:
        assert refusal(data[:offset])[0] == "EMPTY", offset
    else:
        assert read(data[:offset]).row_count == len([end for end in ends if first_record <= end <= offset])


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("tags", [True, False])
def test_a_cut_at_any_byte_shows_unless_it_is_between_records(line_end: str, tags: bool) -> None:
    data = export(
        record(id="1", description='She said "yes"\nand left'),
        record(id="2", description="Größe, 研修", updatedAt="2021-03-01"),
        record(id="3", updatedAt='ends in a "quotation"'),
        record(id="4"),
        line_end=line_end,
        tags=tags,
    )
    ends = ends_of_lines(data)
    assert len(ends) == 5 + tags
    for offset in range(1, len(data) + 1):
        check_cut(data, offset, ends, sorted(ends)[1 + tags])


def test_a_last_record_with_too_few_columns_is_a_cut_even_with_a_line_end() -> None:
    header, first, last = export(record(id="1"), record(id="2")).splitlines(keepends=True)
    message = "The file is cut off: its last record, on line 3, has 8 of 37 columns."
    code, found = refusal(header + first + last.split(b",2019,")[0] + b",2019\n")
    assert (code, found[: len(message)]) == ("TRUNCATED", message)


# The published export


def sums(file: FtsFile) -> dict[tuple[str, str, str], Decimal]:
    found: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for flow in file.flows:
        found[flow.transaction_type, flow.kind, flow.currency] += flow.amount
    return found


def test_the_published_export_is_counted_to_the_cent() -> None:
    data = shared(SAMPLE)
    file = read(data)

    expected: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    states = {"paid": "RECEIPT", "commitment": "COMMITMENT"}
    kinds = {"financial": "DIRECT_FUNDING", "in kind": "IN_KIND"}
    for row in csv.DictReader(io.StringIO(data.decode(), newline="")):
        amount, currency = row["originalAmount"], row["originalCurrency"]
        if not amount or not currency:
            amount, currency = row["amountUSD"], "USD"
        if Decimal(amount) > 0:
            expected[states[row["status"]], kinds[row["contributionType"]], currency] += Decimal(amount)

    assert sums(file) == expected
    assert (file.row_count, len(file.flows), len(file.rejections)) == (328, 310, 18)
    assert {(gone.field, gone.reason) for gone in file.rejections} == {
        ("amountUSD", NOT_POSITIVE.format("0"))
    }


def test_the_published_export_keeps_every_us_dollar_and_its_rate() -> None:
    data = shared(SAMPLE)
    flows = read(data).flows
    rows = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert sum(flow.reporting_amount for flow in flows) == sum(Decimal(row["amountUSD"]) for row in rows)
    for flow in flows:
        converted = flow.amount / flow.rate if flow.rate else flow.amount
        assert abs(converted - flow.reporting_amount) <= flow.reporting_amount * Decimal("0.005"), flow


def test_rejections_of_the_published_export_name_the_line_in_the_file() -> None:
    data = shared(SAMPLE)
    lines = data.decode().split("\n")
    rejections = read(data).rejections
    assert len({gone.line for gone in rejections}) == 18
    for gone in rejections:
        assert f",{gone.flow_id}," in lines[gone.line - 1]


def test_the_published_export_has_flows_without_provider_and_receiver() -> None:
    flows = read(shared(SAMPLE)).flows
    assert sorted(flow.flow_id for flow in flows if flow.provider_name is None) == ["208195", "215176"]
    assert len([flow for flow in flows if flow.receiver_name is None]) == 5


def test_the_published_export_cut_anywhere_is_refused_unless_between_records() -> None:
    data = shared(SAMPLE)
    ends = ends_of_lines(data)
    assert len(ends) == 329
    first_record = sorted(ends)[1]
    inside = data.index(b"Protection\n (USAID/OFDA)") + len(b"Protection\n")
    offsets = {len(data) * number // 200 for number in range(1, 201)} | set(range(inside - 2, inside + 2))
    for offset in sorted(offsets | set(sorted(ends)[::20])):
        check_cut(data, offset, ends, first_record)
