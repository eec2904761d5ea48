"""What the operator's commands do: tokens, imports, the exported contract."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.config import DATA_FOLDER_MARK, Settings
from hub.database import open_place
from hub.db import embedded
from hub.db import migrate as migrations
from hub.db.engine import Database
from hub.db.seed import run_as_owner
from hub.errors import SetUpError
from hub.identity import tokens
from hub.identity.models import TokenAccess
from hub.identity.operator import invite_as_operator

ROOT = Path(__file__).resolve().parent.parent
LABEL = "hub token"


def issue_token(settings: Settings, persona: str, *, label: str = LABEL, reads_only: bool = False) -> str:
    """A bearer token of a demonstration's persona; SetUpError names the personas that there are."""
    if settings.database_url is not None:
        raise SetUpError("HUB_DATABASE_URL is set: personas exist in a demonstration only. Unset it.")
    if not (settings.data_dir / DATA_FOLDER_MARK).exists():
        raise SetUpError(f"There is no demonstration in {settings.data_dir} yet. Run hub demo first.")
    place = open_place(settings)
    if migrations.revision(place.owner) is None:
        raise SetUpError(f"There is no demonstration in {settings.data_dir} yet. Run hub demo first.")

    async def run() -> str:
        database = Database(place.login, pool_size=1)
        try:
            return await issue_token_in(database, persona, label=label, reads_only=reads_only)
        finally:
            await database.dispose()

    return asyncio.run(run())


async def issue_token_in(
    database: Database, persona: str, *, label: str = LABEL, reads_only: bool = False
) -> str:
    """A bearer token of the persona, from a database that is at hand."""
    access = TokenAccess.READ if reads_only else TokenAccess.READ_AND_WRITE
    now = datetime.now(UTC)
    issued = await tokens.issue_for_persona(database, persona, label=label, now=now, access=access)
    if issued is not None:
        return issued
    async with database.app.connect() as connection:
        known = ", ".join(found["persona"] for found in await tokens.personas(connection))
    raise SetUpError(f"{persona!r} is no persona of this demonstration. There are: {known or 'none'}.")


def invite(settings: Settings, email: str, *, organisation: str, role: str) -> datetime:
    """Invite as the operator, who may whomever; until when it can be accepted."""
    now = datetime.now(UTC)

    async def run(connection: AsyncConnection) -> datetime:
        return await invite_as_operator(connection, email, organisation=organisation, role=role, now=now)

    return run_as_owner(open_place(settings).owner, run)


def import_fts(settings: Settings, file: Path, *, publish: bool, say: Callable[[str], None]) -> None:
    """Import the file, and say what came of each row."""
    from hub.opendata.importing import run_import

    result = run_import(open_place(settings).owner, file, publish=publish)
    for rejection in result.rejected:
        say(f"line {rejection.line}: {rejection.field}: {rejection.reason}")
    if result.is_repeated:
        say(f"This file was imported on {result.ran_at:%Y-%m-%d}; nothing was added.")
    say(
        f"{result.row_count} rows = {result.accepted} accepted + {result.unchanged} unchanged"
        f" + {len(result.rejected)} rejected; {result.organisations_created} organisations created"
    )
    for line in result.sums:
        say(f"  {line.state:15} {line.kind:15} {line.currency} {line.amount:>20,f}  ({line.count} flows)")


def check_migrations() -> None:
    """Migrate a throw-away database from empty and compare it with the models."""
    with tempfile.TemporaryDirectory(prefix="hub-check-") as folder:
        server = embedded.start(Path(folder) / "data")
        migrations.create_database(embedded.owner_url(server, "postgres"), embedded.DATABASE)
        migrations.check(embedded.owner_url(server), login=embedded.login_url(server))
        server.cleanup()


# -- the contract --------------------------------------------------------------------------------------


def exported_sdl() -> str:
    """The contract as the code states it."""
    from hub.app import contract

    return contract()


def write_sdl() -> Path:
    """Export the contract into the source tree."""
    path = ROOT / "schema" / "hub.graphql"
    path.write_text(exported_sdl(), encoding="utf-8")
    return path


def check_sdl() -> str:
    """Raise SetUpError where the exported file is stale, or a breaking change is not announced."""
    exported = exported_sdl()
    if _read("hub.graphql") != exported:
        raise SetUpError("schema/hub.graphql is not what the code exports. Run: hub sdl --write")
    released = build_schema(_read("released.graphql"))
    announced = _read("CHANGELOG.md")
    changes = [c.description for c in find_breaking_changes(released, build_schema(exported))]
    unmarked = [change for change in changes if change not in announced]
    if unmarked:
        listed = "\n  ".join(unmarked)
        raise SetUpError(
            "These changes break clients and stand in no line of schema/CHANGELOG.md. Deprecate instead, or "
            f"announce each in its own words:\n  {listed}"
        )
    return f"schema/hub.graphql is what the code exports; {len(changes)} breaking changes, all announced."


def _read(name: str) -> str:
    try:
        return (ROOT / "schema" / name).read_text("utf-8")
    except OSError:
        raise SetUpError(f"schema/{name} is missing. Run this in a source tree; restore the file.") from None
