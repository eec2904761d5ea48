"""Member States, partners, and the bodies that they sit on."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import Text

from hub.db.base import (
    SCHEMA,
    Base,
    Demonstrable,
    Timed,
    Versioned,
    by_key,
    closed,
    coded,
    of_code,
    one_of,
    reference_to,
)
from hub.files.models import StoredFile
from hub.identity.models import Invitation, Person, RoleGrant
from hub.organisations.workflow import ApplicationState, VettingOutcome, VettingState


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
        CheckConstraint(
            "vetting_state is null or (kind <> 'MEMBER_STATE' and not decides)", name="vetted_is_a_partner"
        ),
        CheckConstraint(
            "not is_listed or coalesce(vetting_state, 'VETTED') = 'VETTED'", name="listed_is_vetted"
        ),
        by_key("organisations"),
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
    vetting_applications: Mapped[list[VettingApplication]] = relationship(
        lazy="raise", viewonly=True, order_by="VettingApplication.id"
    )
    vetting_decisions: Mapped[list[VettingDecision]] = relationship(
        lazy="raise", viewonly=True, order_by="VettingDecision.id"
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


class VettingApplication(Demonstrable, Versioned, Base):
    """What a partner states to be vetted. Once submitted it never changes; more is said by another one."""

    __tablename__ = "vetting_applications"
    __table_args__ = (
        one_of("state", ApplicationState),
        of_code("reference"),
        UniqueConstraint("id", "organisation_id"),
        Index(
            "uq_vetting_applications_open",
            "organisation_id",
            unique=True,
            postgresql_where=text("state in ('DRAFT', 'SUBMITTED', 'UNDER_VETTING')"),
        ),
        Index("ix_vetting_applications_created_at_id", "created_at", "id"),
        Index("ix_vetting_applications_state_created_at_id", "state", "created_at", "id"),
        CheckConstraint(
            "(submitted_at is null) = (state = 'DRAFT') and (submitted_at is null) = (declaration is null)"
            " and (submitted_at is null) = (submitted_by_id is null)",
            name="submitted_with_declaration",
        ),
        CheckConstraint(
            "(started_by_id is null) = (state in ('DRAFT', 'SUBMITTED'))", name="started_by_somebody"
        ),
        CheckConstraint(
            "(decided_by_id is not null) = (state in ('ACCEPTED', 'REJECTED'))", name="decided_by_somebody"
        ),
        CheckConstraint("decided_by_id <> started_by_id", name="decided_by_another"),
    )

    reference: Mapped[str] = coded(unique=True)
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    state: Mapped[str] = closed(ApplicationState)
    created_by_id: Mapped[uuid.UUID] = reference_to("persons", index=False)
    description: Mapped[str | None]
    purpose: Mapped[str | None]
    registration_number: Mapped[str | None]
    website: Mapped[str | None]
    statements: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    """The statements of the declaration that are agreed to."""
    declaration: Mapped[str | None]
    """Its version and whole text, as it was agreed to when the application was submitted."""
    submitted_at: Mapped[datetime | None]
    """None while the organisation still works on it; then nobody else sees it."""
    submitted_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    started_at: Mapped[datetime | None]
    started_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    """Who took it up; somebody else decides."""
    decided_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    decisions: Mapped[list[VettingDecision]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by="VettingDecision.id",
        primaryjoin="VettingApplication.id == foreign(VettingDecision.application_id)",
    )
    documents: Mapped[list[StoredFile]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by="StoredFile.id",
        secondary=f"{SCHEMA}.vetting_documents",
        primaryjoin="and_(VettingApplication.id == foreign(VettingDocument.application_id),"
        " VettingDocument.removed_at.is_(None))",
        secondaryjoin="foreign(VettingDocument.file_id) == StoredFile.id",
    )


class VettingDocument(Timed, Base):
    """That a file belongs to an application; both are of one organisation. When removed, it is not shown."""

    __tablename__ = "vetting_documents"
    __table_args__ = (
        UniqueConstraint("application_id", "file_id"),
        Index("ix_vetting_documents_file_id", "file_id"),
        ForeignKeyConstraint(
            ["application_id", "organisation_id"],
            [f"{SCHEMA}.vetting_applications.id", f"{SCHEMA}.vetting_applications.organisation_id"],
            name="fk_vetting_documents_application",
        ),
        ForeignKeyConstraint(
            ["file_id", "organisation_id"],
            [f"{SCHEMA}.files.id", f"{SCHEMA}.files.organisation_id"],
            name="fk_vetting_documents_file",
        ),
    )

    application_id: Mapped[uuid.UUID] = mapped_column()
    file_id: Mapped[uuid.UUID] = mapped_column()
    organisation_id: Mapped[uuid.UUID] = mapped_column()
    removed_at: Mapped[datetime | None]


class VettingDecision(Base):
    """What the office told a partner in the course of its vetting, and why. Never changes."""

    __tablename__ = "vetting_decisions"
    __table_args__ = (
        one_of("outcome", VettingOutcome),
        ForeignKeyConstraint(
            ["application_id", "organisation_id"],
            [f"{SCHEMA}.vetting_applications.id", f"{SCHEMA}.vetting_applications.organisation_id"],
            name="fk_vetting_decisions_application",
        ),
        Index("ix_vetting_decisions_application_id", "application_id"),
        CheckConstraint(
            "(application_id is null) = (outcome in ('SUSPENDED', 'REINSTATED'))", name="about_an_application"
        ),
    )

    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    application_id: Mapped[uuid.UUID | None] = mapped_column()
    """None where it is about the partner and no application."""
    outcome: Mapped[str] = closed(VettingOutcome)
    reason: Mapped[str]
    decided_at: Mapped[datetime]
    decided_by_id: Mapped[uuid.UUID] = reference_to("persons", index=False)

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)


Person.organisation = relationship(Organisation, lazy="raise", viewonly=True)
Invitation.organisation = relationship(Organisation, lazy="raise", viewonly=True)
RoleGrant.organisation = relationship(
    Organisation, lazy="raise", viewonly=True, foreign_keys=RoleGrant.organisation_id
)
"""Declared here because people come before organisations in the order of imports."""
