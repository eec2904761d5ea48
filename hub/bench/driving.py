"""Driving a server with `wrk`, a standard load tool, and reading what it found."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import SetUpError

SCRIPT = """
wrk.method = "POST"
wrk.body = %s
%s
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('\\nMEASURED {"requests": %%d, "microseconds": %%d, "p50": %%d, "p99": %%d,' ..
    ' "connect": %%d, "read": %%d, "write": %%d, "status": %%d, "timeout": %%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect, e.read, e.write, e.status, e.timeout))
end
"""
ERRORS = ("connect", "read", "write", "status", "timeout")


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


def drive(url: str, body: bytes, headers: Mapping[str, str], *, connections: int, seconds: float) -> Drive:
    """Ask over and over for so many seconds; RuntimeError where any answer failed."""
    lines = "\n".join(f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % (_lua(body.decode()), lines))
        script.flush()
        run = subprocess.run(
            [load_tool(), "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", script.name, url],
            capture_output=True,
            text=True,
            timeout=seconds + 30,
            check=False,
        )
    if run.returncode != 0:
        raise RuntimeError(f"wrk failed: {run.stderr or run.stdout}")
    return parsed(run.stdout)


def parsed(output: str) -> Drive:
    """What wrk wrote; RuntimeError where an answer failed, or none came."""
    line = next((line for line in output.splitlines() if line.startswith("MEASURED ")), None)
    if line is None:
        raise RuntimeError(f"wrk wrote no result: {output}")
    found: dict[str, Any] = json.loads(line.removeprefix("MEASURED "))
    failed = {name: found[name] for name in ERRORS if found[name]}
    if failed or not found["requests"]:
        raise RuntimeError(f"not every request was answered: {failed or 'none was'}")
    return Drive(found["requests"], found["microseconds"] / 1e6, found["p50"] / 1e3, found["p99"] / 1e3)


def _lua(text: str) -> str:
    """The text as a literal of Lua, in which wrk's scripts are written."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{quoted}"'
