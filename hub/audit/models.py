"""The append-only record of every write, and the keys that make a repeated write harmless."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from hub.db.base import Base, Timed, reference_to


class AuditEvent(Base):
    """Who did what to what, and when. The application can neither change nor delete it."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("ix_audit_events_subject_id_id", "subject_id", "id"),)

    at: Mapped[datetime]
    action: Mapped[str]
    person_id: Mapped[uuid.UUID] = reference_to("persons")
    organisation_id: Mapped[uuid.UUID | None] = reference_to("organisations", index=False)
    """The organisation for which the person acted."""
    subject_type: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class IdempotencyKey(Timed, Base):
    """A key that a client gave with a write, and what the write made."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("person_id", "key"),)

    person_id: Mapped[uuid.UUID] = reference_to("persons", index=False)
    key: Mapped[str]
    action: Mapped[str]
    input_hash: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[uuid.UUID]
