"""`hub doctor`: looks at everything that the hub needs, and says what to mend."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

from sqlalchemy import Connection, Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.config import DATA_FOLDER_MARK, Settings
from hub.contributions.rollups import DIFFERENCES
from hub.database import Place, open_place
from hub.db import migrate as migrations
from hub.db.engine import APP_ROLE, PUBLIC_ROLE
from hub.db.seed import run_as_owner
from hub.errors import SetUpError, Unavailable
from hub.files.store import Store
from hub.identity.oidc.providers import Providers
from hub.notifications.connection import connected, name_of
from hub.notifications.server import Encryption

POOLS = 4
"""Of one worker (`hub.db.engine.Database`): for two roles, one that reads and one that also writes."""


class Level(StrEnum):
    """How bad a finding is: only an error has to be mended."""

    OK = "ok"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to do."""

    level: Level
    message: str


def examine(settings: Settings) -> list[Finding]:
    """Look at everything that the hub needs."""
    found = _database(settings)
    for look in (_files, _providers, _mail):
        found += asyncio.run(look(settings))
    return found


def _database(settings: Settings) -> list[Finding]:
    if settings.database_url is None and not (settings.data_dir / DATA_FOLDER_MARK).exists():
        message = f"There is no database in {settings.data_dir} yet: hub demo, or hub migrate and hub seed"
        return [Finding(Level.ERROR, message)]
    try:
        return _examined(open_place(settings), settings)
    except SetUpError as error:
        return [Finding(Level.ERROR, error.message)]


async def _files(settings: Settings) -> list[Finding]:
    """Whether files can be kept. A demonstration that is not there yet has no folder for them."""
    if settings.storage_url is None and not settings.data_dir.exists():
        return []
    try:
        await Store.of(settings).examine()
    except (SetUpError, Unavailable) as error:
        return [Finding(Level.ERROR, f"No file can be kept: {error.message}")]
    return [Finding(Level.OK, f"Files can be kept at {settings.storage}.")]


def verdict(findings: Sequence[Finding]) -> str:
    """The last line: what it all comes to."""
    counts = Counter(finding.level for finding in findings)
    parts = [
        f"{counts[level]} {word}{'s' if counts[level] > 1 else ''}"
        for level, word in ((Level.ERROR, "error"), (Level.WARN, "warning"))
        if counts[level]
    ]
    return f"{', '.join(parts)}." if parts else "Everything is in order."


async def _providers(settings: Settings) -> list[Finding]:
    """Whether each OpenID Connect provider answers as one should."""
    providers, found = Providers(settings), []
    for provider in providers:
        try:
            await provider.examine()
        except Unavailable as error:
            message = f"Nobody can sign in at {provider.issuer}: {error.message}"
            found.append(Finding(Level.ERROR, message))
        else:
            found.append(Finding(Level.OK, f"{provider.issuer} signs people in."))
    await providers.close()
    return found


async def _mail(settings: Settings) -> list[Finding]:
    """Whether the mail server answers, and knows the hub; nothing is sent."""
    server = settings.mail_server
    if server is None:
        message = "HUB_SMTP_URL is not set: no mail is sent. Tell invited people the address of the hub."
        return [Finding(Level.WARN, message)]
    where = f"{server.host}:{server.port}"
    try:
        async with connected(server, name=name_of(settings.base_url)):
            found = [Finding(Level.OK, f"The mail server {where} answers, and lets the hub in.")]
    except Unavailable as error:
        return [Finding(Level.ERROR, f"The mail server {where} takes no mail: {error.message}")]
    if server.encryption is Encryption.NONE and not server.is_local:
        message = "Mail goes to its server unencrypted. Unless that network is yours alone: use smtps://"
        found.append(Finding(Level.WARN, message))
    return found


def _examined(place: Place, settings: Settings) -> list[Finding]:
    message = "The hub's own PostgreSQL trusts every local connection: right for a demonstration."
    found = [
        Finding(Level.WARN, message)
        if place.is_embedded
        else Finding(Level.OK, "The database is the one of HUB_DATABASE_URL.")
    ]
    revision = migrations.revision(place.owner)
    if revision != migrations.head():
        message = f"The database is at revision {revision}, the hub needs {migrations.head()}: hub migrate"
        return [*found, Finding(Level.ERROR, message)]
    found.append(Finding(Level.OK, f"The database is at revision {revision}."))
    login = str(place.login.username)

    async def look(connection: AsyncConnection) -> list[Finding]:
        return await connection.run_sync(lambda sync: _look(sync, login, settings))

    return found + run_as_owner(place.owner, look) + _signed_in(place)


def _look(connection: Connection, login: str, settings: Settings) -> list[Finding]:
    migrations.require_version(connection)
    version = connection.scalar(text("show server_version"))
    return [
        Finding(Level.OK, f"PostgreSQL {version}."),
        *_settings(connection),
        _room(connection, settings.pool_size),
        _login(connection, login),
        _row_security(connection),
        _reference_data(connection),
        _kept_sums(connection),
        *_outbox(connection, is_mailing=settings.mail_server is not None),
        *_roles(connection),
    ]


