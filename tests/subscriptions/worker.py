"""One worker of the hub over a database, served as `hub serve` does; a program that tests start."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from hub import logs
from hub.app import build_app
from hub.config import Settings
from hub.serving import listen, serve
from tests.conftest import UNLIMITED


def main(login: str, folder: str, port: str) -> None:
    """Serve until a signal ends it; the address is the first line printed."""
    logs.configure(as_json=True)
    listener = listen("127.0.0.1", int(port))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    given: dict[str, Any] = {"base_url": address, "is_demonstration": True, **UNLIMITED}
    app = build_app(Settings(data_dir=Path(folder), **given), make_url(login))
    serve(app, listener, lambda: print(address, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
