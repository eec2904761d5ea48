"""The outbox: what must be told, written in the transaction that makes it true."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Timed, reference_to

MAILED: Final = frozenset({"PersonInvited"})
"""The topics that are told by mail: each has a text in this folder, and its recipient in hub.take_mail."""


class OutboxMessage(Timed, Base):
    """One thing to tell one organisation's people, or the people of one role."""

    __tablename__ = "outbox_messages"
    __table_args__ = (
        Index(
            "ix_outbox_messages_next_attempt_at",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at is not null"),
        ),
    )

    topic: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    recipient_organisation_id: Mapped[uuid.UUID | None] = reference_to("organisations", index=False)
    recipient_role: Mapped[str | None]
    sender_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    """None where the operator did what is told."""
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    next_attempt_at: Mapped[datetime | None]
    """When to send it, or to try again; None where nothing is left to do, or the topic is not mailed."""
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    last_error: Mapped[str | None]
    """Why it was not sent the last time; where it was given up, why."""
    sent_at: Mapped[datetime | None]
