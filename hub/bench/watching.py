"""What a contender costs: processor time, memory, SQL statements."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

IDENTITY = re.compile(r"hub\.(authenticate|note_)|^\s*(begin|commit|rollback|select set_config)\b", re.I)
STATEMENT = re.compile(r"LOG:\s+(?:statement|execute [^:]+): (.*)")


Spent = Mapping[tuple[int, float], float]
"""Processor time by process, in seconds; a process is its number and when it began."""


def processor_seconds(*processes: psutil.Process) -> Spent:
    """What the processes and their children have used until now."""
    found = {}
    for process in processes:
        for each in (process, *process.children(recursive=True)):
            try:
                used = each.cpu_times()
            except psutil.NoSuchProcess:
                continue  # a backend that ended meanwhile
            found[each.pid, each.create_time()] = used.user + used.system
    return found


def seconds_between(before: Spent, after: Spent) -> float:
    """What was used in between by the processes that are still there; who ended was idle."""
    return sum(used - before.get(process, 0.0) for process, used in after.items())


def peak_megabytes(pid: int) -> float:
    """The largest resident memory that the process ever had, in 10^6 bytes (Linux only)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("the kernel does not say how much memory the process had")
    return int(found[1]) * 1024 / 1e6


def megabytes(process: psutil.Process) -> float:
    """The memory that is resident now, shared libraries included, in 10^6 bytes."""
    return float(process.memory_info().rss) / 1e6


@dataclass(frozen=True, slots=True)
class Statements:
    """What one request sent to the database."""

    reading: int
    identity: int
    """Statements about who asks, and the ones that begin and end the transaction."""


def statements_in(log: str) -> Statements:
    """The statements that the server's log holds, where it logs all of them; no heartbeats."""
    found = [match[1] for match in STATEMENT.finditer(log) if "pg_notify" not in match[1]]
    identity = sum(1 for statement in found if IDENTITY.search(statement))
    return Statements(len(found) - identity, identity)
