"""One contender as a process of its own: `python -m hub.bench.contender NAME PORT DATABASE-URL`."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import uvicorn
from sqlalchemy import URL, make_url
from starlette.types import ASGIApp

from hub import logs
from hub.bench.limit import Limit
from hub.config import Settings
from hub.serving import OPTIONS, listen, serve

POOL_SIZE = 10
UNREACHED = "100000000/minute"
"""Rates are counted for each request, and nobody reaches them."""


def run(name: str, port: int, login: URL) -> None:
    """Serve the contender on the port, over the database, until a signal ends it."""
    logs.configure(as_json=True)
    listener = listen("127.0.0.1", port)
    if name == "e":
        limit = uvicorn.Config(Limit(login, pool_size=POOL_SIZE), **OPTIONS)
        uvicorn.Server(limit).run(sockets=[listener])
        return
    from hub.app import build_app

    settings = Settings(
        data_dir=Path(),
        base_url=f"http://127.0.0.1:{port}",
        is_demonstration=True,
        pool_size=POOL_SIZE,
        rate_limit_public=UNREACHED,
        rate_limit_signed_in=UNREACHED,
    )
    app: ASGIApp = build_app(settings, login, compiles=name == "f")
    serve(app, listener, lambda: click.echo("ready"))


if __name__ == "__main__":
    run(sys.argv[1], int(sys.argv[2]), make_url(sys.argv[3]))
