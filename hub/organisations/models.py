"""Member States, partners, and the bodies that they sit on."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from hub.db.base import Base, Demonstrable, Versioned, closed, one_of, reference_to
from hub.identity.models import Invitation, Person, RoleGrant


class OrganisationKind(StrEnum):
    """What an organisation is; every kind but MEMBER_STATE is a partner."""

    MEMBER_STATE = "MEMBER_STATE"
    INTERNATIONAL_ORGANISATION = "INTERNATIONAL_ORGANISATION"
    OBSERVER = "OBSERVER"
    GOVERNMENT = "GOVERNMENT"
    PRIVATE_SECTOR = "PRIVATE_SECTOR"
    CIVIL_SOCIETY = "CIVIL_SOCIETY"
    ACADEMIA = "ACADEMIA"
    OTHER = "OTHER"


class VettingState(StrEnum):
    """How far the vetting of a partner has come."""

    APPLIED = "APPLIED"
    UNDER_VETTING = "UNDER_VETTING"
    VETTED = "VETTED"
    REJECTED = "REJECTED"
    SUSPENDED = "SUSPENDED"


class GroupKind(StrEnum):
    """What sort of body a working group or governance body is."""

    GOVERNANCE_BODY = "GOVERNANCE_BODY"
    WORKING_GROUP = "WORKING_GROUP"
    TASK_FORCE = "TASK_FORCE"
    FORUM = "FORUM"
    CONSULTATION_MECHANISM = "CONSULTATION_MECHANISM"


class MembershipRole(StrEnum):
    """As what an organisation sits on a body."""

    MEMBER = "MEMBER"
    OBSERVER = "OBSERVER"
    CO_CHAIR = "CO_CHAIR"


class Organisation(Demonstrable, Versioned, Base):
    """A Member State or a partner. `name` is the official label, `short_name` the everyday one."""

    __tablename__ = "organisations"
    __table_args__ = (
        one_of("kind", OrganisationKind),
        one_of("vetting_state", VettingState),
        CheckConstraint(
            "(kind = 'MEMBER_STATE') <= (iso_code is not null)", name="member_state_has_iso_code"
        ),
        Index("ix_organisations_name_id", "name", "id"),
        Index("ix_organisations_kind_name", "kind", "name", "id"),
    )

    kind: Mapped[str] = closed(OrganisationKind)
    name: Mapped[str] = mapped_column(unique=True)
    short_name: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    """Other spellings in published data, by which imports recognise the organisation."""
    iso_code: Mapped[str | None] = mapped_column(unique=True)
    iso3_code: Mapped[str | None] = mapped_column(unique=True)
    m49_code: Mapped[str | None]
    iati_reference: Mapped[str | None] = mapped_column(unique=True)
    vetting_state: Mapped[str | None] = closed(VettingState)
    """None where vetting does not apply: Member States, member organisations, names seen in imported data."""
    is_listed: Mapped[bool] = mapped_column(server_default="false", index=True)
    """Whether the public sees it."""
    decides: Mapped[bool] = mapped_column(server_default="false")
    """Whether its Co-Manager's vote is needed for a decision (configuration: Australia and Indonesia)."""
    source: Mapped[str | None]
    source_on: Mapped[date | None]

    memberships: Mapped[list[Membership]] = relationship(
        lazy="raise", viewonly=True, order_by="Membership.id"
    )


class WorkingGroup(Versioned, Base):
    """A working group, governance body, task force or forum of the Bali Process."""

    __tablename__ = "working_groups"
    __table_args__ = (one_of("kind", GroupKind),)

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = closed(GroupKind)
    established_year: Mapped[int | None] = mapped_column(SmallInteger)
    source: Mapped[str]
    source_on: Mapped[date]

    memberships: Mapped[list[Membership]] = relationship(
        lazy="raise", viewonly=True, order_by="Membership.id"
    )


class Membership(Versioned, Base):
    """An organisation's seat on a body, for a time, with the source that says so."""

    __tablename__ = "memberships"
    __table_args__ = (
        one_of("role", MembershipRole),
        UniqueConstraint(
            "organisation_id", "working_group_id", "role", "starts_on", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("ends_on is null or starts_on is null or ends_on >= starts_on", name="period"),
    )

    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    working_group_id: Mapped[uuid.UUID] = reference_to("working_groups")
    role: Mapped[str] = closed(MembershipRole)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    source: Mapped[str]
    source_on: Mapped[date]

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    working_group: Mapped[WorkingGroup] = relationship(lazy="raise", viewonly=True)


Person.organisation = relationship(Organisation, lazy="raise", viewonly=True)
Invitation.organisation = relationship(Organisation, lazy="raise", viewonly=True)
RoleGrant.organisation = relationship(
    Organisation, lazy="raise", viewonly=True, foreign_keys=RoleGrant.organisation_id
)
"""Declared here because people come before organisations in the order of imports."""
