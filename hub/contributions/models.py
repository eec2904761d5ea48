"""Contributions and their append-only transactions; what is allocated to which initiative; rates."""

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
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from hub.contributions.rollups import Grain
from hub.contributions.workflow import (
    ContributionKind,
    ContributionState,
    Earmarking,
    InKindState,
    TransactionType,
    ValuationMethod,
)
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
from hub.initiatives.models import Initiative
from hub.organisations.models import Organisation


class Currency(Base):
    """An ISO 4217 currency that amounts can be stated in."""

    __tablename__ = "currencies"
    __table_args__ = (of_code("code"),)

    code: Mapped[str] = coded(unique=True)
    name: Mapped[str]
    numeric_code: Mapped[str]
    minor_unit: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str]
    source_on: Mapped[date]


class ExchangeRate(Demonstrable, Timed, Base):
    """Units of a currency for one US dollar, from a day on until a newer rate."""

    __tablename__ = "exchange_rates"
    __table_args__ = (
        UniqueConstraint("currency", "effective_on", "source"),
        CheckConstraint("units_per_usd > 0", name="positive"),
    )

    currency: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA}.currencies.code"))
    effective_on: Mapped[date]
    units_per_usd: Mapped[Decimal]
    source: Mapped[str]


class Contribution(Demonstrable, Versioned, Base):
    """Something that a provider gives. Its sums and state follow from its transactions.

    A receiver of None is the RSO itself in a contribution recorded in the hub. In an imported one it says
    only that the source states no receiver.
    """

    __tablename__ = "contributions"
    __table_args__ = (
        of_code("reference"),
        one_of("kind", ContributionKind),
        one_of("state", ContributionState),
        one_of("in_kind_state", InKindState),
        one_of("earmarking", Earmarking),
        one_of("valuation_method", ValuationMethod),
        CheckConstraint("pledged >= 0 and committed >= 0 and received >= 0", name="sums_not_negative"),
        CheckConstraint(
            "allocated >= 0 and allocated <= greatest(committed, received)", name="allocated_within"
        ),
        CheckConstraint("provider_id is not null or import_run_id is not null", name="provider_known"),
        CheckConstraint("(kind = 'DIRECT_FUNDING') = (in_kind_state is null)", name="in_kind_state_of_kind"),
        UniqueConstraint("id", "currency"),
        UniqueConstraint("id", "currency", "is_published", "recorded_on"),
        UniqueConstraint("source_name", "source_reference"),
        by_key("contributions"),
        Index("ix_contributions_search", "search", postgresql_using="gin"),
        Index("ix_contributions_recorded_on_id", "recorded_on", "id"),
        Index("ix_contributions_year_id", "year", "id"),
    )

    reference: Mapped[str] = coded(unique=True)
    title: Mapped[str]
    description: Mapped[str | None]
    kind: Mapped[str] = closed(ContributionKind, index=True)
    state: Mapped[str] = closed(ContributionState, index=True)
    in_kind_state: Mapped[str | None] = closed(InKindState)
    earmarking: Mapped[str | None] = closed(Earmarking)
    """None where the source does not say."""
    provider_id: Mapped[uuid.UUID | None] = reference_to("organisations")
    """None only where an imported source does not name the provider."""
    receiver_id: Mapped[uuid.UUID | None] = reference_to("organisations")
    """None for the RSO itself; in an imported contribution, where its source states none."""
    currency: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA}.currencies.code"), index=True)
    year: Mapped[int] = mapped_column(SmallInteger)
    """The year that it is for (FTS usage year)."""
    recorded_on: Mapped[date]
    pledged: Mapped[Decimal] = mapped_column(server_default="0")
    committed: Mapped[Decimal] = mapped_column(server_default="0")
    received: Mapped[Decimal] = mapped_column(server_default="0")
    allocated: Mapped[Decimal] = mapped_column(server_default="0")
    valuation_method: Mapped[str | None] = closed(ValuationMethod)
    valuation_evidence: Mapped[str | None]
    valued_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    valuation_approved_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    acknowledged_at: Mapped[datetime | None]
    is_published: Mapped[bool] = mapped_column(server_default="false", index=True)
    import_run_id: Mapped[uuid.UUID | None] = reference_to("import_runs")
    source_name: Mapped[str | None]
    source_reference: Mapped[str | None]
    """The id that the source gives it, unique within the source."""
    source_updated_on: Mapped[date | None]
    """The newest day on which the source says that it changed it."""
    search: Mapped[str] = mapped_column(
        TSVECTOR,
        Computed(
            "setweight(to_tsvector('simple'::regconfig, reference), 'A')"
            " || setweight(to_tsvector('english'::regconfig, title), 'A')"
            " || setweight(to_tsvector('english'::regconfig, coalesce(description, '')), 'B')",
            persisted=True,
        ),
        deferred=True,
    )

    provider: Mapped[Organisation | None] = relationship(
        lazy="raise", viewonly=True, foreign_keys="Contribution.provider_id"
    )
    receiver: Mapped[Organisation | None] = relationship(
        lazy="raise", viewonly=True, foreign_keys="Contribution.receiver_id"
    )
    transactions: Mapped[list[ContributionTransaction]] = relationship(
        lazy="raise", viewonly=True, order_by="ContributionTransaction.id"
    )
    allocations: Mapped[list[Allocation]] = relationship(
        lazy="raise",
        viewonly=True,
        order_by="Allocation.id",
        primaryjoin="Contribution.id == foreign(Allocation.contribution_id)",
    )


