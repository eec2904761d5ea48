"""Running the web server: the demonstration, and production."""

from __future__ import annotations

import errno
import gc
import os
import socket
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import uvicorn
from starlette.types import ASGIApp

from hub import logs
from hub.config import ISSUER_VARIABLES, OidcIssuer, Settings, read_settings
from hub.database import Place, open_place
from hub.db import migrate as migrations
from hub.db.seed import run_as_owner, run_seed
from hub.edge.connections import Connection
from hub.edge.metrics import SHARED_FOLDER
from hub.errors import SetUpError


def run_demo(settings: Settings, *, port: int, open_browser: bool) -> None:
    """Embedded PostgreSQL, schema, reference and demonstration data, then the server, until Ctrl-C."""
    from hub.app import build_app
    from hub.demonstration.fill import run_fill

    if settings.database_url is not None:
        raise SetUpError("HUB_DATABASE_URL is set. A demonstration never runs on it: unset it for hub demo.")
    logs.configure(as_json=False)
    listener = listen("127.0.0.1", port)
    click.echo(f"Starting the hub's own PostgreSQL in {settings.data_dir} ...")
    place = open_place(settings)
    migrations.migrate(place.owner, login=place.login)
    run_seed(place.owner)
    if run_fill(place.owner):
        click.echo("Made the demonstration data: everything in it is invented.")
    app = build_app(settings, place.login)
    personas = run_as_owner(place.owner, _personas)

    def announce() -> None:
        click.echo(f"ready {settings.base_url}")
        click.echo(_how_to_sign_in(settings, personas))
        if open_browser and os.environ.get("DISPLAY"):
            threading.Thread(target=webbrowser.open, args=(settings.base_url,), daemon=True).start()

    serve(app, listener, announce)


async def _personas(connection: object) -> list[dict[str, str]]:
    from hub.identity.tokens import personas

    return await personas(connection)  # type: ignore[arg-type]


def _how_to_sign_in(settings: Settings, personas: list[dict[str, str]]) -> str:
    lines = [
        "",
        "Everything here is invented. Sign in as one of these people at",
        f"  {settings.base_url}/demo/sign-in",
        "or take a bearer token for the API, for example:",
        f"  {_program()} token --as partner --data-dir {settings.data_dir}",
        "",
        *(f"  {p['persona']:14} {p['name']}" for p in personas),
        "",
        "Ctrl-C stops the hub; the data stays for the next start.",
    ]
    return "\n".join(lines)


def _program() -> str:
    """How this program was called, so that what is printed can be pasted."""
    return sys.argv[0] if Path(sys.argv[0]).name == "hub" else "hub"


def run_production(settings: Settings, *, workers: int, host: str, port: int) -> None:
    """Serve with production's settings, once they are safe."""
    logs.configure(as_json=True)
    require_safe(settings)
    place = open_place(settings, need_owner=False)
    if workers == 1:
        from hub.app import build_app

        app = build_app(settings, place.login)
        serve(app, listen(host, port), lambda: click.echo(f"The hub listens on http://{host}:{port}"))
        return
    click.echo(f"The hub listens on http://{host}:{port}, with {workers} workers")
    with tempfile.TemporaryDirectory(prefix="hub-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        address: dict[str, Any] = {"host": host, "port": port, "workers": workers}
        uvicorn.run("hub.serving:application", factory=True, **address, **OPTIONS)


def application() -> ASGIApp:
    """The application of one worker, by the environment's settings."""
    from hub.app import build_app

    logs.configure(as_json=True)
    settings = read_settings()
    require_safe(settings)
    place: Place = open_place(settings, need_owner=False)
    app = build_app(settings, place.login)
    _settle()
    return app


SHORTEST_SECRET = 32


def require_safe(settings: Settings) -> None:
    """Refuse settings with which nobody should run the hub for real; every one is named."""
    missing = []
    if settings.database_url is None:
        missing.append("HUB_DATABASE_URL is not set: production runs on a PostgreSQL 18 server of its own.")
    if settings.secret_key is None or len(settings.secret_key) < SHORTEST_SECRET:
        missing.append(f"HUB_SECRET_KEY is missing or shorter than {SHORTEST_SECRET} characters.")
    if not settings.base_url.startswith("https://"):
        missing.append("HUB_BASE_URL is not an https address: sign-in and its cookie need TLS.")
    if not settings.oidc_issuers:
        missing.append("HUB_OIDC_ISSUER is not set: without it nobody can sign in.")
    missing += [fault for issuer in settings.oidc_issuers for fault in _faults(issuer)]
    if settings.debug:
        missing.append("HUB_DEBUG is on: it shows internals to everybody.")
    if missing:
        raise SetUpError("These settings are not safe:\n  " + "\n  ".join(missing))


def _faults(issuer: OidcIssuer) -> Iterator[str]:
    """What is wrong with the settings of one OpenID Connect provider."""
    names = {field: name + issuer.ending for field, name in ISSUER_VARIABLES.items()}
    if not issuer.issuer.startswith("https://"):
        yield f"{names['issuer']} is not an https address: anybody on the way could sign in as anybody."
    if issuer.client_id is None:
        yield f"{names['client_id']} is not set: register the hub at {issuer.issuer}."
    if issuer.client_secret is None:
        yield f"{names['client_secret']} is not set: it comes with the client id."


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else is started; SetUpError where it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"Port {port} is in use. Stop the program that has it, or choose another with --port."
        else:
            message = f"Port {port} of {host} cannot be opened ({error.strerror}). Choose another."
        raise SetUpError(message) from None
    return listener


class _AnnouncingServer(uvicorn.Server):
    """Says so when it is ready."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # Otherwise the signal is raised again, and the process ends before its own PostgreSQL is stopped.
        self._captured_signals.clear()


OPTIONS: dict[str, Any] = {
    "log_level": "warning",
    "access_log": False,  # the edge writes a line of its own
    "server_header": False,
    "timeout_graceful_shutdown": 5,
    "limit_concurrency": 1_000,  # beyond it a worker answers 503 at once
    "http": Connection,
    "ws": "websockets-sansio",
    "ws_max_size": 65_536,  # bytes of one message: a subscription's document and variables
    "ws_per_message_deflate": False,  # events are small, and a compressor for each socket is not
}

COLLECTED_AFTER = (10_000, 20, 20)
"""Objects made between two collections, and how many collections of one generation between those of the next.

A request makes thousands of objects that no cycle holds; the default of 700 looks through them for nothing.
"""


def _settle() -> None:
    """What was made while starting stays until the end: the collector need never look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def serve(app: ASGIApp, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve the application on the socket until a signal ends it."""
    _settle()
    config = uvicorn.Config(app, **OPTIONS)
    _AnnouncingServer(config, announce).run(sockets=[listener])
