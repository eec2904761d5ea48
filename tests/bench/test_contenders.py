"""The contenders answer alike, as processes of their own over the same small database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.bench.driving import drive
from hub.bench.failure import BenchFailed
from hub.bench.load import Size
from hub.bench.run import prove_equal, statements
from hub.bench.stage import Running, Stage, opened, post
from hub.errors import SetUpError

SMALL = Size(organisations=20, initiatives=80, contributions=2_000, proposals=420)
NAMES = ("Q1", "Q2", "Q3", "Q4")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A stage of a small size, in a folder short enough for a socket."""
    with (
        tempfile.TemporaryDirectory(prefix="hub-bench-") as folder,
        opened(Path(folder) / "data", SMALL, "small", lambda _: None) as made,
    ):
        yield made


@pytest.fixture(scope="module")
def running(stage: Stage) -> Iterator[dict[str, Running]]:
    """The limit, the hub and its executor."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(stage.started(name)) for name in "efs"}


@pytest.mark.parametrize("number", range(4), ids=NAMES)
def test_limit_hub_and_executor_answer_alike(number: int, stage: Stage, running: dict[str, Running]) -> None:
    prove_equal(stage, running, stage.questions[number])


def test_the_questions_find_what_they_ask_for(stage: Stage, running: dict[str, Running]) -> None:
    plan, dashboard, proposal, workspace = (running["f"].data(stage, q) for q in stage.questions)
    edges = plan["initiatives"]["edges"]
    assert len(edges) == 50
    assert all(edge["node"]["participants"] for edge in edges)
    assert max(len(edge["node"]["contributions"]["nodes"]) for edge in edges) == 5
    assert len(dashboard["contributionSummary"]["groups"]) == 20
    assert proposal["proposal"]["state"] == "UNDER_REVIEW"
    assert [review["comment"] for review in proposal["proposal"]["reviews"]] == ["A sound proposal."] * 2
    assert workspace["viewer"]["roles"] == ["PARTNER"]
    assert len(workspace["proposals"]["nodes"]) > 1
    assert workspace["contributions"]["nodes"]


@pytest.mark.parametrize("number", range(4), ids=NAMES)
def test_limit_and_hub_read_by_one_statement(number: int, stage: Stage, running: dict[str, Running]) -> None:
    question = stage.questions[number]
    assert {name: statements(stage, running[name], question).reading for name in "ef"} == {"e": 1, "f": 1}


def test_another_answer_ends_the_run(stage: Stage, running: dict[str, Running]) -> None:
    other = replace(stage.questions[2], variables={"reference": "BEN-P-8"})

    class Strayed(Running):
        """Answers another question."""

        def data(self, stage: Stage, question: object) -> object:
            return super().data(stage, other)

    strayed = Strayed("f", running["f"].url, running["f"].process)
    with pytest.raises(BenchFailed, match="Q3: f answers otherwise than e"):
        prove_equal(stage, {"e": running["e"], "f": strayed}, stage.questions[2])


def test_a_refused_request_ends_the_run(stage: Stage, running: dict[str, Running]) -> None:
    with pytest.raises(BenchFailed, match="answered 401"):
        post(running["f"].url, b"{}", {"Authorization": "Bearer hub_nobody"})


def test_an_answer_with_errors_ends_the_run(stage: Stage, running: dict[str, Running]) -> None:
    unknown = replace(stage.questions[2], variables={})
    with pytest.raises(BenchFailed, match="Q3 of f"):
        running["f"].data(stage, unknown)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed: apt-get install wrk")
def test_a_drive_counts_answers_and_refuses_other_ones(stage: Stage, running: dict[str, Running]) -> None:
    body, headers = running["f"].request(stage, stage.questions[2])
    expected = post(running["f"].url, body, headers)
    asked: dict[str, Any] = {"connections": 2, "seconds": 1}
    for compares in (False, True):
        found = drive(running["f"].url, body, headers, expected, compares=compares, **asked)
        assert found.requests > 10
        assert 0 < found.p50_ms <= found.p99_ms
    with pytest.raises(BenchFailed, match="unequal"):
        drive(running["f"].url, body, headers, expected + b" ", compares=True, **asked)
    with pytest.raises(BenchFailed, match="not the one expected"):
        drive(running["f"].url, body, headers, expected * 20, compares=False, **asked)


def test_a_folder_of_another_size_is_refused(stage: Stage) -> None:
    folder = Path(stage.place.login.query["host"]).parent  # type: ignore[arg-type]
    with pytest.raises(SetUpError, match="holds scale small"), opened(folder, SMALL, "1", lambda _: None):
        pass


@pytest.mark.slow
def test_postgraphile_answers_alike(stage: Stage, running: dict[str, Running]) -> None:
    with stage.started("d") as rival:
        asked = [question for question in stage.questions if rival.answers(question)]
        assert [question.name for question in asked] == ["Q1", "Q2", "Q3"]
        for question in asked:
            prove_equal(stage, {"f": running["f"], "d": rival}, question)
