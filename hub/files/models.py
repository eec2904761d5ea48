"""Files that people have handed in. What is in one stands in the store, under a random key."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, Integer, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db.base import Base, Demonstrable, Timed, closed, one_of, reference_to
from hub.files.media import LARGEST, MediaType
from hub.identity.models import Person


class StoredFile(Demonstrable, Timed, Base):
    """One file as it was handed in; it never changes. Its name is for people, and no path."""

    __tablename__ = "files"
    __table_args__ = (
        one_of("media_type", MediaType),
        CheckConstraint(f"size between 1 and {LARGEST}", name="size_in_range"),
        UniqueConstraint("id", "organisation_id"),
    )

    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    """Whose file it is."""
    name: Mapped[str]
    media_type: Mapped[str] = closed(MediaType)
    """As its content says, whatever it was called."""
    size: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    object_key: Mapped[str] = mapped_column(unique=True)
    """Where the store keeps it."""
    uploaded_by_id: Mapped[uuid.UUID] = reference_to("persons", index=False)

    uploaded_by: Mapped[Person] = relationship(lazy="raise", viewonly=True)
