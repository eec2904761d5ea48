"""Files that people have handed in. What is in one stands in the store, under a random key."""

from __future__ import annotations

import uuid

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
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


unowned_objects = Table(
    "unowned_objects",
    Base.metadata,
    Column("object_key", Text, primary_key=True),
    Column("organisation_id", Uuid, nullable=False),
    Column("person_id", Uuid, nullable=False),
    Column("size", Integer, nullable=False),
    Column("removable_at", DateTime(timezone=True), nullable=False),
)
"""Objects of the store that no row of files refers to yet, or any more, and from when on each may be removed.

Written before an object is, so that the store never holds anything that the database does not know of, and
nobody has to look through the store, which other programs may use as well. Only functions of the database
touch it.
"""
