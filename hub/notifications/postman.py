"""Sends what waits in the outbox for the mail, in a task of each worker.

A message is taken by moving its next attempt five minutes on, in a transaction of its own: nobody else takes
it meanwhile, no transaction waits for the mail server, and a worker that dies leaves it to be taken again. So
a message is sent at least once, and twice only where the hub dies between sending and noting it, or the
server takes a message without saying so; both copies then have one Message-ID. A server that cannot be
reached costs no message an attempt.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from email.errors import MessageError
from typing import Final

import structlog
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from sqlalchemy import Interval, bindparam, text

from hub.db.engine import Database
from hub.errors import Unavailable
from hub.notifications.connection import connected, name_of, reason
from hub.notifications.mails import Mail, compose
from hub.notifications.server import MailServer

log = structlog.get_logger("hub.mail")

POLL_SECONDS: Final = 5.0
LONGEST_PAUSE: Final = 60.0
"""Seconds between two looks: the second where the server cannot be reached, doubled each time up to it."""
LEASE: Final = timedelta(minutes=5)
"""Longer than the six answers of one sending can take together."""
MOST_TOGETHER: Final = 50
"""Messages over one connection."""
MOST_ATTEMPTS: Final = 12
LONGEST_DELAY: Final = timedelta(hours=6)

_TAKE = text("select * from hub.take_mail(:lease)").bindparams(bindparam("lease", type_=Interval))
_SENT = text("select hub.mail_sent(:id)")
_NOT_SENT = text("select hub.mail_not_sent(:id, :reason, :again_in, :counts)").bindparams(
    bindparam("again_in", type_=Interval)
)


def delay(attempt: int) -> timedelta | None:
    """How long to wait after an attempt that failed: a minute, doubled each time; None after the last."""
    if attempt >= MOST_ATTEMPTS:
        return None
    return min(timedelta(minutes=2 ** (attempt - 1)), LONGEST_DELAY)


class Postman:
    """The one of a worker, who sends until told to stop."""

    def __init__(self, database: Database, server: MailServer, base_url: str) -> None:
        self._database, self._server, self._base_url = database, server, base_url
        self._name = name_of(base_url)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Send what is being sent, and nothing after it."""
        self._stopping.set()

    async def run(self) -> None:
        """Look every few seconds for what is due, until stopped."""
        pause = POLL_SECONDS
        while not self._stopping.is_set():
            try:
                await self.send_due()
                pause = POLL_SECONDS
            except Unavailable as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning("mail waits for its server", reason=error.message, again_in=round(pause))
            except Exception:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.exception("mail waits; trying again", again_in=round(pause))
            await self._rest(pause * random.uniform(0.8, 1))  # noqa: S311 (no secret)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def send_due(self) -> None:
        """Send what is due now, one after the other, as far as one connection should be used.

        Unavailable where the server cannot be reached.
        """
        mail = await self._take()
        if mail is None:
            return
        try:
            async with connected(self._server, name=self._name) as smtp:
                left = MOST_TOGETHER
                while mail is not None:
                    taken, mail, left = mail, None, left - 1
                    await self._send(smtp, taken)
                    mail = await self._take() if left else None
        except Unavailable as error:
            if mail is not None:  # taken, and never tried
                await self._not_sent(mail, error.message, timedelta(), counts=False)
            raise

    async def _take(self) -> Mail | None:
        if self._stopping.is_set():
            return None
        async with self._database.app.begin() as connection:
            row = (await connection.execute(_TAKE, {"lease": LEASE})).one_or_none()
        return None if row is None else Mail(row.id, row.topic, row.attempt, row.recipient, row.content)

    async def _send(self, smtp: SMTP, mail: Mail) -> None:
        """Send it, and note what came of it. Unavailable where the connection is of no more use."""
        if mail.attempt > MOST_ATTEMPTS:  # the hub died of each, or could never note what came of it
            await self._not_sent(mail, "every attempt was broken off", None)
            return
        try:
            made = compose(mail, sender=self._server.sender, base_url=self._base_url, now=datetime.now(UTC))
            await smtp.send_message(made)
        except (SMTPException, MessageError, OSError, ValueError) as error:
            why, again_in = judged(error, mail.attempt)
            is_last = again_in is None
            log.warning("a mail was not sent", id=str(mail.id), attempt=mail.attempt, is_last=is_last)
            await self._not_sent(mail, why, again_in)
            if not smtp.is_connected:
                raise Unavailable(why) from error
            return
        async with self._database.app.begin() as connection:
            await connection.execute(_SENT, {"id": mail.id})
        log.info("a mail was sent", id=str(mail.id), topic=mail.topic)

    async def _not_sent(
        self, mail: Mail, why: str, again_in: timedelta | None, *, counts: bool = True
    ) -> None:
        given = {"id": mail.id, "reason": why, "again_in": again_in, "counts": counts}
        async with self._database.app.begin() as connection:
            await connection.execute(_NOT_SENT, given)


def judged(error: Exception, attempt: int) -> tuple[str, timedelta | None]:
    """Why a mail was not sent, and when to try again; None where that would change nothing.

    A server that refuses the recipient or the content for good (5xx) is believed. That it refuses the sender,
    or to relay (5.7), is for the operator to mend, and the mail waits for that.
    """
    match error:
        case SMTPRecipientsRefused(recipients=[refused, *_]):
            is_final = refused.code >= 500 and not refused.message.startswith("5.7.")
            return reason(refused), None if is_final else delay(attempt)
        case SMTPSenderRefused():
            return reason(error), delay(attempt)
        case SMTPResponseException():
            return reason(error), None if error.code >= 500 else delay(attempt)
        case SMTPNotSupported() | MessageError() | ValueError():
            return reason(error), None
        case _:
            return reason(error), delay(attempt)
