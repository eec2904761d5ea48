"""What a plan costs: to find it again, and to make it, from the text of the document on."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Sequence

from hub.app import planner
from hub.bench.questions import Question
from hub.identity.actor import Actor
from hub.web.operations import documents

ROUNDS, HITS = 9, 2_000
VARIABLES = {"reference": "BEN-P-7", "groupBy": ["PROVIDER"], "filter": {"year": 2026}, "first": 20}
"""Of the portal's operations; each takes what it declares."""


def planning(asked: Sequence[Question]) -> dict[str, float]:
    """The medians over the questions and the portal's operations: `hit_us`, `cold_ms`; and of how many."""
    who = Actor(uuid.uuid4(), uuid.uuid4(), frozenset())
    pairs = [(q.document, dict(q.variables)) for q in asked]
    pairs += [(document, dict(VARIABLES)) for document in documents()]
    hits, cold = [], []
    for document, variables in pairs:
        times = []
        for _ in range(ROUNDS):
            fresh = planner()
            began = time.perf_counter()
            if fresh.plan(document, None, variables, who) is None:
                break  # a mutation, which has no plan
            times.append(time.perf_counter() - began)
        else:
            cold.append(statistics.median(times) * 1e3)
            began = time.perf_counter()
            for _ in range(HITS):
                fresh.plan(document, None, variables, who)
            hits.append((time.perf_counter() - began) / HITS * 1e6)
    return {"hit_us": statistics.median(hits), "cold_ms": statistics.median(cold), "documents": len(cold)}
