"""The mail server as the operator names it: what is understood and what is refused, and no password shown."""

from __future__ import annotations

import re

import pytest

from hub.config import read_settings
from hub.errors import SetUpError
from hub.notifications.server import Encryption

FROM = {"HUB_MAIL_FROM": "Collaboration hub <hub@example.org>"}
SECRET = "s3cret-of-the-mail/server@%"
TOLD = "s3cret-of-the-mail%2Fserver%40%25"


@pytest.mark.parametrize(
    ("url", "port", "encryption", "login"),
    [
        ("smtp://mail.example.org", 587, Encryption.STARTTLS, (None, None)),
        ("smtp://mail.example.org:2525/?starttls=required", 2525, Encryption.STARTTLS, (None, None)),
        (f"smtp://h%40b:{TOLD}@mail.example.org", 587, Encryption.STARTTLS, ("h@b", SECRET)),
        (f"smtps://hub:{TOLD}@mail.example.org", 465, Encryption.TLS, ("hub", SECRET)),
        ("smtp://mail.example.org?starttls=never", 25, Encryption.NONE, (None, None)),
        (f"smtp://hub:{TOLD}@127.0.0.1?starttls=never", 25, Encryption.NONE, ("hub", SECRET)),
        (f"smtp://hub:{TOLD}@[::1]:26?starttls=never", 26, Encryption.NONE, ("hub", SECRET)),
    ],
)
def test_what_a_url_says(
    url: str, port: int, encryption: Encryption, login: tuple[str | None, str | None]
) -> None:
    settings = read_settings({"HUB_SMTP_URL": url, **FROM})
    server = settings.mail_server
    assert server is not None
    assert (server.port, server.encryption, server.user, server.password) == (port, encryption, *login)
    assert str(server.sender) == "Collaboration hub <hub@example.org>"
    assert SECRET not in repr(settings)
    assert TOLD not in repr(settings)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mail.example.org:587",
        f"http://hub:{TOLD}@mail.example.org",
        "smtp://",
        "smtp://:587",
        "smtp://mail.example.org:0",
        "smtp://mail.example.org:65536",
        "smtp://mail.example.org:port",
        "smtp://mail..example.org",
        "smtp://[::1",
        f"smtp://hub:{TOLD}@mail.example.org/inbox",
        f"smtp://hub:{TOLD}@mail.example.org#5",
        "smtp://hub:s3cret-of-the-mail/server@mail.example.org",
        f"smtp://hub:{TOLD}@mail.example.org?starttls=maybe",
        f"smtps://hub:{TOLD}@mail.example.org?starttls=never",
        "smtp://hub@mail.example.org",
        f"smtp://:{TOLD}@mail.example.org",
        f"smtp://hub:{TOLD}@mail.example.org?starttls=never",
        f"smtp://hub:{TOLD}@mail.example.org\r\nQUIT",
    ],
)
def test_a_url_that_cannot_be_used_is_named_without_its_password(url: str) -> None:
    with pytest.raises(SetUpError, match=r"^HUB_SMTP_URL ") as refused:
        read_settings({"HUB_SMTP_URL": url, **FROM})
    assert "s3cret" not in refused.value.message


@pytest.mark.parametrize(
    "sender",
    [
        None,
        "nobody",
        "a@b.org, c@d.org",
        "Hub <hub@example.org",
        "hub@",
        "jörg@b.org",
        "a@b.org\nBcc: c@d.org",
    ],
)
def test_mail_comes_from_one_address(sender: str | None) -> None:
    given = {"HUB_SMTP_URL": "smtp://mail.example.org"} | ({"HUB_MAIL_FROM": sender} if sender else {})
    with pytest.raises(SetUpError, match=rf"^HUB_MAIL_FROM is {re.escape(repr(sender or ''))}: "):
        read_settings(given)


def test_without_a_url_there_is_no_mail_server() -> None:
    assert read_settings(FROM).mail_server is None
    assert read_settings({"HUB_SMTP_URL": "", **FROM}).mail_server is None
