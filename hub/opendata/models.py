"""What was imported from where, and what was not and why."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db.base import Base, reference_to


class ImportRun(Base):
    """One reading of one file."""

    __tablename__ = "import_runs"

    source_name: Mapped[str]
    file_name: Mapped[str]
    file_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    """SHA-256 of the file: the same file is imported once."""
    ran_at: Mapped[datetime]
    row_count: Mapped[int]
    accepted_count: Mapped[int]
    unchanged_count: Mapped[int] = mapped_column(server_default="0")
    """Rows that an earlier run had imported."""
    rejected_count: Mapped[int]

    rejections: Mapped[list[ImportRejection]] = relationship(
        lazy="raise", viewonly=True, order_by="ImportRejection.line"
    )


class ImportRejection(Base):
    """A row that was not imported."""

    __tablename__ = "import_rejections"

    import_run_id: Mapped[uuid.UUID] = reference_to("import_runs")
    line: Mapped[int]
    source_reference: Mapped[str | None]
    field: Mapped[str]
    reason: Mapped[str]
