"""A real SMTP server of the tests: it keeps what it takes, and says what it is told to say."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as MAIL_POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from hub.notifications.server import Encryption, MailServer
from tests.cli.test_command_line import free_port

SENDER = Address("Collaboration hub", "hub", "example.org")


@dataclass
class Letter:
    """One mail as it arrived."""

    sender: str
    to: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, read as a mail client reads it."""
        found = message_from_bytes(self.raw, policy=MAIL_POLICY)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class SmtpServer:
    """A server on a port of its own, which can be stopped and started again."""

    port: int = field(default_factory=free_port)
    user: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None
    encryption: Encryption = Encryption.NONE
    letters: list[Letter] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    """What it says instead of 250, by "MAIL", "RCPT" or "DATA"."""
    logins: list[str] = field(default_factory=list)
    on_letter: Callable[[], object] = lambda: None
    """Called when a mail is here and before that is said; in the server's thread."""
    seconds: float = 0.0
    """How long it takes to say that it has a mail."""

    def start(self) -> SmtpServer:
        given: dict[str, Any] = {}
        if self.user:
            given = {"authenticator": self._authenticate, "auth_require_tls": False}
        if self.encryption is Encryption.STARTTLS:
            given |= {"tls_context": self.tls, "require_starttls": True}
            given |= {"auth_required": True, "auth_require_tls": True} if self.user else {}
        if self.encryption is Encryption.TLS:
            given |= {"ssl_context": self.tls}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **given)
        self._controller.start()
        return self

    def stop(self) -> None:
        self._controller.stop()

    @property
    def settings(self) -> MailServer:
        """How the hub is told of it."""
        return MailServer(
            host="localhost" if self.tls else "127.0.0.1",
            port=self.port,
            encryption=self.encryption,
            sender=SENDER,
            user=self.user,
            password=self.password,
        )

    @property
    def recipients(self) -> list[str]:
        """To whom mail has arrived, in order."""
        return [address for letter in self.letters for address in letter.to]

    def _authenticate(self, _: Any, __: Any, ___: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        is_known = given == LoginPassword((self.user or "").encode(), (self.password or "").encode())
        self.logins.append(mechanism if is_known else "refused")
        return AuthResult(success=is_known, handled=False)

    async def handle_MAIL(self, _: Any, __: Any, envelope: Any, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self.replies.get("MAIL", "250 OK")

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, options: list[str]) -> str:
        if "RCPT" not in self.replies:
            envelope.rcpt_tos.append(address)
        return self.replies.get("RCPT", "250 OK")

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:
        if "DATA" in self.replies:
            return self.replies["DATA"]
        self.letters.append(Letter(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        self.on_letter()
        time.sleep(self.seconds)  # noqa: ASYNC251 (the server's own thread)
        return "250 OK"
