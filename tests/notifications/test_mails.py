"""What a mail says, and that nothing that people have written becomes more than a line of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

import hub.notifications
from hub.addresses import mailable
from hub.errors import InvalidInput
from hub.notifications.mails import Mail, compose
from hub.notifications.models import MAILED
from hub.texts import Problems
from tests.notifications.mail_server import SENDER

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CONTENT = {
    "organisation": "Demonstration Alliance",
    "role": "CO_MANAGER",
    "expires_at": "2026-12-09T14:05:00+00:00",
    "confirms": True,
    "inviter": "Amina Example",
    "inviter_organisation": "Regional Support Office of the Bali Process",
}
JOINED = "ක්‍රි"  # with a zero-width joiner, without which it is another word


def arrived(recipient: str = "sok@example.org", **content: Any) -> tuple[EmailMessage, str]:
    """The mail as a client reads it from the wire, and its text."""
    id = uuid.UUID("01a20ba3-c43a-7014-bf53-c7b910e27a9f")
    mail = Mail(id, "PersonInvited", 1, recipient, CONTENT | content)
    sent = bytes(compose(mail, sender=SENDER, base_url="https://hub.example.org", now=NOW))
    assert max(map(len, sent.splitlines())) <= 78
    assert sent.isascii()
    found = message_from_bytes(sent, policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found, found.get_content().replace("\r\n", "\n")


def test_a_person_learns_who_invites_to_what_until_when_and_what_to_do() -> None:
    mail, text = arrived()
    assert dict(mail.items()) == {
        "From": "Collaboration hub <hub@example.org>",
        "To": "sok@example.org",
        "Subject": "Invitation to act for Demonstration Alliance",
        "Date": "Sun, 29 Nov 2026 12:00:00 +0000",
        "Message-ID": "<01a20ba3-c43a-7014-bf53-c7b910e27a9f@example.org>",
        "Auto-Submitted": "auto-generated",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "MIME-Version": "1.0",
        "Content-Language": "en",
    }
    lines = text.splitlines()
    assert lines[0].startswith(
        "Amina Example (Regional Support Office of the Bali Process) invites you to the collaboration hub"
    )
    for line in (
        "For:    Demonstration Alliance",
        "As:     Co-Manager",
        "Until:  9 December 2026, 14:05 UTC",
        "    https://hub.example.org/auth/login",
    ):
        assert line in lines
    assert "sign in with this e-mail address, sok@example.org, before then" in text
    assert "You did not expect this? Then do nothing" in text
    assert "focal point" not in text


def test_the_operator_has_no_name_and_who_must_be_confirmed_is_told() -> None:
    text = arrived(inviter=None, inviter_organisation=None, confirms=False)[1]
    assert text.startswith("The Regional Support Office of the Bali Process invites you to its collaboration")
    assert "A focal point of the organisation then confirms that you belong to it" in text
    assert "None" not in text


@pytest.mark.parametrize("name", ["Đặng Thị Ví Dụ", "สมหญิง ตัวอย่าง", "សុខ ឧទាហរណ៍", JOINED, "O'Neill & <Co>"])
def test_names_of_every_script_arrive_as_they_are(name: str) -> None:
    mail, text = arrived(organisation=name, inviter=name)
    assert mail["Subject"] == f"Invitation to act for {name}"
    assert text.startswith(f"{name} (Regional")
    assert f"For:    {name}" in text.splitlines()


@pytest.mark.parametrize(
    "end",
    ["\r\n", "\n", "\r", "\r\n\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00", "\u202e"],
)
def test_no_name_begins_a_line_or_a_header(end: str) -> None:
    hostile = f"Amina{end}Bcc: everybody@example.org{end}.{end}MAIL FROM:<a@b.c>"
    mail, text = arrived(organisation=hostile, inviter=hostile, inviter_organisation=hostile)
    plain, plain_text = arrived()
    assert mail.keys() == plain.keys()
    assert mail["To"] == plain["To"]
    subject = "Invitation to act for Amina Bcc: everybody@example.org . MAIL FROM:<a@b.c>"
    assert mail["Subject"].strip() == subject  # so long that it begins on a line of its own
    assert len(text.splitlines()) == len(plain_text.splitlines())
    assert all(line.isprintable() for line in text.split("\n"))


def test_no_name_brings_headers_that_are_encoded() -> None:
    hidden = "=?utf-8?q?=0d=0aBcc=3a_x=40y=2eorg=0d=0a=0d=0a=3ch1=3eEvil=3c/h1=3e?="
    mail, text = arrived(organisation=f"Good {hidden}", inviter=hidden)
    plain, plain_text = arrived()
    assert mail.keys() == plain.keys()
    assert "= ?utf-8?q?" in mail["Subject"]
    assert "<h1>" not in text
    assert len(text.splitlines()) == len(plain_text.splitlines())


def test_a_template_does_not_run_what_people_write() -> None:
    assert arrived(inviter="{{ base_url }}{% raw %}")[1].startswith("{{ base_url }}{% raw %} (")


NOT_MAILABLE = (
    "",
    "a",
    "@b.org",
    "a@",
    "a,c@b.org",
    "a;c@b.org",
    "a>c@b.org",
    "<a@b.org>",
    "(c)a@b.org",
    "a@b.org(c)",
    "a b@c.org",
    "a@b..org",
    ".a@b.org",
    "a@b.org\r\nRCPT TO:<c@d.org>",
    "jörg@b.org",
    "\ud800@b.org",
    f"a@{'b' * 64}.org",
    f"{'a' * 65}@b.org",
    '"a"@b.org',
    "a.@b.org",
    "a..c@b.org",
    "a@[127.0.0.1]",
    "a@127.0.0.1",
    "a@b",
    "a@b_c.org",
    "a@-b.org",
    f"a@{'é.' * 60}org",  # longer as the name system has it
)


@pytest.mark.parametrize("address", NOT_MAILABLE)
def test_an_address_is_told_to_a_server_as_one_address_or_not_at_all(address: str) -> None:
    with pytest.raises(ValueError, match="no mail can be sent to the address"):
        mailable(address)


@pytest.mark.parametrize("address", NOT_MAILABLE)
def test_what_cannot_be_mailed_is_refused_where_it_is_typed(address: str) -> None:
    problems = Problems()
    assert problems.address(address, "email") is None
    with pytest.raises(InvalidInput) as refused:
        problems.check()
    (problem,) = refused.value.problems
    assert problem.path == ("email",)
    assert problem.message


MAILABLE = (
    "first.last+hub@example.org",
    "o'brien_2@sub.example.co",
    "a@пример.рф",
    f"{'a' * 64}@b.org",
    "1@2b.3c",
)


@pytest.mark.parametrize("address", MAILABLE)
def test_what_may_be_typed_can_be_mailed(address: str) -> None:
    problems = Problems()
    assert problems.address(f" {address} ", "email") == address
    problems.check()
    assert arrived(address)[0]["To"]


def test_a_domain_of_another_script_is_told_as_the_name_system_has_it() -> None:
    assert mailable("name@пример.рф").addr_spec == "name@xn--e1afmkfd.xn--p1ai"
    assert mailable("first.last+hub@example.org").addr_spec == "first.last+hub@example.org"


def test_every_topic_that_is_mailed_has_a_text() -> None:
    folder = Path(hub.notifications.__file__).parent
    assert {file.stem.title().replace("_", "") for file in folder.glob("*.txt")} == MAILED
