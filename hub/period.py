"""Periods: a first and a last day, either of which may be open."""

from __future__ import annotations

from datetime import date

from hub.errors import Problem

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)


def problems_of(
    *, starts_on: date | None, ends_on: date | None, names: tuple[str, str] = ("startsOn", "endsOn")
) -> list[Problem]:
    """What is wrong with a period: a day out of any plausible range, or an end before its start."""
    problems = [
        Problem((name,), "OUT_OF_RANGE", f"give a day between {EARLIEST} and {LATEST}")
        for name, day in zip(names, (starts_on, ends_on), strict=True)
        if day is not None and not EARLIEST <= day <= LATEST
    ]
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        problems.append(Problem((names[1],), "END_BEFORE_START", f"give a day on or after {starts_on}"))
    return problems
