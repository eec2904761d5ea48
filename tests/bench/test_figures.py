"""What the benchmark makes of what it measured, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click.testing
import pytest

from hub.bench import report
from hub.bench.driving import Drive, drive, load_tool, parsed
from hub.bench.failure import BenchFailed
from hub.bench.load import Size
from hub.bench.run import turns
from hub.bench.watching import Statements, seconds_between, statements_in
from hub.cli import main
from hub.errors import SetUpError

WRITTEN = """Running 5s test @ http://127.0.0.1:8000/graphql
  1 threads and 16 connections
Requests/sec:   1713.02

MEASURED {"requests": 8566, "bytes": 10279200, "microseconds": 5000432, "p50": 9120, "p99": 31007,\
 "connect": 0, "read": 0, "write": 0, "status": 0, "timeout": 0, "unequal": 0}
"""


def read(written: str, *, size: int = 1000) -> Drive:
    return parsed(written, size=size, connections=16)


def test_what_wrk_wrote_is_read() -> None:
    found = read(WRITTEN)
    assert (found.requests, found.seconds, found.p50_ms, found.p99_ms) == (8566, 5.000432, 9.12, 31.007)
    assert found.per_second == pytest.approx(1713.05, abs=0.01)


@pytest.mark.parametrize("name", ["connect", "read", "write", "status", "timeout", "unequal"])
def test_one_failed_answer_ends_the_run(name: str) -> None:
    with pytest.raises(BenchFailed, match=f"'{name}': 1"):
        read(WRITTEN.replace(f'"{name}": 0', f'"{name}": 1'))


def test_a_drive_without_answers_ends_the_run() -> None:
    with pytest.raises(BenchFailed, match="none was"):
        read(WRITTEN.replace("8566", "0"))
    with pytest.raises(BenchFailed, match="no result"):
        read("unable to connect")


@pytest.mark.parametrize("wrong", ["8557434", "27500000"])
def test_answers_of_another_length_end_the_run(wrong: str) -> None:
    assert read(WRITTEN.replace("10279200", "8566000")).requests == 8566
    with pytest.raises(BenchFailed, match=r"not the one expected: [0-9]+ bytes each, not 1000"):
        read(WRITTEN.replace("10279200", wrong))


def test_each_round_goes_there_and_back() -> None:
    assert turns(["e", "f", "d"]) == ["e", "f", "d", "d", "f", "e"]


def test_ratios_are_of_the_same_round() -> None:
    found = report.ratios({"e": [100.0, 200.0, 400.0], "f": [90.0, 160.0, 400.0], "d": [10.0, 40.0, 50.0]})
    assert found == {
        "f/e": {"median": 0.9, "least": 0.8, "largest": 1.0},
        "f/d": {"median": 8.0, "least": 4.0, "largest": 9.0},
    }


def test_a_process_that_ended_takes_no_time_back() -> None:
    before = {(1, 0.0): 5.0, (2, 0.0): 130.0}
    assert seconds_between(before, {(1, 0.0): 6.5, (3, 9.0): 0.25}) == 1.75


def test_statements_are_told_from_what_says_who_asks() -> None:
    log = (
        "2026-11-24 01:48:03.5 UTC [1] LOG:  execute __asyncpg_stmt_1__: select * from hub.authenticate($1)\n"
        "2026-11-24 01:48:03.5 UTC [1] DETAIL:  Parameters: $1 = 'x'\n"
        "2026-11-24 01:48:03.6 UTC [1] LOG:  statement: begin\n"
        "2026-11-24 01:48:03.6 UTC [1] LOG:  execute <unnamed>: select set_config(el->>0, el->>1, true)\n"
        "2026-11-24 01:48:03.6 UTC [1] LOG:  execute 5080: select\n\t__initiatives__.title\n"
        "2026-11-24 01:48:03.6 UTC [1] LOG:  statement: commit\n"
    )
    assert statements_in(log) == Statements(reading=1, identity=4)


def test_without_wrk_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetUpError, match="apt-get install wrk"):
        load_tool()


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed: apt-get install wrk")
def test_a_contender_nobody_knows_is_named() -> None:
    said = click.testing.CliRunner().invoke(main, ["bench", "--contenders", "e,f,x"])
    assert said.exit_code == 2
    assert "'e,f,x'" in said.output


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed: apt-get install wrk")
def test_an_address_where_nobody_listens_ends_the_run() -> None:
    with pytest.raises(BenchFailed):
        drive("http://127.0.0.1:1/graphql", b"{}", {}, b"", connections=1, seconds=1, compares=False)


def test_the_table_holds_every_figure() -> None:
    row = {"per_second": 1713.0, "p50_ms": 9.12, "p99_ms": 31.0, "cpu_ms": 0.7, "p50_ms_at_1": 0.65}
    result: dict[str, Any] = {
        "scale": 1,
        "rounds": 3,
        "connections": 16,
        "machine": "2 cores",
        "documents": {"Q3": {"f": row | {"statements": 1, "identity": 0}}},
        "ratios": {"Q3": {"f/d": {"median": 3.5, "least": 3.25, "largest": 3.75}}},
        "p50_at_1": {"Q3": {"f/d": 0.5}},
        "memory": {"f": {"after_mb": 91.2, "peak_mb": 98.4}},
        "planning": {"hit_us": 2.6, "cold_ms": 17.7},
    }
    lines = report.table(result).splitlines()
    assert lines[2].split() == ["Q3", "hub", "1713.0", "9.12", "31.00", "0.70", "1", "0", "0.65"]
    assert "Q3  f/d 3.50 (3.25 to 3.75); p50 at concurrency 1: f/d 0.50" in lines
    assert "Memory of a worker after the run (and at its peak): hub 91 MB (98 MB)" in lines


def test_scales_multiply_records_and_not_organisations() -> None:
    assert Size.of(10) == Size(350, 20_000, 1_000_000, 200_000)
