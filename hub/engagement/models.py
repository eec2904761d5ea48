"""Expressions of interest: an organisation would like to take part, before anything is proposed."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, relationship

from hub.db.base import Base, Demonstrable, Versioned, closed, coded, of_code, one_of, reference_to
from hub.initiatives.models import Initiative
from hub.organisations.models import Organisation


class Interest(StrEnum):
    """The four things that the RSO invites organisations to do."""

    COLLABORATE = "COLLABORATE"
    FUND = "FUND"
    SUPPORT_IN_KIND = "SUPPORT_IN_KIND"
    SECOND = "SECOND"


class InterestState(StrEnum):
    """What became of an expression of interest."""

    EXPRESSED = "EXPRESSED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    TAKEN_UP = "TAKEN_UP"
    CLOSED = "CLOSED"
    WITHDRAWN = "WITHDRAWN"


class ExpressionOfInterest(Demonstrable, Versioned, Base):
    """An organisation's interest in an existing initiative, or in a new one that it names."""

    __tablename__ = "expressions_of_interest"
    __table_args__ = (
        of_code("reference"),
        one_of("interest", Interest),
        one_of("state", InterestState),
        CheckConstraint("(initiative_id is null) <> (new_initiative_title is null)", name="one_subject"),
        Index("ix_expressions_of_interest_created_at_id", "created_at", "id"),
    )

    reference: Mapped[str] = coded(unique=True)
    interest: Mapped[str] = closed(Interest)
    state: Mapped[str] = closed(InterestState, server_default="EXPRESSED")
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    person_id: Mapped[uuid.UUID] = reference_to("persons")
    initiative_id: Mapped[uuid.UUID | None] = reference_to("initiatives")
    new_initiative_title: Mapped[str | None]
    message: Mapped[str]
    answer: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    initiative: Mapped[Initiative | None] = relationship(lazy="raise", viewonly=True)
