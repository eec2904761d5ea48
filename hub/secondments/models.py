"""Secondments to the RSO. The secondee's name is not kept here."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, relationship

from hub.contributions.models import Contribution
from hub.db.base import Base, Demonstrable, Versioned, closed, coded, of_code, one_of, reference_to
from hub.identity.models import PractitionerGroup
from hub.initiatives.models import Initiative
from hub.organisations.models import Organisation
from hub.secondments.workflow import SecondeeKind, SecondmentState


class Secondment(Demonstrable, Versioned, Base):
    """An organisation lends an official or a national to the RSO for project-based work."""

    __tablename__ = "secondments"
    __table_args__ = (
        of_code("reference"),
        one_of("state", SecondmentState),
        one_of("secondee_kind", SecondeeKind),
        one_of("practitioner_group", PractitionerGroup),
        CheckConstraint("ends_on >= starts_on", name="period"),
        Index("ix_secondments_starts_on_id", "starts_on", "id"),
    )

    reference: Mapped[str] = coded(unique=True)
    state: Mapped[str] = closed(SecondmentState)
    title: Mapped[str]
    expertise: Mapped[str]
    secondee_kind: Mapped[str] = closed(SecondeeKind)
    practitioner_group: Mapped[str | None] = closed(PractitionerGroup)
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    """The home organisation."""
    initiative_id: Mapped[uuid.UUID | None] = reference_to("initiatives")
    contribution_id: Mapped[uuid.UUID | None] = reference_to("contributions")
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    initiative: Mapped[Initiative | None] = relationship(lazy="raise", viewonly=True)
    contribution: Mapped[Contribution | None] = relationship(lazy="raise", viewonly=True)
