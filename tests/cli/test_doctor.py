"""`hub doctor` on a server of its own: each thing that it looks at is made wrong, found, and mended."""

from __future__ import annotations

import asyncio
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from hub.config import Settings, read_settings
from hub.db import embedded, migrate
from hub.db.seed import run_as_owner, run_seed
from hub.demonstration.fill import fill
from hub.doctor import Finding, Level, examine, transport, verdict
from tests.cli.test_command_line import free_port, refused, run
from tests.notifications.mail_server import SmtpServer

MAIL_FROM = {"HUB_MAIL_FROM": "hub@example.org"}
OK, WARN, ERROR = Level.OK, Level.WARN, Level.ERROR


class Ward:
    """A database as an operator has it, with a superuser who can spoil it."""

    def __init__(self, server: object, folder: Path, name: str) -> None:
        self.owner: URL = embedded.owner_url(server, name)  # type: ignore[arg-type]
        self.login: URL = embedded.login_url(server, name)  # type: ignore[arg-type]
        self.folder = folder
        self.smtp = SmtpServer()

    @property
    def urls(self) -> dict[str, str]:
        ways = {"HUB_DATABASE_URL": self.login, "HUB_DATABASE_OWNER_URL": self.owner}
        mail = {"HUB_SMTP_URL": f"smtp://127.0.0.1:{self.smtp.port}?starttls=never", **MAIL_FROM}
        return {name: url.render_as_string(hide_password=False) for name, url in ways.items()} | mail

    def settings(self, **more: Any) -> Settings:
        return read_settings(self.urls, data_dir=self.folder, **more)

    def wrong(self, **more: Any) -> list[tuple[Level, str]]:
        """What is not in order: level and message."""
        return [(f.level, f.message) for f in examine(self.settings(**more)) if f.level is not OK]

    def execute(self, *statements: str) -> str | None:
        """Run each as the superuser, in one session; the first value of the last."""

        async def work() -> str | None:
            engine = create_async_engine(self.owner, isolation_level="AUTOCOMMIT", poolclass=NullPool)
            async with engine.connect() as connection:
                results = [await connection.execute(text(statement)) for statement in statements]
                found = str(results[-1].scalar()) if results[-1].returns_rows else None
            await engine.dispose()
            return found

        return asyncio.run(work())

    @contextmanager
    def setting(self, name: str, value: str) -> Iterator[None]:
        """The server with the setting, and then with the one that it had."""
        before = self.execute(f"show {name}")
        assert before is not None
        self._set(name, value)
        yield
        self._set(name, before)

    def _set(self, name: str, value: str) -> None:
        migrate.alter_system(self.owner, {name: value})
        end = time.monotonic() + 10
        while self.execute(f"show {name}") != value:  # the server reads its settings when it comes to it
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture(scope="module")
def ward() -> Iterator[Ward]:
    with tempfile.TemporaryDirectory(prefix="hub-doctor-") as folder:
        data = Path(folder) / "data"
        server = embedded.start(data)
        migrate.create_database(embedded.owner_url(server, "postgres"), embedded.DATABASE)
        made = Ward(server, data, embedded.DATABASE)
        migrate.migrate(made.owner, login=made.login)
        run_seed(made.owner)
        run_as_owner(made.owner, fill)
        for name, value in embedded.SERVER_SETTINGS.items():
            made._set(name, value)
        made.smtp.start()
        yield made
        made.smtp.stop()
        server.cleanup()


def test_all_is_well(ward: Ward) -> None:
    assert ward.wrong() == []
    said = run("doctor", **ward.urls)
    assert said.returncode == 0
    lines = said.stdout.splitlines()
    assert all(line.startswith("ok    ") for line in lines[:-1])
    assert "ok    The kept sums are those of the contributions." in lines
    assert "ok    The running hub can come in, and become hub_app and hub_public." in lines
    assert "ok    The way to PostgreSQL does not leave this machine." in lines
    where = f"127.0.0.1:{ward.smtp.port}"
    assert f"ok    The mail server {where} answers, and lets the hub in." in lines
    assert "ok    Messages that wait to be mailed: 0." in lines
    assert ward.smtp.letters == []
    assert lines[-1] == "Everything is in order."


def test_without_a_mail_server_nothing_is_sent_and_that_is_said(ward: Ward) -> None:
    said = run("doctor", **(ward.urls | {"HUB_SMTP_URL": ""}))
    assert said.returncode == 0
    assert "\nwarn  HUB_SMTP_URL is not set: no mail is sent." in said.stdout
    assert said.stdout.endswith("\n1 warning.\n")


