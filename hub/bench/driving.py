"""Driving a server with `wrk`, a standard load tool, and reading what it found."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.bench.failure import BenchFailed
from hub.errors import SetUpError

SCRIPT = """
wrk.method = "POST"
wrk.body = %s
%s
local counting
unequal = 0
function setup(thread) counting = thread end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nMEASURED {"requests": %%d, "bytes": %%d, "microseconds": %%d, "p50": %%d,' ..
    ' "p99": %%d, "connect": %%d, "read": %%d, "write": %%d, "status": %%d, "timeout": %%d,' ..
    ' "unequal": %%d}\\n',
    summary.requests, summary.bytes, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout, counting:get("unequal")))
end
"""
COMPARING = """
local expected = %s
function response(status, headers, body)
  if status ~= 200 or body ~= expected then unequal = unequal + 1 end
end
"""
ERRORS = ("connect", "read", "write", "status", "timeout", "unequal")
LONGEST_HEADERS = 2_000
"""Bytes before the body of an answer, at the most."""


@dataclass(frozen=True, slots=True)
class Drive:
    """What one drive found."""

    requests: int
    seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def load_tool() -> str:
    """The path of wrk; SetUpError says how to get it."""
    found = shutil.which("wrk")
    if found is None:
        raise SetUpError("hub bench drives the servers with wrk: install it (apt-get install wrk).")
    return found


def drive(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    expected: bytes,
    *,
    connections: int,
    seconds: int,
    compares: bool,
) -> Drive:
    """Ask over and over for so many seconds; BenchFailed unless each answer is 200 and the one expected.

    `compares`: byte by byte. Otherwise by status, and all together by their length: to compare each takes
    processor time and cache from what is measured, a tenth of the requests of an answer of 60 kB (measured).
    """
    lines = "\n".join(f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as script:
        script.write(SCRIPT % (_lua(body.decode()), lines))
        if compares:
            script.write(COMPARING % _lua(expected.decode()))
        script.flush()
        run = subprocess.run(
            [
                load_tool(),
                "-t1",
                "--timeout",
                "30s",
                f"-c{connections}",
                f"-d{seconds}s",
                "-s",
                script.name,
                url,
            ],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=False,
        )
    if run.returncode != 0:
        raise BenchFailed(f"wrk failed: {run.stderr or run.stdout}")
    return parsed(run.stdout, size=len(expected), connections=connections)


def parsed(output: str, *, size: int, connections: int) -> Drive:
    """What wrk wrote; BenchFailed where an answer failed, none came, or they are not of the size in bytes."""
    line = next((line for line in output.splitlines() if line.startswith("MEASURED ")), None)
    if line is None:
        raise BenchFailed(f"wrk wrote no result: {output}")
    found: dict[str, Any] = json.loads(line.removeprefix("MEASURED "))
    failed = {name: found[name] for name in ERRORS if found[name]}
    if failed or not found["requests"]:
        raise BenchFailed(f"not every request was answered: {failed or 'none was'}")
    least, unfinished = found["requests"] * size, connections * (size + LONGEST_HEADERS)
    if not least <= found["bytes"] <= least + found["requests"] * LONGEST_HEADERS + unfinished:
        mean = found["bytes"] / found["requests"]
        raise BenchFailed(
            f"the answers are not the one expected: {mean:.0f} bytes each, not {size} and headers"
        )
    return Drive(found["requests"], found["microseconds"] / 1e6, found["p50"] / 1e3, found["p99"] / 1e3)


def _lua(text: str) -> str:
    """The text as a literal of Lua, in which wrk's scripts are written."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{quoted}"'
