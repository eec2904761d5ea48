"""Bring a database from anything to the present: roles, schema, functions, policies. Idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.db.engine import APP_ROLE, OWNER_ROLE, PUBLIC_ROLE
from hub.errors import SetUpError

if TYPE_CHECKING:
    from alembic.config import Config

# Alembic is imported where it is used: a server that migrates nothing is spared 11 MB.

OLDEST_POSTGRESQL = 180000
LOCK_TIMEOUT = "5s"
_MIGRATION_LOCK = 7_205_013

T = TypeVar("T")


def migrate(owner: URL, *, login: URL) -> str:
    """Migrate the database and return its revision. `login` names the user that the running hub has."""
    return _run(owner, lambda connection: _upgrade(connection, login))


def revision(owner: URL) -> str | None:
    """The revision that the database is at; None where it was never migrated."""
    return _run(owner, _current)


def head() -> str:
    """The revision that this version of the hub needs: revisions are numbered in the names of their files."""
    return max(_known_revisions())


def check(owner: URL, *, login: URL) -> None:
    """Raise SetUpError unless models and migrations describe the same schema (`alembic check`)."""
    from alembic import command
    from alembic.util.exc import CommandError

    def compare(connection: Connection) -> None:
        _upgrade(connection, login)
        try:
            command.check(_config(connection))
        except CommandError as error:
            raise SetUpError(f"Models and migrations differ: {error}") from None

    _run(owner, compare)


def create_database(server: URL, name: str, *, template: str = "template1") -> bool:
    """Create the database where it is missing; True when it was."""

    async def run() -> bool:
        engine = create_async_engine(server, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        try:
            async with engine.connect() as connection:
                found = await connection.scalar(
                    text("select 1 from pg_database where datname = :name"), {"name": name}
                )
                if not found:
                    await connection.exec_driver_sql(f'create database "{name}" template "{template}"')
                return not found
        finally:
            await engine.dispose()

    return asyncio.run(run())


def alter_system(owner: URL, settings: Mapping[str, str]) -> None:
    """Set server-wide settings that need no restart."""

    async def run() -> None:
        engine = create_async_engine(owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        async with engine.connect() as connection:
            for name, value in settings.items():
                await connection.exec_driver_sql(f"alter system set {name} = '{value}'")
            await connection.exec_driver_sql("select pg_reload_conf()")
        await engine.dispose()

    asyncio.run(run())


async def in_transaction(owner: URL, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Do the work in one transaction of the URL's user; SetUpError where the database refuses."""
    engine = create_async_engine(owner, poolclass=NullPool, connect_args={"timeout": 10})
    try:
        async with engine.begin() as connection:
            return await work(connection)
    except (OSError, DBAPIError) as error:
        raise SetUpError(_unreachable(owner, error)) from error
    finally:
        await engine.dispose()


def become_owner(connection: Connection) -> None:
    """Act as the role that owns the tables, until the transaction ends; SetUpError where there are none."""
    if _current(connection) is None:
        shown = connection.engine.url.render_as_string(hide_password=True)
        raise SetUpError(f"The database {shown} was never migrated. Run `hub migrate` first.")
    connection.exec_driver_sql(f"set local role {OWNER_ROLE}")


def _run(owner: URL, work: Callable[[Connection], T]) -> T:
    return asyncio.run(in_transaction(owner, lambda connection: connection.run_sync(work)))


def _unreachable(owner: URL, error: Exception) -> str:
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    return f"The database {owner.render_as_string(hide_password=True)} did not do what was asked: {reason}"


def _upgrade(connection: Connection, login: URL) -> str:
    require_version(connection)
    connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
    connection.execute(text("select set_config('lock_timeout', :wait, true)"), {"wait": LOCK_TIMEOUT})
    _create_roles(connection, login)
    present = _current(connection)
    if present is not None and present not in _known_revisions():
        raise SetUpError(
            f"The database is at revision {present}, newer than this hub. Install the newer hub."
        )
    connection.exec_driver_sql(f"set local role {OWNER_ROLE}")
    from alembic import command

    from hub.db import row_security  # after the models exist; imports the whole policy

    command.upgrade(_config(connection), "head")

    row_security.install(connection)
    return head()


def require_version(connection: Connection) -> None:
    """Refuse a PostgreSQL older than 18: keys come from its uuidv7()."""
    number = int(connection.scalar(text("show server_version_num")) or 0)
    if number < OLDEST_POSTGRESQL:
        shown = connection.scalar(text("show server_version"))
        raise SetUpError(f"This is PostgreSQL {shown}; the hub needs 18 or newer. Upgrade the server.")


def _create_roles(connection: Connection, login: URL) -> None:
    for role in (OWNER_ROLE, APP_ROLE, PUBLIC_ROLE):
        _create_role(connection, role, "nologin noinherit")
    connection.exec_driver_sql(f"grant {OWNER_ROLE} to current_user")
    database = connection.scalar(text("select quote_ident(current_database())"))
    connection.exec_driver_sql(f"grant create, connect, temporary on database {database} to {OWNER_ROLE}")
    connection.exec_driver_sql(f"revoke temporary on database {database} from public")
    if login.username is None:
        raise SetUpError("HUB_DATABASE_URL names no user; write postgresql://user:password@host/database")
    if login.username != connection.scalar(text("select current_user")):
        secret = f" password {_quoted(connection, str(login.password))}" if login.password else ""
        _create_role(connection, login.username, "login noinherit")
        if secret:
            connection.exec_driver_sql(f"alter role {_name(connection, login.username)}{secret}")
    name = _name(connection, login.username)
    connection.exec_driver_sql(f"grant {APP_ROLE}, {PUBLIC_ROLE} to {name} with inherit false, set true")
    connection.exec_driver_sql(f"grant connect on database {database} to {name}")


def _create_role(connection: Connection, role: str, options: str) -> None:
    name = _name(connection, role)
    if not connection.scalar(text("select 1 from pg_roles where rolname = :role"), {"role": role}):
        connection.exec_driver_sql(f"create role {name} {options}")


def _name(connection: Connection, role: str) -> str:
    return connection.dialect.identifier_preparer.quote(role)


def _quoted(connection: Connection, value: str) -> str:
    return str(connection.scalar(text("select quote_literal(:value)"), {"value": value}))


def _current(connection: Connection) -> str | None:
    if connection.scalar(text("select to_regclass('hub.alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("select version_num from hub.alembic_version"))
    return found


def _known_revisions() -> set[str]:
    names = (file.name for file in (files("migrations") / "versions").iterdir())
    return {name.partition("_")[0] for name in names if name[0].isdigit() and name.endswith(".py")}


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("migrations")))
    config.attributes["connection"] = connection
    return config