def test_a_mail_server_that_takes_no_mail_is_found_and_no_password_is_told(ward: Ward) -> None:
    password = secrets.token_urlsafe(24)
    strict = SmtpServer(user="hub", password=f"another {password}").start()
    for port, message in (
        (strict.port, "the server refused the login (535)"),
        (free_port(), "Error connecting to 127.0.0.1 on port"),
    ):
        url = f"smtp://hub:{password}@127.0.0.1:{port}?starttls=never"
        said = run("doctor", **(ward.urls | {"HUB_SMTP_URL": url}))
        assert said.returncode == 2
        assert f"error The mail server 127.0.0.1:{port} takes no mail: {message}" in said.stdout
        assert password not in said.stdout + said.stderr
    strict.stop()
    assert set(strict.logins) == {"refused"}, "in each of the ways of a login"


def test_a_mail_server_that_cannot_be_named_is_refused_without_its_password(ward: Ward) -> None:
    password = secrets.token_urlsafe(24)
    url = f"smtp://hub:{password}@mail.example.org?starttls=never"
    for command in ("doctor", "serve", "invite a@b.org --organisation RSO --role staff"):
        said = refused(run(*command.split(), **(ward.urls | {"HUB_SMTP_URL": url})))
        assert said.startswith("error: HUB_SMTP_URL would send the password unencrypted")
        assert password not in said


def test_who_holds_roles_that_stand_apart_is_counted(ward: Ward) -> None:
    ward.execute("alter table hub.role_grants disable trigger keep_apart")
    ward.execute(
        "insert into hub.persons (name, email, organisation_id)"
        " select 'Both', 'both@example.org', id from hub.organisations where short_name = 'RSO'"
    )
    ward.execute(
        "insert into hub.role_grants (person_id, organisation_id, role, starts_on)"
        " select id, organisation_id, unnest(array['STAFF', 'CO_MANAGER']), current_date"
        " from hub.persons where email = 'both@example.org'"
    )
    ward.execute("alter table hub.role_grants enable trigger keep_apart")
    message = "People who hold roles that stand apart: 1. They do not vote: end one role of each."
    assert ward.wrong() == [(WARN, message)]
    ward.execute(
        "update hub.role_grants set ended_at = now(), ends_on = current_date where role = 'STAFF'"
        " and person_id = (select id from hub.persons where email = 'both@example.org')"
    )
    assert ward.wrong() == []


def test_mail_that_waits_and_mail_that_was_given_up_are_counted(ward: Ward) -> None:
    made = run("invite", "late@example.org", "--organisation", "RSO", "--role", "staff", **ward.urls)
    assert made.stdout.endswith("\nA mail with the address of the hub goes out as soon as hub serve runs.\n")
    assert Finding(OK, "Messages that wait to be mailed: 1.") in examine(ward.settings())
    ward.execute("update hub.outbox_messages set created_at = now() - interval '61 minutes'")
    ward.execute("update hub.invitations set mail_not_before = now() - interval '59 minutes'")
    assert ward.wrong() == [], "it waited for the last mail to be an hour old"
    ward.execute("update hub.invitations set mail_not_before = null")
    ((level, message),) = ward.wrong()
    waits = "Messages that wait to be mailed: 1, some for an hour"
    assert (level, message) == (WARN, f"{waits}: is hub serve running?")
    ward.execute("update hub.outbox_messages set last_error = '550 nobody'")
    assert ward.wrong() == [(WARN, f"{waits}: 550 nobody")]
    ward.execute("update hub.outbox_messages set next_attempt_at = null")
    ((level, message),) = ward.wrong()
    assert level is WARN
    given_up = "Messages given up in the last 14 days: 1, the last because of: 550 nobody."
    assert message == f"{given_up} The invitations say whose."
    ward.execute("update hub.outbox_messages set updated_at = now() - interval '15 days'")
    assert ward.wrong() == []


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("fsync", "off", ERROR),
        ("full_page_writes", "off", ERROR),
        ("synchronous_commit", "off", WARN),
        ("autovacuum", "off", WARN),
        ("random_page_cost", "4", WARN),
        ("jit", "on", WARN),
    ],
)
def test_a_setting_that_harms_is_named(name: str, value: str, level: Level, ward: Ward) -> None:
    with ward.setting(name, value):
        ((found, message),) = ward.wrong()
    assert found is level
    assert message.startswith(f"{name} is {value}: ")
    assert ward.wrong() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("random_page_cost", "2"), ("synchronous_commit", "local"), ("jit_above_cost", "-1")],
)
def test_a_setting_that_does_no_harm_is_left_alone(name: str, value: str, ward: Ward) -> None:
    with ward.setting("jit", "on" if name == "jit_above_cost" else "off"), ward.setting(name, value):
        assert ward.wrong() == []


