"""The Annual Work Plan: initiatives, who takes part in them, and what they serve."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.db.base import SCHEMA, Base, Demonstrable, Versioned, closed, coded, of_code, one_of, reference_to
from hub.organisations.models import Organisation, WorkingGroup


class InitiativeKind(StrEnum):
    """What an initiative makes or holds."""

    TRAINING = "TRAINING"
    EVENT = "EVENT"
    WORKSHOP = "WORKSHOP"
    ROUNDTABLE = "ROUNDTABLE"
    GUIDE = "GUIDE"
    POLICY_PAPER = "POLICY_PAPER"
    THEMATIC_BRIEF = "THEMATIC_BRIEF"
    TRAINING_MATERIAL = "TRAINING_MATERIAL"
    RESEARCH = "RESEARCH"
    SECONDMENT_PROGRAMME = "SECONDMENT_PROGRAMME"


class InitiativeState(StrEnum):
    """IATI activity status 1 to 6, in that order."""

    PIPELINE = "PIPELINE"
    IMPLEMENTATION = "IMPLEMENTATION"
    FINALISATION = "FINALISATION"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    SUSPENDED = "SUSPENDED"


class Scope(StrEnum):
    """How many states an initiative is for."""

    BILATERAL = "BILATERAL"
    MULTILATERAL = "MULTILATERAL"
    REGIONAL = "REGIONAL"


class GenderMarker(StrEnum):
    """IATI policy marker 1: NOT_TARGETED, SIGNIFICANT, PRINCIPAL are significances 0, 1, 2."""

    NOT_SCREENED = "NOT_SCREENED"
    NOT_TARGETED = "NOT_TARGETED"
    SIGNIFICANT = "SIGNIFICANT"
    PRINCIPAL = "PRINCIPAL"


class ParticipationRole(StrEnum):
    """IATI organisation role 1 to 4, in that order."""

    FUNDING = "FUNDING"
    ACCOUNTABLE = "ACCOUNTABLE"
    EXTENDING = "EXTENDING"
    IMPLEMENTING = "IMPLEMENTING"


class CorePurpose(Base):
    """One of the four purposes that the RSO states for its work."""

    __tablename__ = "core_purposes"

    number: Mapped[int] = mapped_column(SmallInteger, unique=True)
    title: Mapped[str]
    text: Mapped[str]
    source: Mapped[str]
    source_on: Mapped[date]


class GuidingPrinciple(Base):
    """One of the four principles that guide the RSO's work."""

    __tablename__ = "guiding_principles"

    number: Mapped[int] = mapped_column(SmallInteger, unique=True)
    title: Mapped[str]
    text: Mapped[str]
    source: Mapped[str]
    source_on: Mapped[date]


class Initiative(Demonstrable, Versioned, Base):
    """One line of the work plan."""

    __tablename__ = "initiatives"
    __table_args__ = (
        of_code("reference"),
        one_of("kind", InitiativeKind),
        one_of("state", InitiativeState),
        one_of("scope", Scope),
        one_of("gender_marker", GenderMarker),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("(budget_amount is null) = (budget_currency is null)", name="budget_whole"),
        CheckConstraint("budget_amount > 0", name="budget_positive"),
        UniqueConstraint("id", "is_published"),
        Index("ix_initiatives_search", "search", postgresql_using="gin"),
        Index("ix_initiatives_starts_on_id", "starts_on", "id"),
        Index("ix_initiatives_title_id", "title", "id"),
        Index("ix_initiatives_work_plan_year_id", "work_plan_year", "id"),
    )

    reference: Mapped[str] = coded(unique=True)
    title: Mapped[str]
    summary: Mapped[str]
    kind: Mapped[str] = closed(InitiativeKind, index=True)
    state: Mapped[str] = closed(InitiativeState, index=True)
    scope: Mapped[str] = closed(Scope)
    gender_marker: Mapped[str] = closed(GenderMarker, server_default="NOT_SCREENED")
    work_plan_year: Mapped[int] = mapped_column(SmallInteger)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    budget_amount: Mapped[Decimal | None]
    budget_currency: Mapped[str | None] = mapped_column(ForeignKey(f"{SCHEMA}.currencies.code"))
    working_group_id: Mapped[uuid.UUID | None] = reference_to("working_groups")
    lead_organisation_id: Mapped[uuid.UUID | None] = reference_to("organisations")
    is_published: Mapped[bool] = mapped_column(server_default="false", index=True)
    """Whether the public sees it; until then only the RSO and the organisations taking part do."""
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, reference), 'A')"
            " || setweight(to_tsvector('english'::regconfig, title), 'A')"
            " || setweight(to_tsvector('english'::regconfig, summary), 'B')",
            persisted=True,
        ),
        deferred=True,
    )

    working_group: Mapped[WorkingGroup | None] = relationship(lazy="raise", viewonly=True)
    lead_organisation: Mapped[Organisation | None] = relationship(lazy="raise", viewonly=True)
    participants: Mapped[list[InitiativeParticipant]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by="InitiativeParticipant.id",
        primaryjoin="foreign(InitiativeParticipant.initiative_id) == Initiative.id",
    )
    core_purposes: Mapped[list[CorePurpose]] = relationship(
        secondary=f"{SCHEMA}.initiative_core_purposes",
        lazy="raise",
        viewonly=True,
        order_by=CorePurpose.number,
    )
    guiding_principles: Mapped[list[GuidingPrinciple]] = relationship(
        secondary=f"{SCHEMA}.initiative_guiding_principles",
        lazy="raise",
        viewonly=True,
        order_by=GuidingPrinciple.number,
    )


class InitiativeParticipant(Base):
    """An organisation's part in an initiative."""

    __tablename__ = "initiative_participants"
    __table_args__ = (
        one_of("role", ParticipationRole),
        ForeignKeyConstraint(
            ["initiative_id", "is_published"],
            [f"{SCHEMA}.initiatives.{name}" for name in ("id", "is_published")],
            onupdate="CASCADE",
            name="fk_initiative_participants_initiative",
        ),
        UniqueConstraint("initiative_id", "organisation_id", "role"),
        Index("ix_initiative_participants_initiative_id_id", "initiative_id", "id"),
    )

    initiative_id: Mapped[uuid.UUID]
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    role: Mapped[str] = closed(ParticipationRole)
    is_published: Mapped[bool]
    """As the initiative is, always: the policy of a row is then in the row, and costs no look-up."""

    initiative: Mapped[Initiative] = relationship(
        lazy="raise",
        viewonly=True,
        primaryjoin="foreign(InitiativeParticipant.initiative_id) == Initiative.id",
    )
    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)


class InitiativeCorePurpose(Base):
    """Which core purposes an initiative serves."""

    __tablename__ = "initiative_core_purposes"
    __table_args__ = (UniqueConstraint("initiative_id", "core_purpose_id"),)

    initiative_id: Mapped[uuid.UUID] = reference_to("initiatives", index=False)
    core_purpose_id: Mapped[uuid.UUID] = reference_to("core_purposes")


class InitiativeGuidingPrinciple(Base):
    """Which guiding principles an initiative follows in particular."""

    __tablename__ = "initiative_guiding_principles"
    __table_args__ = (UniqueConstraint("initiative_id", "guiding_principle_id"),)

    initiative_id: Mapped[uuid.UUID] = reference_to("initiatives", index=False)
    guiding_principle_id: Mapped[uuid.UUID] = reference_to("guiding_principles")
