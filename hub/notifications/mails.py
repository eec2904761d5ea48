"""A message of the outbox as an e-mail. What people have written stands in it as one line of plain text."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.addresses import mailable
from hub.web.templating import format_instant, label

JOINERS: Final = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
"""Not printable by themselves, but letters of Khmer, Sinhala or Persian names."""


@dataclass(frozen=True, slots=True)
class Mail:
    """What is to be sent to whom, as hub.take_mail gives it."""

    id: uuid.UUID
    topic: str
    attempt: int
    """Which one this is: 1 for the first."""
    recipient: str
    content: Mapping[str, Any]


def one_line(value: Any) -> str:
    """The value as text that can neither begin a line nor turn one around, in a header or encoded for one."""
    text = "".join(c if c.isprintable() or c in JOINERS else " " for c in str(value)).replace("=?", "= ?")
    return " ".join(text.split())


def compose(mail: Mail, *, sender: Address, base_url: str, now: datetime) -> EmailMessage:
    """The mail, the same at each attempt but for its date. ValueError where its address is none."""
    subject, body = _written(mail, base_url)
    made = EmailMessage(policy=SMTP)
    made["From"] = sender
    made["To"] = mailable(mail.recipient)
    made["Subject"] = subject
    made["Date"] = now
    made["Message-ID"] = f"<{mail.id}@{sender.domain}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(body, cte="quoted-printable")
    made["Content-Language"] = "en"
    return made


def _written(mail: Mail, base_url: str) -> tuple[str, str]:
    """Subject and body, by the template of the topic: its first line is the subject."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", mail.topic).lower()
    given = {"recipient": mail.recipient, "base_url": base_url, **mail.content}
    subject, _, body = _TEMPLATES.get_template(f"{name}.txt").render(given).partition("\n")
    return subject, body.lstrip("\n")


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=False,  # noqa: S701 (plain text)
    finalize=one_line,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters |= {"instant": format_instant, "label": label}
