"""Proposals by revision, with the reviews, consultations, guidance and votes on each."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from hub.db.base import (
    SCHEMA,
    Base,
    Demonstrable,
    Timed,
    Versioned,
    closed,
    coded,
    of_code,
    one_of,
    reference_to,
)
from hub.identity.models import Person
from hub.initiatives.models import Initiative, InitiativeKind, Scope
from hub.organisations.models import Organisation, WorkingGroup
from hub.proposals.workflow import (
    Choice,
    Outcome,
    ProposalState,
    Recommendation,
    ReviewState,
)


class Proposal(Demonstrable, Versioned, Base):
    """A proposed project. What it says stands in its revisions; `title` is that of the one in force."""

    __tablename__ = "proposals"
    __table_args__ = (
        of_code("reference"),
        one_of("state", ProposalState),
        one_of("returns_to", ProposalState),
        UniqueConstraint("id", "organisation_id"),
        Index("ix_proposals_search", "search", postgresql_using="gin"),
        Index("ix_proposals_created_at_id", "created_at", "id"),
        Index("ix_proposals_title_id", "title", "id"),
        Index("ix_proposals_state_created_at", "state", "created_at", "id"),
    )

    reference: Mapped[str] = coded(unique=True)
    state: Mapped[str] = closed(ProposalState, server_default="DRAFT")
    returns_to: Mapped[str | None] = closed(ProposalState)
    """The stage that asked for a revision or for guidance, to which the proposal goes back."""
    revision_request: Mapped[str | None]
    """What the proposer is asked to change, while a revision is asked for."""
    title: Mapped[str]
    revision_number: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """The number of the revision in force; 0 until the first is submitted."""
    voting_round: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    organisation_id: Mapped[uuid.UUID] = reference_to("organisations")
    created_by_id: Mapped[uuid.UUID] = reference_to("persons")
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    initiative_id: Mapped[uuid.UUID | None] = reference_to("initiatives", unique=True, index=False)
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, reference), 'A')"
            " || setweight(to_tsvector('english'::regconfig, title), 'B')",
            persisted=True,
        ),
        deferred=True,
    )

    organisation: Mapped[Organisation] = relationship(lazy="raise", viewonly=True)
    created_by: Mapped[Person] = relationship(lazy="raise", viewonly=True)
    initiative: Mapped[Initiative | None] = relationship(lazy="raise", viewonly=True)
    revision: Mapped[ProposalRevision | None] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin="and_(ProposalRevision.proposal_id == Proposal.id,"
        " ProposalRevision.number == Proposal.revision_number)",
    )
    working_revision: Mapped[ProposalRevision | None] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin="and_(ProposalRevision.proposal_id == Proposal.id,"
        " ProposalRevision.number > Proposal.revision_number)",
    )
    revisions: Mapped[list[ProposalRevision]] = relationship(
        lazy="raise", viewonly=True, order_by="ProposalRevision.number"
    )
    reviews: Mapped[list[ProposalReview]] = relationship(
        lazy="raise", viewonly=True, order_by="ProposalReview.id"
    )
    consultations: Mapped[list[Consultation]] = relationship(
        lazy="raise", viewonly=True, order_by="Consultation.id"
    )
    guidance: Mapped[list[Guidance]] = relationship(lazy="raise", viewonly=True, order_by="Guidance.id")
    votes: Mapped[list[Vote]] = relationship(lazy="raise", viewonly=True, order_by="Vote.id")
    decisions: Mapped[list[Decision]] = relationship(lazy="raise", viewonly=True, order_by="Decision.id")


class OfProposal(Timed):
    """A row under a proposal. It carries the proposer's organisation, so that a row's own columns
    decide who sees it; the compound key keeps the copy true."""

    proposal_id: Mapped[uuid.UUID] = mapped_column(index=True)
    organisation_id: Mapped[uuid.UUID] = mapped_column()
    """The proposing organisation."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple[object, ...]:
        own: tuple[object, ...] = getattr(cls, "own_table_args", ())
        key = ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            [f"{SCHEMA}.proposals.id", f"{SCHEMA}.proposals.organisation_id"],
        )
        return (key, *own)


