"""npm's oidc-provider, a certified OpenID Connect provider, as a process of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Self

import httpx

from tests.node_folder import NODE

SOURCES = Path(__file__).parent / "node"


class ProviderProcess:
    """The provider, running. It knows two clients: the hub at the address given, and a dashboard."""

    def __init__(self, folder: Path, hub: str) -> None:
        self._process = subprocess.Popen(
            [NODE, "provider.mjs", hub],
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
