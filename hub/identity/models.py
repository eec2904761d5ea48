"""People, the roles granted to them, and the tokens by which programs speak for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db.base import Base, Demonstrable, Timed, closed, one_of, reference_to
from hub.identity.actor import Role


class PractitionerGroup(StrEnum):
    """The practitioners from whom the RSO particularly welcomes suggestions."""

    LAW_ENFORCEMENT = "LAW_ENFORCEMENT"
    BORDER_AND_IMMIGRATION = "BORDER_AND_IMMIGRATION"
    POLICY = "POLICY"
    JUDICIAL = "JUDICIAL"
    COUNTER_TRAFFICKING_AND_MIGRATION = "COUNTER_TRAFFICKING_AND_MIGRATION"


class Person(Demonstrable, Timed, Base):
    """Somebody who acts for an organisation; the records belong to the organisation."""

    __tablename__ = "persons"
    __table_args__ = (
        one_of("practitioner_group", PractitionerGroup),
        Index("uq_persons_email", text("lower(email)"), unique=True),
    )

    name: Mapped[str]
    email: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    practitioner_group: Mapped[str | None] = closed(PractitionerGroup)
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    persona: Mapped[str | None] = mapped_column(unique=True)
    """The name by which `hub token --as` and the demonstration's sign-in know this invented person."""

    grants: Mapped[list[RoleGrant]] = relationship(
        lazy="raise", foreign_keys="RoleGrant.person_id", order_by="RoleGrant.id", viewonly=True
    )


class RoleGrant(Timed, Base):
    """A role that a person holds for a time."""

    __tablename__ = "role_grants"
    __table_args__ = (
        one_of("role", Role),
        CheckConstraint("ends_on is null or ends_on >= starts_on", name="period"),
    )

    person_id: Mapped[uuid.UUID] = reference_to("persons")
    role: Mapped[str] = closed(Role)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    granted_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)


class ApiToken(Timed, Base):
    """A bearer token: only its SHA-256 is kept, and it ends by date or by revocation."""

    __tablename__ = "api_tokens"

    person_id: Mapped[uuid.UUID] = reference_to("persons")
    label: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