class ProposalRevision(OfProposal, Base):
    """What a proposal says, whole. Once submitted it never changes."""

    __tablename__ = "proposal_revisions"
    own_table_args = (
        one_of("kind", InitiativeKind),
        one_of("scope", Scope),
        UniqueConstraint("proposal_id", "number"),
        CheckConstraint("ends_on is null or starts_on is null or ends_on >= starts_on", name="period"),
        CheckConstraint("(budget_amount is null) = (budget_currency is null)", name="budget_whole"),
        CheckConstraint("budget_amount > 0", name="budget_positive"),
        Index(
            "uq_proposal_revisions_working",
            "proposal_id",
            unique=True,
            postgresql_where=text("submitted_at is null"),
        ),
    )

    number: Mapped[int] = mapped_column(SmallInteger)
    title: Mapped[str]
    summary: Mapped[str | None]
    objectives: Mapped[str | None]
    kind: Mapped[str | None] = closed(InitiativeKind)
    scope: Mapped[str | None] = closed(Scope)
    working_group_id: Mapped[uuid.UUID | None] = reference_to("working_groups", index=False)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    budget_amount: Mapped[Decimal | None]
    budget_currency: Mapped[str | None] = mapped_column(ForeignKey(f"{SCHEMA}.currencies.code"))
    submitted_at: Mapped[datetime | None]
    """None while its organisation still works on it; then nobody else sees it."""
    submitted_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)

    proposal: Mapped[Proposal] = relationship(lazy="raise", viewonly=True)
    working_group: Mapped[WorkingGroup | None] = relationship(lazy="raise", viewonly=True)


class ProposalReview(OfProposal, Base):
    """One reviewer's opinion of one revision."""

    __tablename__ = "proposal_reviews"
    own_table_args = (
        one_of("state", ReviewState),
        one_of("recommendation", Recommendation),
        UniqueConstraint("proposal_id", "revision_number", "reviewer_id"),
        CheckConstraint("(state = 'SUBMITTED') = (recommendation is not null)", name="submitted_has_opinion"),
    )

    revision_number: Mapped[int] = mapped_column(SmallInteger)
    reviewer_id: Mapped[uuid.UUID] = reference_to("persons")
    state: Mapped[str] = closed(ReviewState, server_default="ASSIGNED")
    recommendation: Mapped[str | None] = closed(Recommendation)
    comment: Mapped[str | None]
    conflict: Mapped[str | None]
    """The conflict of interest that the reviewer declared."""
    submitted_at: Mapped[datetime | None]

    reviewer: Mapped[Person] = relationship(lazy="raise", viewonly=True)


class Consultation(OfProposal, Base):
    """A question to a stakeholder organisation, and its answer."""

    __tablename__ = "consultations"
    own_table_args = (UniqueConstraint("proposal_id", "revision_number", "consulted_id"),)

    revision_number: Mapped[int] = mapped_column(SmallInteger)
    consulted_id: Mapped[uuid.UUID] = reference_to("organisations")
    question: Mapped[str]
    response: Mapped[str | None]
    responded_at: Mapped[datetime | None]
    responded_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)

    consulted: Mapped[Organisation] = relationship(
        lazy="raise", viewonly=True, foreign_keys="Consultation.consulted_id"
    )


class Guidance(OfProposal, Base):
    """Strategic guidance asked of the Co-Chairs, and what they gave."""

    __tablename__ = "guidance"

    revision_number: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str]
    requested_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    """None where a split vote asked."""
    answer: Mapped[str | None]
    given_at: Mapped[datetime | None]
    given_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)


class Vote(OfProposal, Base):
    """A Co-Manager's vote, for its government, on one revision in one round.

    It counts while both are the proposal's own: a new revision, or a new round, voids it.
    """

    __tablename__ = "votes"
    own_table_args = (
        one_of("choice", Choice),
        UniqueConstraint("proposal_id", "revision_number", "voting_round", "seat_id"),
    )

    revision_number: Mapped[int] = mapped_column(SmallInteger)
    voting_round: Mapped[int] = mapped_column(SmallInteger)
    seat_id: Mapped[uuid.UUID] = reference_to("organisations", index=False)
    """The government for which the vote is cast."""
    person_id: Mapped[uuid.UUID] = reference_to("persons", index=False)
    choice: Mapped[str] = closed(Choice)
    reasons: Mapped[str]
    conditions: Mapped[str | None]

    proposal: Mapped[Proposal] = relationship(lazy="raise", viewonly=True)
    seat: Mapped[Organisation] = relationship(lazy="raise", viewonly=True, foreign_keys="Vote.seat_id")
    person: Mapped[Person] = relationship(lazy="raise", viewonly=True)


class Decision(OfProposal, Base):
    """The joint result of the votes on one revision."""

    __tablename__ = "decisions"
    own_table_args = (
        one_of("outcome", Outcome),
        UniqueConstraint("proposal_id", "revision_number", "voting_round"),
    )

    revision_number: Mapped[int] = mapped_column(SmallInteger)
    voting_round: Mapped[int] = mapped_column(SmallInteger)
    outcome: Mapped[str] = closed(Outcome)
    conditions: Mapped[str | None]
    reasons: Mapped[str]
    decided_at: Mapped[datetime]