# -- settings of the server ------------------------------------------------------------------------------

LEAST_JIT_COST = 1_000_000
"""Pages of three levels over 100,000 contributions were judged to cost up to 70,000, and take milliseconds:
PostgreSQL's own 100,000 is reached by a hub of the planned size."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A setting that matters, with PostgreSQL's manual on it in a sentence."""

    name: str
    is_sound: Callable[[Mapping[str, str]], bool]
    level: Level
    advice: str


def _is_on(name: str) -> Callable[[Mapping[str, str]], bool]:
    return lambda settings: settings[name] == "on"


def _jit_is_rare(settings: Mapping[str, str]) -> bool:
    cost = float(settings["jit_above_cost"])
    return settings["jit"] == "off" or cost < 0 or cost >= LEAST_JIT_COST


RULES = (
    Rule("fsync", _is_on("fsync"), Level.ERROR, "a power cut can destroy the database. Set it to on."),
    Rule(
        "full_page_writes",
        _is_on("full_page_writes"),
        Level.ERROR,
        "a power cut can destroy the database. Set it to on.",
    ),
    Rule(
        "server_encoding",
        lambda settings: settings["server_encoding"] == "UTF8",
        Level.ERROR,
        "names in Thai or Khmer cannot be kept. Create the database anew with encoding UTF8.",
    ),
    Rule(
        "synchronous_commit",
        lambda settings: settings["synchronous_commit"] != "off",
        Level.WARN,
        "a crash loses what was last said to be saved. Set it to on.",
    ),
    Rule(
        "autovacuum",
        _is_on("autovacuum"),
        Level.WARN,
        "tables grow without end, and statements are planned by old statistics. Set it to on.",
    ),
    Rule(
        "random_page_cost",
        lambda settings: float(settings["random_page_cost"]) <= 2,
        Level.WARN,
        "on SSDs set it to 1.1: large lists are 2 to 5 times faster.",
    ),
    Rule(
        "jit",
        _jit_is_rare,
        Level.WARN,
        "compiling a short statement takes longer than it saves. Set it to off.",
    ),
)


def _settings(connection: Connection) -> Iterator[Finding]:
    names = [*(rule.name for rule in RULES), "jit_above_cost"]
    rows = connection.execute(
        text("select name, setting from pg_settings where name = any(:names)"), {"names": names}
    )
    settings = {row.name: row.setting for row in rows}
    for rule in RULES:
        if not rule.is_sound(settings):
            yield Finding(rule.level, f"{rule.name} is {settings[rule.name]}: {rule.advice}")
        else:
            yield Finding(Level.OK, f"{rule.name} is {settings[rule.name]}.")


def _room(connection: Connection, pool_size: int) -> Finding:
    """Whether a worker's pools fit: what the server refuses, people see as errors."""
    most = int(
        connection.scalar(
            text(
                "select current_setting('max_connections')::integer"
                " - current_setting('superuser_reserved_connections')::integer"
                " - current_setting('reserved_connections')::integer"
            )
        )
        or 0
    )
    needed = POOLS * pool_size
    said = f"PostgreSQL takes {most} connections, and a worker of the hub opens up to {needed}"
    if most < needed:
        return Finding(Level.ERROR, f"{said}: raise max_connections, or lower HUB_POOL_SIZE.")
    return Finding(Level.OK, f"{said}: {most // needed} workers at most.")


# -- who may do what in the database ---------------------------------------------------------------------


def _login(connection: Connection, login: str) -> Finding:
    rights = connection.execute(
        text("select rolsuper, rolbypassrls from pg_roles where rolname = :login"), {"login": login}
    ).one_or_none()
    if rights is None:
        return Finding(Level.ERROR, f"The login {login} does not exist: hub migrate")
    if rights.rolsuper or rights.rolbypassrls:
        message = f"{login} can bypass row-level security. Use a login that is no superuser."
        return Finding(Level.ERROR, message)
    return Finding(Level.OK, f"{login} owns nothing and cannot bypass row-level security.")


def _row_security(connection: Connection) -> Finding:
    open_tables = connection.scalars(
        text(
            "select relname from pg_class where relnamespace = 'hub'::regnamespace and relkind = 'r'"
            " and not (relrowsecurity and relforcerowsecurity)"
            " and relname not in ('alembic_version', 'reference_counters', 'spent_logout_tokens',"
            " 'unowned_objects') order by 1"
        )
    ).all()
    if open_tables:
        return Finding(Level.ERROR, f"No row-level security on {', '.join(open_tables)}: hub migrate")
    return Finding(Level.OK, "Row-level security is forced on every table.")