def test_a_worker_needs_room_for_its_connections(ward: Ward) -> None:
    """The server takes 100 connections and keeps 3 of them to itself."""
    assert ward.wrong(pool_size=24) == []
    ((level, message),) = ward.wrong(pool_size=25)
    assert level is ERROR
    assert message.startswith("PostgreSQL takes 97 connections, and a worker of the hub opens up to 100: ")


def test_a_database_that_cannot_keep_every_script_is_refused(ward: Ward) -> None:
    ward.execute(
        "create database latin encoding 'LATIN1' locale_provider 'libc' locale 'C' template template0"
    )
    latin = Ward.__new__(Ward)
    latin.owner, latin.login = ward.owner.set(database="latin"), ward.login.set(database="latin")
    latin.folder, latin.smtp = ward.folder, ward.smtp
    migrate.migrate(latin.owner, login=latin.login)
    wrong = latin.wrong()
    ward.execute("drop database latin with (force)")
    assert [level for level, _ in wrong] == [ERROR, ERROR]
    assert wrong[0][1].startswith("server_encoding is LATIN1: ")
    assert wrong[1][1] == "0 Member States, not 45: hub seed"


def test_sums_that_were_tampered_with_are_found_and_counted(ward: Ward) -> None:
    change = "update hub.contributions set pledged = pledged {} where reference = (select min(reference)"
    change += " from hub.contributions)"
    unnoticed = "set session_replication_role = replica"  # no trigger fires
    ward.execute(unnoticed, change.format("+ 1"))
    said = run("doctor", **ward.urls)
    ((level, message),) = ward.wrong()
    ward.execute(unnoticed, change.format("- 1"))
    assert message.endswith(" hub renew-sums")
    assert (level, message.partition(":")[0]) == (ERROR, "Kept sums that differ from the contributions")
    assert message.startswith("Kept sums that differ from the contributions: 4.")
    assert said.returncode == 2
    assert said.stdout.splitlines()[-1] == "1 error."
    ward.execute("update hub.contribution_rollups set is_published = not is_published where grain = 'TRAITS'")
    assert [level for level, _ in ward.wrong()] == [ERROR]
    renewed = run("renew-sums", **ward.urls)
    assert re.match(r"\d+ kept sums were wrong and are right now\.\n", renewed.stdout), renewed
    assert ward.wrong() == []
    assert run("renew-sums", **ward.urls).stdout == "Every kept sum was right.\nNext: hub doctor\n"


@pytest.mark.parametrize(
    ("spoil", "mend", "message"),
    [
        (
            "alter role hub_login superuser",
            "alter role hub_login nosuperuser",
            "hub_login can bypass row-level security. Use a login that is no superuser.",
        ),
        (
            "alter table hub.proposals no force row level security",
            "alter table hub.proposals force row level security",
            "No row-level security on proposals: hub migrate",
        ),
        (
            "revoke hub_public from hub_login",
            "grant hub_public to hub_login",
            "The running hub cannot come in.",
        ),
        ("alter role hub_login nologin", "alter role hub_login login", "The running hub cannot come in."),
    ],
)
def test_rights_that_are_wrong_are_found(spoil: str, mend: str, message: str, ward: Ward) -> None:
    ward.execute(spoil)
    ((level, found),) = ward.wrong()
    ward.execute(f"{mend} with inherit false, set true" if mend.startswith("grant") else mend)
    assert level is ERROR
    assert found.startswith(message)
    assert ward.wrong() == []


@pytest.mark.parametrize(
    ("address", "is_encrypted", "mode", "level"),
    [
        (None, False, None, OK),
        ("127.0.0.1", False, None, OK),
        ("::1", False, None, OK),
        ("192.0.2.7", False, None, WARN),
        ("192.0.2.7", False, "prefer", WARN),
        ("192.0.2.7", True, None, WARN),
        ("2001:db8::7", True, "require", WARN),
        ("192.0.2.7", True, "verify-ca", OK),
        ("2001:db8::7", True, "verify-full", OK),
    ],
)
def test_a_way_beyond_this_machine_is_to_be_encrypted(
    address: str | None, is_encrypted: bool, mode: str | None, level: Level
) -> None:
    assert transport(address, is_encrypted=is_encrypted, mode=mode).level is level


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([OK, OK], "Everything is in order."),
        ([WARN, OK], "1 warning."),
        ([ERROR, WARN, ERROR], "2 errors, 1 warning."),
        ([WARN, WARN], "2 warnings."),
    ],
)
def test_the_verdict_counts_what_was_found(levels: list[Level], said: str) -> None:
    assert verdict([Finding(level, "") for level in levels]) == said
