"""No secret is in the repository."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from hub.identity import tokens

ROOT = Path(__file__).parents[2]

SHAPES = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----",
    "a token or session of the hub": r"\bhubs?_[A-Za-z0-9_-]{43}\b",
    "a signed token (JWT)": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}",
    "a token of GitHub": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{60,})",
    "a token of GitLab": r"\bglpat-[\w-]{20,}",
    "a token of a package registry": r"\b(pypi-AgEI[\w-]{50,}|npm_[A-Za-z0-9]{36})",
    "a key of Amazon": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a key of Google": r"\bAIza[\w-]{35}\b",
    "a token of Slack": r"\bxox[abeoprs]-[\w-]{10,}",
    "a key of Stripe or of a language model": r"\bsk[-_](live|ant|proj)[-_][\w-]{20,}",
    "a key of SendGrid": r"\bSG\.[\w-]{22}\.[\w-]{43}",
    "a password in a URL": r"\b[a-z][a-z+]{2,20}://[\w.+-]+:(?P<secret>[^\s@/:'\"`{}$<>()\[\]\\]{3,})@[\w.\[-]",
    "a secret that is assigned": (
        r"(?i)[\"']?\b\w*(?:password|passwd|secret|api_?key|private_?key|client_?secret)\b[\"']?"
        r"\s*[:=]\s*[\"'](?P<secret>[A-Za-z0-9+/=_-]{24,})[\"']"
    ),
}
PLACEHOLDERS = re.compile(r"^(secret|password|pass|hub|\*+|\.\.\.|…)$")
"""What stands where the reader's own belongs."""
OF_TESTS = {"the-secret-of-the-hub-at-the-provider", "the-secret-of-a-dashboard"}
"""Made for a provider that lives as long as a test."""


def found_in(text: str) -> set[str]:
    """What is no text of a repository, by kind."""
    kinds = set()
    for kind, shape in SHAPES.items():
        for match in re.finditer(shape, text):
            secret = match.groupdict().get("secret") or match[0]
            if not PLACEHOLDERS.match(secret) and secret not in OF_TESTS:
                kinds.add(kind)
    return kinds


def test_no_tracked_file_holds_a_secret() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    assert files, listed.stderr
    found = {
        str(file.relative_to(ROOT)): kinds
        for file in files
        if file.is_file() and (kinds := found_in(file.read_text("utf-8", errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        # Put together here, so that this file holds none.
        ("a private key", "-----BEGIN " + "RSA PRIVATE KEY-----"),
        ("a token or session of the hub", "export TOKEN=" + tokens.new_secret()),
        ("a signed token (JWT)", ".".join(["eyJhbGciOiJub25lIn0", "eyJzdWIiOiIxMjM0In0", "c2lnbmF0dXJl"])),
        ("a token of GitHub", "ghp_" + "aB3" * 12),
        ("a key of Amazon", "AKIA" + "ABCD" * 4),
        ("a password in a URL", "postgresql://hub:" + "hunter2@db.example/hub"),
        ("a secret that is assigned", 'client_secret = "' + "aB3-" * 8 + '"'),
    ],
)
def test_a_secret_would_be_found(kind: str, text: str) -> None:
    assert found_in(f"some text\n{text}\nmore text") == {kind}