def _signed_in(place: Place) -> list[Finding]:
    """Come in as the running hub does."""

    async def look(connection: AsyncConnection) -> Row[tuple[str | None, bool]]:
        way = await connection.execute(
            text(
                "select host(inet_client_addr()) as address, ssl from pg_stat_ssl"
                " where pid = pg_backend_pid()"
            )
        )
        for role in (APP_ROLE, PUBLIC_ROLE):  # who may see nothing of the way
            await connection.execute(text(f"set local role {role}"))
        return way.one()

    try:
        way = asyncio.run(migrations.in_transaction(place.login, look))
    except SetUpError as error:
        return [Finding(Level.ERROR, f"The running hub cannot come in. {error.message}")]
    mode = place.login.query.get("ssl")
    return [
        Finding(Level.OK, f"The running hub can come in, and become {APP_ROLE} and {PUBLIC_ROLE}."),
        transport(way.address, is_encrypted=way.ssl, mode=str(mode) if mode else None),
    ]


VERIFY = (
    "add ?sslmode=verify-full to both database URLs, and name the file of the server's CA in PGSSLROOTCERT."
)


def transport(address: str | None, *, is_encrypted: bool, mode: str | None) -> Finding:
    """What can be read on the way from the address (None: a socket), by the `sslmode` of the URL."""
    if address is None or ip_address(address).is_loopback:
        return Finding(Level.OK, "The way to PostgreSQL does not leave this machine.")
    if not is_encrypted:
        message = (
            f"What goes between {address} and PostgreSQL is not encrypted. Unless that network is yours"
            f" alone: {VERIFY}"
        )
        return Finding(Level.WARN, message)
    if mode not in ("verify-ca", "verify-full"):
        message = f"The way to PostgreSQL is encrypted, but anybody may pose as the server. Mend: {VERIFY}"
        return Finding(Level.WARN, message)
    return Finding(Level.OK, "The way to PostgreSQL is encrypted, and the server is who it says.")


# -- what is in the database -----------------------------------------------------------------------------


def _reference_data(connection: Connection) -> Finding:
    states = connection.scalar(text("select count(*) from hub.organisations where kind = 'MEMBER_STATE'"))
    if states != 45:
        return Finding(Level.ERROR, f"{states} Member States, not 45: hub seed")
    return Finding(Level.OK, "45 Member States.")


def _kept_sums(connection: Connection) -> Finding:
    differing = connection.scalar(text(DIFFERENCES))
    if differing:
        message = (
            f"Kept sums that differ from the contributions: {differing}. Dashboards are wrong: hub renew-sums"
        )
        return Finding(Level.ERROR, message)
    return Finding(Level.OK, "The kept sums are those of the contributions.")


def _outbox(connection: Connection, *, is_mailing: bool) -> Iterator[Finding]:
    """What waits to be mailed, and what was given up within the life of an invitation."""
    waiting, given_up = connection.execute(_MAIL_STATE).all()
    said = f"Messages that wait to be mailed: {waiting.number}"
    if waiting.is_late and is_mailing:
        why = waiting.reason or "is hub serve running?"
        yield Finding(Level.WARN, f"{said}, some for an hour: {why}")
    else:
        yield Finding(Level.OK, f"{said}.")
    if given_up.number:
        said = f"Messages given up in the last 14 days: {given_up.number}"
        why = f"the last because of: {given_up.reason}"
        yield Finding(Level.WARN, f"{said}, {why}. The invitations say whose.")


def _roles(connection: Connection) -> Iterator[Finding]:
    """Who holds what nobody holds together, from before the database refused it."""
    both = connection.scalar(_APART)
    if both:
        message = f"People who hold roles that stand apart: {both}. They do not vote: end one role of each."
        yield Finding(Level.WARN, message)


_APART = text(
    "select count(distinct g.person_id) from hub.role_grants g join hub.role_grants o"
    " on o.person_id = g.person_id and o.role = any (hub.apart(g.role)) and o.ended_at is null"
    " and o.starts_on <= coalesce(g.ends_on, 'infinity') and coalesce(o.ends_on, 'infinity') >= g.starts_on"
    " where g.ended_at is null and coalesce(least(g.ends_on, o.ends_on), 'infinity') >= current_date"
)
_MAIL_STATE = text(
    "select count(*) as number, coalesce(min(greatest(m.created_at, i.mail_not_before))"
    " < now() - interval '1 hour', false) as is_late,"
    " (array_agg(m.last_error order by m.updated_at desc))[1] as reason"
    " from hub.outbox_messages m left join hub.invitations i on i.id = m.subject_id"
    " where m.next_attempt_at is not null"
    " union all"
    " select count(*), false, (array_agg(last_error order by updated_at desc))[1]"
    " from hub.outbox_messages where next_attempt_at is null and sent_at is null and last_error is not null"
    " and updated_at > now() - interval '14 days'"
)
