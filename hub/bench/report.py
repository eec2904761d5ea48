"""The figures of a run: as a table for people, as JSON for programs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

PAIRS = (("f", "e"), ("f", "d"), ("f", "s"))


def ratios(per_second: Mapping[str, Sequence[float]]) -> dict[str, dict[str, float]]:
    """For each pair that took part: the median of the rounds' ratios, the least and the largest."""
    found = {}
    for over, under in PAIRS:
        if over in per_second and under in per_second:
            each = [a / b for a, b in zip(per_second[over], per_second[under], strict=True)]
            found[f"{over}/{under}"] = {
                "median": round(statistics.median(each), 3),
                "least": round(min(each), 3),
                "largest": round(max(each), 3),
            }
    return found


def table(result: Mapping[str, Any]) -> str:
    """The whole result, for a terminal."""
    lines = [
        f"Scale {result['scale']}, {result['rounds']} rounds, {result['connections']} connections;"
        f" {result['machine']}",
        f"{'':16}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}{'SQL':>5}{'+who':>6}{'p50 at 1':>10}",
    ]
    for name, contenders in result["documents"].items():
        for contender, row in contenders.items():
            lines.append(
                f"{name:4}{NAMES[contender]:12}{row['per_second']:9.1f}{row['p50_ms']:9.2f}"
                f"{row['p99_ms']:9.2f}{row['cpu_ms']:9.2f}{row['statements']:5}{row['identity']:6}"
                f"{row['p50_ms_at_1']:10.2f}"
            )
    lines += ["", "Ratios of requests a second (median, least, largest of the rounds)"]
    for name, pairs in result["ratios"].items():
        shown = ", ".join(
            f"{pair} {found['median']:.2f} ({found['least']:.2f} to {found['largest']:.2f})"
            for pair, found in pairs.items()
        )
        alone = ", ".join(f"{pair} {found:.2f}" for pair, found in result["p50_at_1"][name].items())
        lines.append(f"{name:4}{shown or 'none'}; p50 at concurrency 1: {alone or 'none'}")
    memory = ", ".join(
        f"{NAMES[name]} {found['after_mb']:.0f} MB ({found['peak_mb']:.0f} MB)"
        for name, found in result["memory"].items()
    )
    lines += ["", f"Memory of a worker after the run (and at its peak): {memory}"]
    plan = result["planning"]
    lines.append(
        f"Plans, median of the documents: hit {plan['hit_us']:.1f} us, made in {plan['cold_ms']:.1f} ms"
    )
    return "\n".join(lines)


NAMES = {"e": "limit", "f": "hub", "s": "executor", "d": "PostGraphile"}