class ContributionTransaction(Base):
    """One entry: never changed, never deleted; a mistake is mended by a reversing entry."""

    __tablename__ = "contribution_transactions"
    __table_args__ = (
        one_of("type", TransactionType),
        ForeignKeyConstraint(
            ["contribution_id", "currency"],
            [f"{SCHEMA}.contributions.id", f"{SCHEMA}.contributions.currency"],
        ),
        CheckConstraint("(amount < 0) = (reverses_id is not null) and amount <> 0", name="sign"),
        CheckConstraint("(reporting_amount is null) = (reporting_currency is null)", name="reporting_whole"),
        CheckConstraint("(import_line is null) = (import_run_id is null)", name="import_whole"),
    )

    contribution_id: Mapped[uuid.UUID] = mapped_column(index=True)
    type: Mapped[str] = closed(TransactionType)
    amount: Mapped[Decimal]
    currency: Mapped[str]
    value_on: Mapped[date]
    rate: Mapped[Decimal | None]
    """Units of the currency for one unit of the reporting currency, at the value date."""
    rate_source: Mapped[str | None]
    reporting_amount: Mapped[Decimal | None]
    """Frozen at the value date; None where no rate was known."""
    reporting_currency: Mapped[str | None]
    description: Mapped[str | None]
    reverses_id: Mapped[uuid.UUID | None] = reference_to(
        "contribution_transactions", unique=True, index=False
    )
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)
    """None where an import recorded it."""
    import_run_id: Mapped[uuid.UUID | None] = reference_to("import_runs")
    import_line: Mapped[int | None]
    """The line, in the file of the run, that made the entry."""

    contribution: Mapped[Contribution] = relationship(lazy="raise", viewonly=True)


class Allocation(Base):
    """A part of a contribution that is for one initiative."""

    __tablename__ = "allocations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["contribution_id", "currency", "is_published", "recorded_on"],
            [f"{SCHEMA}.contributions.{name}" for name in ("id", "currency", "is_published", "recorded_on")],
            onupdate="CASCADE",
            name="fk_allocations_contribution",
        ),
        UniqueConstraint("initiative_id", "contribution_id"),
        Index("ix_allocations_initiative_id_recorded_on", "initiative_id", "recorded_on", "contribution_id"),
        CheckConstraint("amount > 0", name="positive"),
    )

    contribution_id: Mapped[uuid.UUID] = mapped_column(index=True)
    initiative_id: Mapped[uuid.UUID] = reference_to("initiatives", index=False)
    amount: Mapped[Decimal]
    currency: Mapped[str]
    is_published: Mapped[bool]
    """As the contribution is, always: the policy of a row is then in the row, and costs no look-up."""
    recorded_on: Mapped[date]
    """The contribution's, always: an initiative's newest contributions are found in order."""
    allocated_at: Mapped[datetime]
    allocated_by_id: Mapped[uuid.UUID | None] = reference_to("persons", index=False)

    contribution: Mapped[Contribution] = relationship(
        lazy="raise", viewonly=True, primaryjoin="foreign(Allocation.contribution_id) == Contribution.id"
    )
    initiative: Mapped[Initiative] = relationship(lazy="raise", viewonly=True)


class ContributionRollup(Base):
    """A part of the count and sums of the contributions that share a key; what is asked is the sum of parts.

    The database writes the parts itself, in the transaction that changes contributions: added for what they
    are now, taken off for what they were (`security.sql`, `roll_up_contributions`). Parts are only ever
    added, so two writers never wait for each other; now and then one of them gathers the parts of a key into
    one. A key has the columns of its grain, the currency, and whether the contributions are published.
    """

    __tablename__ = "contribution_rollups"
    __table_args__ = (
        one_of("grain", Grain),
        Index("ix_contribution_rollups_grain_year", "grain", "year"),
    )

    grain: Mapped[str] = closed(Grain)
    currency: Mapped[str]
    is_published: Mapped[bool]
    year: Mapped[int | None] = mapped_column(SmallInteger)
    kind: Mapped[str | None]
    state: Mapped[str | None]
    provider_id: Mapped[uuid.UUID | None]
    contribution_count: Mapped[int]
    pledged: Mapped[Decimal]
    committed: Mapped[Decimal]
    received: Mapped[Decimal]
    allocated: Mapped[Decimal]


Initiative.allocations = relationship(Allocation, lazy="raise", viewonly=True, order_by=Allocation.id)
Initiative.contributions = relationship(
    Contribution,
    secondary=Allocation.__table__,
    secondaryjoin=Contribution.id == Allocation.contribution_id,
    lazy="raise",
    viewonly=True,
)
Organisation.contributions = relationship(
    Contribution, foreign_keys=Contribution.provider_id, lazy="raise", viewonly=True
)
"""Declared here because initiatives and organisations come before contributions in the order of imports."""
