"""The search for secrets at the end of a run finds them: in a run of its own each test lets one out."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]

COMMON = """
import logging, os, subprocess
import httpx, structlog
from hub.config import Settings
from hub.identity import tokens
from hub.notifications.server import mail_server
from tests import secrecy

log = structlog.get_logger("hub.request")
plain = logging.getLogger("a library")

def client(session):
    cookie = {"Set-Cookie": f"hub_session={session}; Path=/"}
    answer = httpx.MockTransport(lambda _: httpx.Response(400, json={"message": "no"}, headers=cookie))
    return httpx.Client(transport=answer, base_url="http://hub.test")
"""
LEAKS = {
    # what is said of it: what a test does with its secret
    "a token or session of the hub": 'log.info("request", path=tokens.new_secret())',
    "a token or session of the hub, which nobody noted": 'print("hub_" + "a" * 43)',
    "a signed token (JWT)": 'print(".".join(["eyJhbGciOiJub25l", "eyJzdWIiOiIxMjM0", "c2lnbmF0dXJl"]))',
    "a token or session of the hub, in an exception": (
        'log.error("failed", exc_info=ValueError(tokens.new_secret()))'
    ),
    "a credential sent": 'http.get("/", headers={"Authorization": f"Bearer {secret}"}); print(secret)',
    "the cookie hub_session": 'http.get("/"); plain.warning("for cookie-%s", secret)',
    "HUB_SECRET_KEY": 'Settings(data_dir=".", secret_key=f"of {secret}"); log.warning(f"a key of {secret}")',
    "HUB_OIDC_CLIENT_SECRET": (
        'subprocess.run(["true"], env={"HUB_OIDC_CLIENT_SECRET": secret}); os.write(2, secret.encode())'
    ),
    "the password in HUB_DATABASE_URL": (
        'subprocess.run(["true"], env={"HUB_DATABASE_URL": f"postgresql://a:{secret}@b/c"});'
        ' secrecy.keep("a server", f"x{secret}x")'
    ),
    "the password in HUB_SMTP_URL": (
        'Settings(data_dir=".", mail_server=mail_server(f"smtp://a:{secret}@b", "a@b.org"));'
        ' print(f"x{secret}x")'
    ),
    "a code of a provider": 'http.post("/", data={"code": secret}); print(secret)',
    "client_secret": 'http.post("/", data={"client_secret": secret}); http.get("/?key=" + secret)',
}
HARMLESS = """
http.get("/", headers={"Authorization": f"Bearer {tokens.new_secret()}"})
http.post("/", data={"code": secret})
http.get(f"/auth/callback?code={secret}")
log.info("request", path="/graphql", person="01a20ba3-c43a-7014-bf53-c7b910e27a9f")
def fail():
    in_the_frame = tokens.new_secret()
    raise ValueError("without a value")
try:
    fail()
except ValueError:
    log.exception("failed")
"""


def run(folder: Path, bodies: Iterable[str], *options: str) -> tuple[int, str]:
    """The exit code and the output of a run of pytest with a test for each body."""
    file = folder / "test_it.py"
    parts = [COMMON]
    for number, body in enumerate(bodies):
        given = f'secret = "{number:02}-c0ffee" * 4; http = client("cookie-" + secret)'
        lines = "\n    ".join([given, *body.strip().splitlines()])
        parts.append(f"def test_{number}_of_it():\n    {lines}\n")
    file.write_text("\n\n".join(parts))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.secrecy", "-p", "no:cacheprovider"]
    result = subprocess.run([*command, *options, str(file)], cwd=ROOT, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def told(output: str) -> list[str]:
    """The lines of the summary."""
    return re.findall(r"^in (.+)$", output, re.MULTILINE)


def test_each_secret_that_is_logged_fails_the_run_and_is_named_without_being_shown(tmp_path: Path) -> None:
    code, output = run(tmp_path, LEAKS.values())
    assert f"{len(LEAKS)} passed" in output, output
    assert code == 1, "although every test has passed"
    lines = told(output)
    for number, leak in enumerate(LEAKS):
        what = leak.partition(",")[0]
        of_test = [line for line in lines if f"test_{number}_of_it" in line and what in line]
        assert of_test, (leak, lines)
    assert "c0ffee" not in output
    assert not re.search(r"hubs?_[\w-]{43}", output)


def test_part_of_the_tests_in_several_processes_is_searched_too(tmp_path: Path) -> None:
    code, output = run(tmp_path, LEAKS.values(), "-n", "2", "-k", "test_4_of_it or test_5_of_it")
    assert "2 passed" in output, output
    assert code == 1
    assert {re.findall(r"test_\d", line)[-1] for line in told(output)} == {"test_4", "test_5"}


def test_secrets_that_are_used_and_not_logged_pass(tmp_path: Path) -> None:
    code, output = run(tmp_path, [HARMLESS])
    assert (code, told(output)) == (0, []), output
