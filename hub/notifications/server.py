"""The operator's mail server, as HUB_SMTP_URL and HUB_MAIL_FROM name it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from hub.errors import SetUpError

if TYPE_CHECKING:
    from email.headerregistry import Address

URL, FROM = "HUB_SMTP_URL", "HUB_MAIL_FROM"
HOW: Final = "write smtp://user:password@host:587, or smtps://..., with % and / and @ of the password encoded"
"""Said instead of the URL itself, which holds a password."""


class Encryption(StrEnum):
    """How what goes to the server is kept from others."""

    TLS = "TLS"
    """From the first byte: smtps://"""
    STARTTLS = "STARTTLS"
    """Before anything is said, or nothing is: smtp://"""
    NONE = "NONE"
    """Not at all: smtp://...?starttls=never, for a server on this machine or in a network of one's own."""


PORTS: Final = {Encryption.TLS: 465, Encryption.STARTTLS: 587, Encryption.NONE: 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over, as whom, and from whom it is."""

    host: str
    port: int
    encryption: Encryption
    sender: Address
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        """Whether what goes there stays on this machine."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return False


def mail_server(url: str | None, sender: str | None) -> MailServer | None:
    """The mail server that the two settings name; None where there is none. SetUpError shows no password."""
    if not url:
        return None
    found = _parts(url)
    encryption = _encryption(found)
    user, password = (unquote(part) if part else None for part in (found.username, found.password))
    if (user is None) is not (password is None):
        raise SetUpError(f"{URL} names a user without a password, or the reverse: {HOW}.")
    server = MailServer(
        host=found.hostname or "",
        port=found.port or PORTS[encryption],
        encryption=encryption,
        sender=_sender(sender or ""),
        user=user,
        password=password,
    )
    if password and encryption is Encryption.NONE and not server.is_local:
        raise SetUpError(f"{URL} would send the password unencrypted: leave ?starttls=never out.")
    return server


def _parts(url: str) -> SplitResult:
    try:
        found = urlsplit(url)
        (found.hostname or "").encode("idna")
        is_whole = bool(found.hostname) and found.port != 0 and found.path in ("", "/") and not found.fragment
    except ValueError:  # a port or a host that is none
        is_whole = False
    if not is_whole or found.scheme not in ("smtp", "smtps") or not url.isprintable() or " " in url:
        raise SetUpError(f"{URL} cannot be read: {HOW}.")
    return found


def _encryption(url: SplitResult) -> Encryption:
    match (url.scheme, url.query):
        case ("smtps", ""):
            return Encryption.TLS
        case ("smtp", "" | "starttls=required"):
            return Encryption.STARTTLS
        case ("smtp", "starttls=never"):
            return Encryption.NONE
        case _:
            message = "after the question mark stands starttls=required or starttls=never, of smtp:// only"
            raise SetUpError(f"{URL} cannot be read: {message}.")


def _sender(text: str) -> Address:
    """From whom mail is: one address that every server can be told, with or without a name."""
    from email.errors import MessageError
    from email.headerregistry import Address, HeaderRegistry

    try:
        header = HeaderRegistry()("From", text)
        (sender,) = header.addresses  # type: ignore[attr-defined]
    except (ValueError, IndexError, MessageError):  # what the reader of addresses makes of text that is none
        sender = None
    if isinstance(sender, Address) and not header.defects and sender.domain and sender.addr_spec.isascii():
        return sender
    raise SetUpError(
        f"{FROM} is {text!r}: with {URL}, set it to the address that mail comes from, such as"
        " Collaboration hub <hub@example.org>."
    )
