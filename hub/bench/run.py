"""`hub bench`: contenders side by side on one machine, in turns, once their answers were proved equal."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from hub.bench import report
from hub.bench.driving import Drive, drive, load_tool
from hub.bench.failure import BenchFailed
from hub.bench.load import Size
from hub.bench.planning import planning
from hub.bench.questions import Question
from hub.bench.stage import Running, Stage, opened, post
from hub.bench.watching import (
    Statements,
    megabytes,
    peak_megabytes,
    processor_seconds,
    seconds_between,
    statements_in,
)
from hub.errors import SetUpError

Say = Callable[[str], None]
WARMING_SECONDS, ALONE_SECONDS = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a run goes."""

    contenders: Sequence[str]
    scale: int
    rounds: int
    seconds: int
    connections: int


def run(course: Course, folder: Path | None, say: Say) -> dict[str, Any]:
    """The whole run; BenchFailed where answers differ or fail."""
    load_tool()
    _require_known(course.contenders)
    with ExitStack() as stack:
        stage = stack.enter_context(opened(folder, Size.of(course.scale), str(course.scale), say))
        running = {name: stack.enter_context(stage.started(name)) for name in course.contenders}
        for question in stage.questions:
            prove_equal(stage, running, question)
        say(f"{', '.join(q.name for q in stage.questions)}: the answers of all contenders are equal")
        drives: dict[str, dict[str, list[Drive]]] = {}
        costs: dict[str, dict[str, list[float]]] = {}
        for question in stage.questions:
            able = [name for name in course.contenders if running[name].answers(question)]
            drives[question.name], costs[question.name] = _in_turns(
                stage, running, question, able, course, say
            )
        alone = _alone(stage, running, course, say)
        counted = {
            question.name: {
                name: statements(stage, running[name], question)
                for name in course.contenders
                if running[name].answers(question)
            }
            for question in stage.questions
        }
        memory = {
            name: {
                "after_mb": round(megabytes(running[name].process), 1),
                "peak_mb": round(peak_megabytes(running[name].process.pid), 1),
            }
            for name in course.contenders
        }
    return _result(course, drives, costs, alone, counted, memory) | {"planning": planning(stage.questions)}


def _require_known(contenders: Sequence[str]) -> None:
    unknown = [name for name in contenders if name not in report.NAMES]
    if unknown or len(set(contenders)) < len(contenders):
        known = ", ".join(f"{name} ({said})" for name, said in report.NAMES.items())
        raise SetUpError(f"--contenders names each once, of {known}; not {','.join(contenders)!r}.")


def prove_equal(stage: Stage, running: Mapping[str, Running], question: Question) -> None:
    """BenchFailed unless every contender gives the same data."""
    answers = {name: each.data(stage, question) for name, each in running.items() if each.answers(question)}
    first, *others = answers
    for other in others:
        if answers[other] != answers[first]:
            raise BenchFailed(f"{question.name}: {other} answers otherwise than {first}")


def turns(contenders: Sequence[str]) -> list[str]:
    """One round, there and back again: what drifts meanwhile weighs on all alike (ABBA)."""
    return [*contenders, *reversed(contenders)]


def _in_turns(
    stage: Stage,
    running: Mapping[str, Running],
    question: Question,
    able: Sequence[str],
    course: Course,
    say: Say,
) -> tuple[dict[str, list[Drive]], dict[str, list[float]]]:
    found: dict[str, list[Drive]] = {name: [] for name in able}
    costs: dict[str, list[float]] = {name: [] for name in able}
    for name in able:
        _driven(stage, running[name], question, course.connections, WARMING_SECONDS, compares=True)
    for number in range(1, course.rounds + 1):
        for name in turns(able):
            before = processor_seconds(running[name].process, stage.postgres)
            driven = _driven(stage, running[name], question, course.connections, course.seconds)
            after = processor_seconds(running[name].process, stage.postgres)
            found[name].append(driven)
            costs[name].append(seconds_between(before, after) * 1e3 / driven.requests)
        shown = ", ".join(
            f"{name} {statistics.fmean(d.per_second for d in found[name][-2:]):.0f}" for name in able
        )
        say(f"{question.name} round {number} of {course.rounds}: requests a second {shown}")
    return found, costs


def _alone(
    stage: Stage, running: Mapping[str, Running], course: Course, say: Say
) -> dict[str, dict[str, float]]:
    """The p50 of one client that asks one after the other, in ms: the median of the rounds."""
    found: dict[str, dict[str, float]] = {}
    for question in stage.questions:
        times: dict[str, list[float]] = {
            name: [] for name in course.contenders if running[name].answers(question)
        }
        for _ in range(course.rounds):
            for name in turns(list(times)):
                times[name].append(_driven(stage, running[name], question, 1, ALONE_SECONDS).p50_ms)
        found[question.name] = {name: statistics.median(each) for name, each in times.items()}
        say(f"{question.name} one at a time: p50 in ms {found[question.name]}")
    return found


def _driven(
    stage: Stage,
    running: Running,
    question: Question,
    connections: int,
    seconds: int,
    *,
    compares: bool = False,
) -> Drive:
    body, headers = running.request(stage, question)
    answer = post(running.url, body, headers)
    return drive(
        running.url, body, headers, answer, connections=connections, seconds=seconds, compares=compares
    )


def statements(stage: Stage, running: Running, question: Question) -> Statements:
    """What one request sends, once everything is warm: as the server's own log says."""
    body, headers = running.request(stage, question)
    with stage.logged() as log:
        post(running.url, body, headers)
        time.sleep(0.3)  # the statement that ends a transaction may follow the answer
        return statements_in(log())


def _result(
    course: Course,
    drives: Mapping[str, Mapping[str, list[Drive]]],
    costs: Mapping[str, Mapping[str, list[float]]],
    alone: Mapping[str, Mapping[str, float]],
    counted: Mapping[str, Mapping[str, Statements]],
    memory: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    documents = {
        question: {
            name: {
                "per_second": round(statistics.fmean(d.per_second for d in each), 1),
                "p50_ms": round(statistics.median(d.p50_ms for d in each), 3),
                "p99_ms": round(statistics.median(d.p99_ms for d in each), 3),
                "cpu_ms": round(statistics.median(costs[question][name]), 3),
                "p50_ms_at_1": alone[question][name],
                "statements": counted[question][name].reading,
                "identity": counted[question][name].identity,
            }
            for name, each in by_name.items()
        }
        for question, by_name in drives.items()
    }
    rounds = {
        question: {name: _by_round(each) for name, each in by_name.items()}
        for question, by_name in drives.items()
    }
    return {
        "scale": course.scale,
        "rounds": course.rounds,
        "connections": course.connections,
        "seconds": course.seconds,
        "machine": f"{os.cpu_count()} cores, {psutil.virtual_memory().total / 1e9:.0f} GB, Python"
        f" {platform.python_version()}",
        "documents": documents,
        "ratios": {question: report.ratios(each) for question, each in rounds.items()},
        "p50_at_1": {
            question: {
                f"f/{other}": round(each["f"] / each[other], 3)
                for other in each
                if other != "f" and "f" in each
            }
            for question, each in alone.items()
        },
        "memory": memory,
    }


def _by_round(drives: Sequence[Drive]) -> list[float]:
    """Requests a second of each round, which drove twice."""
    return [
        statistics.fmean((drives[n].per_second, drives[n + 1].per_second)) for n in range(0, len(drives), 2)
    ]


def write(result: Mapping[str, Any], path: Path) -> None:
    """The result as JSON."""
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
