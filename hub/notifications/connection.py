"""A connection to the operator's mail server, and its failures in words that hold no secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPResponseException,
)

from hub.errors import Unavailable
from hub.notifications.mails import one_line
from hub.notifications.server import Encryption, MailServer

ANSWER_SECONDS: Final = 20.0
"""How long the server may take for any one answer."""
FAREWELL_SECONDS: Final = 2.0
LONGEST_REASON: Final = 200


@asynccontextmanager
async def connected(server: MailServer, *, name: str) -> AsyncIterator[SMTP]:
    """A connection that calls itself `name`, encrypted and signed in as the settings say.

    Unavailable where there is none to be had.
    """
    smtp = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.encryption is Encryption.TLS,
        start_tls=server.encryption is Encryption.STARTTLS,
        username=server.user,
        password=server.password,
        local_hostname=name,
        timeout=ANSWER_SECONDS,
    )
    try:
        await smtp.connect()
        await smtp.noop()  # says EHLO, where nothing before it has
    except (SMTPException, OSError) as error:
        smtp.close()
        raise Unavailable(reason(error)) from error
    try:
        yield smtp
    except BaseException:
        smtp.close()
        raise
    with suppress(SMTPException):  # what it took it has taken, however it says good-bye
        await smtp.quit(timeout=FAREWELL_SECONDS)
    smtp.close()


def name_of(base_url: str) -> str:
    """What the hub calls itself to a mail server: the host that people know it by."""
    return (urlsplit(base_url).hostname or "localhost").encode("idna").decode()


def reason(error: Exception) -> str:
    """Why something failed, short. What a server says to a login may repeat it, so its code stands alone."""
    match error:
        case SMTPAuthenticationError():
            said = f"the server refused the login ({error.code})"
        case SMTPResponseException():
            said = f"{error.code} {error.message}"
        case SMTPException():
            said = error.message
        case _:
            said = str(error) or type(error).__name__
    return one_line(said)[:LONGEST_REASON]
