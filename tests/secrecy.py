"""Every secret that a test run uses is looked for, at its end, in everything that the run has logged.

A pytest plugin. Secrets are noted where they come from and where they go: random values that the hub makes,
what HTTP clients of the tests and of the hub send and are given, settings, and the environment of programs
that are started. Kept for the search are the log lines as production writes them, what pytest captured, the
logs of servers (`keep`), answers with errors, and addresses. One secret found anywhere fails the run.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any
from urllib.parse import parse_qsl, quote

import httpx
import httpx2
import pytest
import structlog
from sqlalchemy import make_url

from hub import logs
from hub.config import Settings

SHORTEST, LEAST_VARIED = 16, 4
"""Characters, and different ones: of fewer is a word or a rubber stamp, which may stand in a log anyway."""
WORD = re.compile(r"[\w.+/=~%-]{16,}")
SHAPES = {
    "a token or session of the hub": re.compile(r"hubs?_[\w-]{43}"),
    "a signed token (JWT)": re.compile(r"eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
}
"""What is no text of a log, whoever made it."""
SECRET_FIELDS = (
    "access_token",
    "client_secret",
    "code_verifier",
    "id_token",
    "logout_token",
    "refresh_token",
)
SECRET_VARIABLES = re.compile(r"HUB_(SECRET_KEY|METRICS_TOKEN|OIDC_CLIENT_SECRET\w*)")
OF_THE_PROTOCOL = re.compile(r"(id_token_hint=)[^&#]+")
"""OpenID Connect's own way of saying, in an address of the provider, who signs out there."""

Found = list[str]


class Secrecy:
    """What is secret, and what was written."""

    def __init__(self) -> None:
        self.noted: dict[str, str] = {}
        """Secret -> what it is, and the test that used it first."""
        self.logs: dict[str, list[str]] = {}
        """Where -> what was written there."""
        self.addresses: set[str] = set()

    def note(self, secret: object, what: str, *, in_addresses: bool = False) -> None:
        """Something is secret. `in_addresses`: the protocol itself puts it into one, for one use."""
        text = secret.decode("latin-1") if isinstance(secret, bytes) else str(secret or "")
        if len(text) >= SHORTEST and len(set(text)) >= LEAST_VARIED:
            self.noted.setdefault(text, f"{what} of {_test()}" + (ADDRESSED if in_addresses else ""))

    def keep(self, where: str, text: str) -> None:
        """Something was written."""
        self.logs.setdefault(where, []).append(text)

    def found(self) -> Found:
        """Each secret that stands where it must not, by what it is; never itself."""
        texts = {where: "\n".join(parts) for where, parts in self.logs.items()}
        texts["an address"] = "\n".join(self.addresses)
        return [*self._of_shapes(texts), *self._noted_in(texts)]

    def _of_shapes(self, texts: Mapping[str, str]) -> Iterator[str]:
        for where, text in texts.items():
            for what, shape in SHAPES.items():
                if shape.search(text):
                    yield f"{where}: {what}"

    def _noted_in(self, texts: Mapping[str, str]) -> Iterator[str]:
        words = {where: "\n".join(set(WORD.findall(text))) for where, text in texts.items()}
        every = "\n".join(words.values())
        whole = "\n".join(texts.values())
        for secret, what in self.noted.items():
            for form in {secret, quote(secret, safe=""), json.dumps(secret)[1:-1]}:
                is_word = WORD.fullmatch(form) is not None
                if form not in (every if is_word else whole):
                    continue
                for where, text in (words if is_word else texts).items():
                    if form in text and not (where == "an address" and what.endswith(ADDRESSED)):
                        yield f"{where}: {what}"


ADDRESSED = " (may stand in an address)"


def _test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0] or "the set-up"


SECRECY = Secrecy()
note, keep = SECRECY.note, SECRECY.keep


# -- where secrets come from ---------------------------------------------------------------------------


def _wrapped(owner: Any, name: str, after: Callable[..., None]) -> None:
    """Have `after` called with the result and the arguments of each call that has succeeded."""
    original = getattr(owner, name)

    @wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        after(result, *args, **kwargs)
        return result

    setattr(owner, name, call)


def _of_settings(_: None, settings: Settings, **__: Any) -> None:
    note(settings.secret_key, "HUB_SECRET_KEY")
    note(settings.metrics_token, "HUB_METRICS_TOKEN")
    if settings.mail_server is not None:
        note(settings.mail_server.password, "the password in HUB_SMTP_URL")
    for issuer in settings.oidc_issuers:
        note(issuer.client_secret, "HUB_OIDC_CLIENT_SECRET")
    for url in (settings.database_url, settings.database_owner_url, settings.rate_limit_url):
        _of_url(url, "the password of a database")


def _of_url(url: str | None, what: str) -> None:
    if url and "://" in url:
        note(make_url(url).password, what)


