"""The outbox: what must be told, written in the transaction that makes it true."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Timed, reference_to


class OutboxMessage(Timed, Base):
    """One thing to tell one organisation's people, or the people of one role."""

    __tablename__ = "outbox_messages"
    __table_args__ = (Index("ix_outbox_messages_waiting", "id", postgresql_where=text("sent_at is null")),)

    topic: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    recipient_organisation_id: Mapped[uuid.UUID | None] = reference_to("organisations", index=False)
    recipient_role: Mapped[str | None]
    sender_id: Mapped[uuid.UUID] = reference_to("persons", index=False)
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    sent_at: Mapped[datetime | None]