def _of_program(_: None, __: object, *args: Any, env: Mapping[str, str] | None = None, **kwargs: Any) -> None:
    for name, value in (env or {}).items():
        if SECRET_VARIABLES.fullmatch(name):
            note(value, name)
        elif name.startswith("HUB_") and name.endswith("_URL"):
            _of_url(value, f"the password in {name}")


def _of_request(request: Any) -> None:
    SECRECY.addresses.add(OF_THE_PROTOCOL.sub(r"\1", str(request.url)))
    _, __, credential = request.headers.get("authorization", "").partition(" ")
    note(credential.strip(), "a credential sent")
    for name, value in _cookies(request.headers.get("cookie", "").split(";")):
        note(value, f"the cookie {name}")
    if request.headers.get("content-type") == "application/x-www-form-urlencoded":
        form = dict(parse_qsl(request.content.decode("latin-1")))
        note(form.get("code"), "a code of a provider", in_addresses=True)
        _of_fields(form)


def _of_response(response: Any) -> None:
    for each in (*response.history, response):
        for name, value in _cookies(each.headers.get_list("set-cookie")):
            note(value, f"the cookie {name}")
        SECRECY.addresses.add(OF_THE_PROTOCOL.sub(r"\1", each.headers.get("location", "")))
    if not response.is_closed:  # a stream, which is not read yet
        return
    if response.headers.get("content-type", "").startswith("application/json"):
        with suppress(ValueError):  # a hostile provider's
            _of_fields(response.json())
    if response.status_code >= 400 or b'"message"' in response.content:
        keep("an answer with an error", response.text)


def _of_fields(fields: Any) -> None:
    for name in SECRET_FIELDS if isinstance(fields, dict) else ():
        if isinstance(fields.get(name), str):
            note(fields[name], name)


def _cookies(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The hub's own: those of a provider are its own affair."""
    for line in lines:
        name, _, value = line.partition(";")[0].strip().partition("=")
        if "hub_" in name:
            yield name, value.strip('"')


def _listen_to(client: Any, *, is_async: bool) -> None:
    """Note what each request of a library's client sends and is given."""
    original = client.send

    @wraps(original)
    async def send_async(self: Any, request: Any, **kwargs: Any) -> Any:
        _of_request(request)
        response = await original(self, request, **kwargs)
        _of_response(response)
        return response

    @wraps(original)
    def send(self: Any, request: Any, **kwargs: Any) -> Any:
        _of_request(request)
        response = original(self, request, **kwargs)
        _of_response(response)
        return response

    client.send = send_async if is_async else send


# -- what is written -----------------------------------------------------------------------------------


def _written(_: Any, name: str, event: Any) -> Any:
    """Keep the line that production would write, and go on with the event."""
    line: Any = dict(event)
    for processor in logs.processors(as_json=True):
        line = processor(None, name, line)
    keep(f"the log of the hub in {_test()}", str(line))
    return event


# -- pytest --------------------------------------------------------------------------------------------


def pytest_configure(config: pytest.Config) -> None:
    """Listen from now on."""
    _wrapped(secrets, "token_urlsafe", lambda made, *_: note(made, "a random value", in_addresses=True))
    _wrapped(Settings, "__init__", _of_settings)
    _wrapped(subprocess.Popen, "__init__", _of_program)
    for library in (httpx, httpx2):
        _listen_to(library.Client, is_async=False)
        _listen_to(library.AsyncClient, is_async=True)
    logging.getLogger().addHandler(_Library())
    structlog.configure(processors=[_written, *logs.processors(as_json=False)])


class _Library(logging.Handler):
    """Keeps what libraries log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record, unless it is of the tests' own HTTP client: the hub's is httpx2."""
        if record.name.partition(".")[0] not in ("httpx", "httpcore"):
            keep(f"the log of {record.name} in {_test()}", self.format(record))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what the whole test, and programs that it started, have printed."""
    if report.when == "teardown":
        for title, text in report.sections:
            if not title.startswith("Captured log"):  # `_Library` has it, by record
                keep(f"{title} of {report.nodeid}", text)


FOUND: pytest.StashKey[Found] = pytest.StashKey()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search, and fail the run where anything is found."""
    found = session.config.stash.setdefault(FOUND, [])
    found += sorted(set(SECRECY.found()))
    if hasattr(session.config, "workeroutput"):  # one of several processes of pytest-xdist
        session.config.workeroutput[FOUND_THERE] = found
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


FOUND_THERE = "secrets that were logged"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what another process of pytest-xdist has found."""
    node.config.stash.setdefault(FOUND, []).extend(getattr(node, "workeroutput", {}).get(FOUND_THERE, ()))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say where what kind of secret stands; the secret itself is not shown again."""
    found = config.stash.get(FOUND, [])
    if found:
        terminalreporter.section("secrets were logged", red=True)
        for line in found:
            terminalreporter.line(f"in {line}")
