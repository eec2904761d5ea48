"""The first schema: every table, its checks and its indexes.

Revision: 0001, after None
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "core_purposes",
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_purposes")),
        sa.UniqueConstraint("number", name=op.f("uq_core_purposes_number")),
        schema="hub",
    )
    op.create_table(
        "currencies",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("numeric_code", sa.Text(), nullable=False),
        sa.Column("minor_unit", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currencies")),
        sa.UniqueConstraint("code", name=op.f("uq_currencies_code")),
        schema="hub",
    )
    op.create_table(
        "guiding_principles",
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guiding_principles")),
        sa.UniqueConstraint("number", name=op.f("uq_guiding_principles_number")),
        schema="hub",
    )
    op.create_table(
        "import_runs",
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("accepted_count", sa.Integer(), nullable=False),
        sa.Column("unchanged_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rejected_count", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_runs")),
        sa.UniqueConstraint("file_hash", name=op.f("uq_import_runs_file_hash")),
        schema="hub",
    )
    op.create_table(
        "organisations",
        sa.Column("kind", sa.String(length=26), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column(
            "aliases", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("iso_code", sa.Text(), nullable=True),
        sa.Column("iso3_code", sa.Text(), nullable=True),
        sa.Column("m49_code", sa.Text(), nullable=True),
        sa.Column("iati_reference", sa.Text(), nullable=True),
        sa.Column("vetting_state", sa.String(length=13), nullable=True),
        sa.Column("is_listed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("decides", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("source_on", sa.Date(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'MEMBER_STATE') <= (iso_code is not null)",
            name=op.f("ck_organisations_member_state_has_iso_code"),
        ),
        sa.CheckConstraint(
            "kind in ('MEMBER_STATE', 'INTERNATIONAL_ORGANISATION', 'OBSERVER', 'GOVERNMENT', 'PRIVATE_SECTOR', 'CIVIL_SOCIETY', 'ACADEMIA', 'OTHER')",
            name=op.f("ck_organisations_kind_known"),
        ),
        sa.CheckConstraint(
            "vetting_state in ('APPLIED', 'UNDER_VETTING', 'VETTED', 'REJECTED', 'SUSPENDED')",
            name=op.f("ck_organisations_vetting_state_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("iati_reference", name=op.f("uq_organisations_iati_reference")),
        sa.UniqueConstraint("iso3_code", name=op.f("uq_organisations_iso3_code")),
        sa.UniqueConstraint("iso_code", name=op.f("uq_organisations_iso_code")),
        sa.UniqueConstraint("name", name=op.f("uq_organisations_name")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_organisations_is_listed"), "organisations", ["is_listed"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_organisations_kind_name", "organisations", ["kind", "name", "id"], unique=False, schema="hub"
    )
    op.create_index("ix_organisations_name_id", "organisations", ["name", "id"], unique=False, schema="hub")
    op.create_table(
        "reference_counters",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", "year", name=op.f("pk_reference_counters")),
        schema="hub",
    )
    op.create_table(
        "working_groups",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=22), nullable=False),
        sa.Column("established_year", sa.SmallInteger(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('GOVERNANCE_BODY', 'WORKING_GROUP', 'TASK_FORCE', 'FORUM', 'CONSULTATION_MECHANISM')",
            name=op.f("ck_working_groups_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_working_groups")),
        sa.UniqueConstraint("code", name=op.f("uq_working_groups_code")),
        sa.UniqueConstraint("name", name=op.f("uq_working_groups_name")),
        schema="hub",
    )
    op.create_table(
        "exchange_rates",
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("units_per_usd", sa.Numeric(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("units_per_usd > 0", name=op.f("ck_exchange_rates_positive")),
        sa.ForeignKeyConstraint(
            ["currency"], ["hub.currencies.code"], name=op.f("fk_exchange_rates_currency")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_rates")),
        sa.UniqueConstraint(
            "currency", "effective_on", "source", name=op.f("uq_exchange_rates_currency_effective_on_source")
        ),
        schema="hub",
    )
    op.create_table(
        "import_rejections",
        sa.Column("import_run_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("source_reference", sa.Text(), nullable=True),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["hub.import_runs.id"],
            name=op.f("fk_import_rejections_import_run_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rejections")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_import_rejections_import_run_id"),
        "import_rejections",
        ["import_run_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "initiatives",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("gender_marker", sa.String(length=12), server_default="NOT_SCREENED", nullable=False),
        sa.Column("work_plan_year", sa.SmallInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("budget_amount", sa.Numeric(), nullable=True),
        sa.Column("budget_currency", sa.Text(), nullable=True),
        sa.Column("working_group_id", sa.Uuid(), nullable=True),
        sa.Column("lead_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple'::regconfig, reference), 'A') || setweight(to_tsvector('english'::regconfig, title), 'A') || setweight(to_tsvector('english'::regconfig, summary), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "gender_marker in ('NOT_SCREENED', 'NOT_TARGETED', 'SIGNIFICANT', 'PRINCIPAL')",
            name=op.f("ck_initiatives_gender_marker_known"),
        ),
        sa.CheckConstraint(
            "kind in ('TRAINING', 'EVENT', 'WORKSHOP', 'ROUNDTABLE', 'GUIDE', 'POLICY_PAPER', 'THEMATIC_BRIEF', 'TRAINING_MATERIAL', 'RESEARCH', 'SECONDMENT_PROGRAMME')",
            name=op.f("ck_initiatives_kind_known"),
        ),
        sa.CheckConstraint(
            "scope in ('BILATERAL', 'MULTILATERAL', 'REGIONAL')", name=op.f("ck_initiatives_scope_known")
        ),
        sa.CheckConstraint(
            "state in ('PIPELINE', 'IMPLEMENTATION', 'FINALISATION', 'CLOSED', 'CANCELLED', 'SUSPENDED')",
            name=op.f("ck_initiatives_state_known"),
        ),
        sa.CheckConstraint(
            "(budget_amount is null) = (budget_currency is null)", name=op.f("ck_initiatives_budget_whole")
        ),
        sa.CheckConstraint("budget_amount > 0", name=op.f("ck_initiatives_budget_positive")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_initiatives_period")),
        sa.ForeignKeyConstraint(
            ["budget_currency"], ["hub.currencies.code"], name=op.f("fk_initiatives_budget_currency")
        ),
        sa.ForeignKeyConstraint(
            ["lead_organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_initiatives_lead_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"],
            ["hub.working_groups.id"],
            name=op.f("fk_initiatives_working_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiatives")),
        sa.UniqueConstraint("reference", name=op.f("uq_initiatives_reference")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_initiatives_is_published"), "initiatives", ["is_published"], unique=False, schema="hub"
    )
    op.create_index(op.f("ix_initiatives_kind"), "initiatives", ["kind"], unique=False, schema="hub")
    op.create_index(
        op.f("ix_initiatives_lead_organisation_id"),
        "initiatives",
        ["lead_organisation_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        "ix_initiatives_search", "initiatives", ["search"], unique=False, schema="hub", postgresql_using="gin"
    )
    op.create_index(
        "ix_initiatives_starts_on_id", "initiatives", ["starts_on", "id"], unique=False, schema="hub"
    )
    op.create_index(op.f("ix_initiatives_state"), "initiatives", ["state"], unique=False, schema="hub")
    op.create_index("ix_initiatives_title_id", "initiatives", ["title", "id"], unique=False, schema="hub")
    op.create_index(
        "ix_initiatives_work_plan_year_id",
        "initiatives",
        ["work_plan_year", "id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_initiatives_working_group_id"),
        "initiatives",
        ["working_group_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "memberships",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("working_group_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "role in ('MEMBER', 'OBSERVER', 'CO_CHAIR')", name=op.f("ck_memberships_role_known")
        ),
        sa.CheckConstraint(
            "ends_on is null or starts_on is null or ends_on >= starts_on", name=op.f("ck_memberships_period")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_memberships_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"],
            ["hub.working_groups.id"],
            name=op.f("fk_memberships_working_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint(
            "organisation_id",
            "working_group_id",
            "role",
            "starts_on",
            name=op.f("uq_memberships_organisation_id_working_group_id_role_starts_on"),
            postgresql_nulls_not_distinct=True,
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_memberships_organisation_id"), "memberships", ["organisation_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_memberships_working_group_id"),
        "memberships",
        ["working_group_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "persons",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("practitioner_group", sa.String(length=33), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("persona", sa.Text(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "practitioner_group in ('LAW_ENFORCEMENT', 'BORDER_AND_IMMIGRATION', 'POLICY', 'JUDICIAL', 'COUNTER_TRAFFICKING_AND_MIGRATION')",
            name=op.f("ck_persons_practitioner_group_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_persons_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("persona", name=op.f("uq_persons_persona")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_persons_organisation_id"), "persons", ["organisation_id"], unique=False, schema="hub"
    )
    op.create_index(
        "uq_persons_email", "persons", [sa.literal_column("lower(email)")], unique=True, schema="hub"
    )
    op.create_table(
        "api_tokens",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_api_tokens_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        schema="hub",
    )
    op.create_index(op.f("ix_api_tokens_person_id"), "api_tokens", ["person_id"], unique=False, schema="hub")
    op.create_table(
        "audit_events",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_audit_events_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_audit_events_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_events")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_audit_events_person_id"), "audit_events", ["person_id"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_audit_events_subject_id_id", "audit_events", ["subject_id", "id"], unique=False, schema="hub"
    )
    op.create_table(
        "contributions",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=14), nullable=False),
        sa.Column("state", sa.String(length=15), nullable=False),
        sa.Column("in_kind_state", sa.String(length=9), nullable=True),
        sa.Column("earmarking", sa.String(length=17), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("receiver_id", sa.Uuid(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("recorded_on", sa.Date(), nullable=False),
        sa.Column("pledged", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("committed", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("received", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("allocated", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("valuation_method", sa.String(length=17), nullable=True),
        sa.Column("valuation_evidence", sa.Text(), nullable=True),
        sa.Column("valued_by_id", sa.Uuid(), nullable=True),
        sa.Column("valuation_approved_by_id", sa.Uuid(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("import_run_id", sa.Uuid(), nullable=True),
        sa.Column("source_name", sa.Text(), nullable=True),
        sa.Column("source_reference", sa.Text(), nullable=True),
        sa.Column("source_updated_on", sa.Date(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple'::regconfig, reference), 'A') || setweight(to_tsvector('english'::regconfig, title), 'A') || setweight(to_tsvector('english'::regconfig, coalesce(description, '')), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "(kind = 'DIRECT_FUNDING') = (in_kind_state is null)",
            name=op.f("ck_contributions_in_kind_state_of_kind"),
        ),
        sa.CheckConstraint(
            "earmarking in ('UNEARMARKED', 'SOFTLY_EARMARKED', 'EARMARKED', 'TIGHTLY_EARMARKED')",
            name=op.f("ck_contributions_earmarking_known"),
        ),
        sa.CheckConstraint(
            "in_kind_state in ('OFFERED', 'ACCEPTED', 'VALUED', 'DELIVERED', 'CONFIRMED')",
            name=op.f("ck_contributions_in_kind_state_known"),
        ),
        sa.CheckConstraint(
            "kind in ('DIRECT_FUNDING', 'IN_KIND', 'SECONDMENT')", name=op.f("ck_contributions_kind_known")
        ),
        sa.CheckConstraint(
            "state in ('PLEDGED', 'COMMITTED', 'PARTLY_RECEIVED', 'RECEIVED', 'ACKNOWLEDGED', 'CANCELLED', 'EXPIRED')",
            name=op.f("ck_contributions_state_known"),
        ),
        sa.CheckConstraint(
            "valuation_method in ('MARKET_PRICE', 'INVOICE', 'STANDARD_RATE', 'PROVIDER_ESTIMATE')",
            name=op.f("ck_contributions_valuation_method_known"),
        ),
        sa.CheckConstraint(
            "allocated >= 0 and allocated <= greatest(committed, received)",
            name=op.f("ck_contributions_allocated_within"),
        ),
        sa.CheckConstraint(
            "pledged >= 0 and committed >= 0 and received >= 0",
            name=op.f("ck_contributions_sums_not_negative"),
        ),
        sa.CheckConstraint(
            "provider_id is not null or import_run_id is not null",
            name=op.f("ck_contributions_provider_known"),
        ),
        sa.ForeignKeyConstraint(
            ["currency"], ["hub.currencies.code"], name=op.f("fk_contributions_currency")
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["hub.import_runs.id"],
            name=op.f("fk_contributions_import_run_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["provider_id"],
            ["hub.organisations.id"],
            name=op.f("fk_contributions_provider_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["receiver_id"],
            ["hub.organisations.id"],
            name=op.f("fk_contributions_receiver_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["valuation_approved_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_contributions_valuation_approved_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["valued_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_contributions_valued_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributions")),
        sa.UniqueConstraint("id", "currency", name=op.f("uq_contributions_id_currency")),
        sa.UniqueConstraint("reference", name=op.f("uq_contributions_reference")),
        sa.UniqueConstraint(
            "source_name", "source_reference", name=op.f("uq_contributions_source_name_source_reference")
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_contributions_currency"), "contributions", ["currency"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_contributions_import_run_id"), "contributions", ["import_run_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_contributions_is_published"), "contributions", ["is_published"], unique=False, schema="hub"
    )
    op.create_index(op.f("ix_contributions_kind"), "contributions", ["kind"], unique=False, schema="hub")
    op.create_index(
        op.f("ix_contributions_provider_id"), "contributions", ["provider_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_contributions_receiver_id"), "contributions", ["receiver_id"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_contributions_recorded_on_id", "contributions", ["recorded_on", "id"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_contributions_search",
        "contributions",
        ["search"],
        unique=False,
        schema="hub",
        postgresql_using="gin",
    )
    op.create_index(op.f("ix_contributions_state"), "contributions", ["state"], unique=False, schema="hub")
    op.create_index("ix_contributions_year_id", "contributions", ["year", "id"], unique=False, schema="hub")
    op.create_table(
        "expressions_of_interest",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("interest", sa.String(length=15), nullable=False),
        sa.Column("state", sa.String(length=12), server_default="EXPRESSED", nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("initiative_id", sa.Uuid(), nullable=True),
        sa.Column("new_initiative_title", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "interest in ('COLLABORATE', 'FUND', 'SUPPORT_IN_KIND', 'SECOND')",
            name=op.f("ck_expressions_of_interest_interest_known"),
        ),
        sa.CheckConstraint(
            "state in ('EXPRESSED', 'ACKNOWLEDGED', 'TAKEN_UP', 'CLOSED', 'WITHDRAWN')",
            name=op.f("ck_expressions_of_interest_state_known"),
        ),
        sa.CheckConstraint(
            "(initiative_id is null) <> (new_initiative_title is null)",
            name=op.f("ck_expressions_of_interest_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_expressions_of_interest_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_expressions_of_interest_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["hub.persons.id"],
            name=op.f("fk_expressions_of_interest_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expressions_of_interest")),
        sa.UniqueConstraint("reference", name=op.f("uq_expressions_of_interest_reference")),
        schema="hub",
    )
    op.create_index(
        "ix_expressions_of_interest_created_at_id",
        "expressions_of_interest",
        ["created_at", "id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_expressions_of_interest_initiative_id"),
        "expressions_of_interest",
        ["initiative_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_expressions_of_interest_organisation_id"),
        "expressions_of_interest",
        ["organisation_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_expressions_of_interest_person_id"),
        "expressions_of_interest",
        ["person_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_idempotency_keys_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("person_id", "key", name=op.f("uq_idempotency_keys_person_id_key")),
        schema="hub",
    )
    op.create_table(
        "initiative_core_purposes",
        sa.Column("initiative_id", sa.Uuid(), nullable=False),
        sa.Column("core_purpose_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["core_purpose_id"],
            ["hub.core_purposes.id"],
            name=op.f("fk_initiative_core_purposes_core_purpose_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_initiative_core_purposes_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative_core_purposes")),
        sa.UniqueConstraint(
            "initiative_id",
            "core_purpose_id",
            name=op.f("uq_initiative_core_purposes_initiative_id_core_purpose_id"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_initiative_core_purposes_core_purpose_id"),
        "initiative_core_purposes",
        ["core_purpose_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "initiative_guiding_principles",
        sa.Column("initiative_id", sa.Uuid(), nullable=False),
        sa.Column("guiding_principle_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["guiding_principle_id"],
            ["hub.guiding_principles.id"],
            name=op.f("fk_initiative_guiding_principles_guiding_principle_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_initiative_guiding_principles_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative_guiding_principles")),
        sa.UniqueConstraint(
            "initiative_id",
            "guiding_principle_id",
            name=op.f("uq_initiative_guiding_principles_initiative_id_guiding_principle_id"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_initiative_guiding_principles_guiding_principle_id"),
        "initiative_guiding_principles",
        ["guiding_principle_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "initiative_participants",
        sa.Column("initiative_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "role in ('FUNDING', 'ACCOUNTABLE', 'EXTENDING', 'IMPLEMENTING')",
            name=op.f("ck_initiative_participants_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_initiative_participants_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_initiative_participants_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_initiative_participants")),
        sa.UniqueConstraint(
            "initiative_id",
            "organisation_id",
            "role",
            name=op.f("uq_initiative_participants_initiative_id_organisation_id_role"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_initiative_participants_organisation_id"),
        "initiative_participants",
        ["organisation_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "outbox_messages",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("subject_type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("recipient_role", sa.Text(), nullable=True),
        sa.Column("sender_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["recipient_organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_outbox_messages_recipient_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["sender_id"], ["hub.persons.id"], name=op.f("fk_outbox_messages_sender_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_messages")),
        schema="hub",
    )
    op.create_index(
        "ix_outbox_messages_waiting",
        "outbox_messages",
        ["id"],
        unique=False,
        schema="hub",
        postgresql_where=sa.text("sent_at is null"),
    )
    op.create_table(
        "proposals",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=24), server_default="DRAFT", nullable=False),
        sa.Column("returns_to", sa.String(length=24), nullable=True),
        sa.Column("revision_request", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("revision_number", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("voting_round", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("initiative_id", sa.Uuid(), nullable=True),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed(
                "setweight(to_tsvector('simple'::regconfig, reference), 'A') || setweight(to_tsvector('english'::regconfig, title), 'B')",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "returns_to in ('DRAFT', 'SUBMITTED', 'SCREENING', 'UNDER_REVIEW', 'IN_CONSULTATION', 'AWAITING_DECISION', 'AWAITING_GUIDANCE', 'REVISION_REQUESTED', 'RESUBMITTED', 'ENDORSED', 'ENDORSED_WITH_CONDITIONS', 'NOT_ENDORSED', 'DEFERRED', 'INELIGIBLE', 'WITHDRAWN', 'LETTER_ISSUED', 'ACCEPTED', 'IN_WORKPLAN')",
            name=op.f("ck_proposals_returns_to_known"),
        ),
        sa.CheckConstraint(
            "state in ('DRAFT', 'SUBMITTED', 'SCREENING', 'UNDER_REVIEW', 'IN_CONSULTATION', 'AWAITING_DECISION', 'AWAITING_GUIDANCE', 'REVISION_REQUESTED', 'RESUBMITTED', 'ENDORSED', 'ENDORSED_WITH_CONDITIONS', 'NOT_ENDORSED', 'DEFERRED', 'INELIGIBLE', 'WITHDRAWN', 'LETTER_ISSUED', 'ACCEPTED', 'IN_WORKPLAN')",
            name=op.f("ck_proposals_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_proposals_created_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_proposals_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_proposals_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_proposals_id_organisation_id")),
        sa.UniqueConstraint("initiative_id", name=op.f("uq_proposals_initiative_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_proposals_reference")),
        schema="hub",
    )
    op.create_index(
        "ix_proposals_created_at_id", "proposals", ["created_at", "id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_proposals_created_by_id"), "proposals", ["created_by_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_proposals_organisation_id"), "proposals", ["organisation_id"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_proposals_search", "proposals", ["search"], unique=False, schema="hub", postgresql_using="gin"
    )
    op.create_index(
        "ix_proposals_state_created_at",
        "proposals",
        ["state", "created_at", "id"],
        unique=False,
        schema="hub",
    )
    op.create_index("ix_proposals_title_id", "proposals", ["title", "id"], unique=False, schema="hub")
    op.create_table(
        "role_grants",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=11), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("granted_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "role in ('PARTNER', 'FOCAL_POINT', 'CO_MANAGER', 'CO_CHAIR', 'STAFF', 'REVIEWER', 'STAKEHOLDER', 'ANALYST', 'ADMIN')",
            name=op.f("ck_role_grants_role_known"),
        ),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_role_grants_period")),
        sa.ForeignKeyConstraint(
            ["granted_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_role_grants_granted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_role_grants_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_role_grants_person_id"), "role_grants", ["person_id"], unique=False, schema="hub"
    )
    op.create_table(
        "allocations",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("initiative_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("allocated_by_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_allocations_positive")),
        sa.ForeignKeyConstraint(
            ["allocated_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_allocations_allocated_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id", "currency"],
            ["hub.contributions.id", "hub.contributions.currency"],
            name=op.f("fk_allocations_contribution_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_allocations_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocations")),
        sa.UniqueConstraint(
            "initiative_id", "contribution_id", name=op.f("uq_allocations_initiative_id_contribution_id")
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_allocations_contribution_id"), "allocations", ["contribution_id"], unique=False, schema="hub"
    )
    op.create_table(
        "consultations",
        sa.Column("revision_number", sa.SmallInteger(), nullable=False),
        sa.Column("consulted_id", sa.Uuid(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("response", sa.Text(), nullable=True),
        sa.Column("responded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("responded_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["consulted_id"],
            ["hub.organisations.id"],
            name=op.f("fk_consultations_consulted_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_consultations_proposal_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["responded_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_consultations_responded_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
        sa.UniqueConstraint(
            "proposal_id",
            "revision_number",
            "consulted_id",
            name=op.f("uq_consultations_proposal_id_revision_number_consulted_id"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_consultations_consulted_id"), "consultations", ["consulted_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_consultations_proposal_id"), "consultations", ["proposal_id"], unique=False, schema="hub"
    )
    op.create_table(
        "contribution_transactions",
        sa.Column("contribution_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=10), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("value_on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(), nullable=True),
        sa.Column("rate_source", sa.Text(), nullable=True),
        sa.Column("reporting_amount", sa.Numeric(), nullable=True),
        sa.Column("reporting_currency", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("reverses_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Uuid(), nullable=True),
        sa.Column("import_run_id", sa.Uuid(), nullable=True),
        sa.Column("import_line", sa.Integer(), nullable=True),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "type in ('PLEDGE', 'COMMITMENT', 'RECEIPT')",
            name=op.f("ck_contribution_transactions_type_known"),
        ),
        sa.CheckConstraint(
            "(amount < 0) = (reverses_id is not null) and amount <> 0",
            name=op.f("ck_contribution_transactions_sign"),
        ),
        sa.CheckConstraint(
            "(import_line is null) = (import_run_id is null)",
            name=op.f("ck_contribution_transactions_import_whole"),
        ),
        sa.CheckConstraint(
            "(reporting_amount is null) = (reporting_currency is null)",
            name=op.f("ck_contribution_transactions_reporting_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["contribution_id", "currency"],
            ["hub.contributions.id", "hub.contributions.currency"],
            name=op.f("fk_contribution_transactions_contribution_id_currency"),
        ),
        sa.ForeignKeyConstraint(
            ["import_run_id"],
            ["hub.import_runs.id"],
            name=op.f("fk_contribution_transactions_import_run_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_contribution_transactions_recorded_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"],
            ["hub.contribution_transactions.id"],
            name=op.f("fk_contribution_transactions_reverses_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_transactions")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_contribution_transactions_reverses_id")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_contribution_transactions_contribution_id"),
        "contribution_transactions",
        ["contribution_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_contribution_transactions_import_run_id"),
        "contribution_transactions",
        ["import_run_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "decisions",
        sa.Column("revision_number", sa.SmallInteger(), nullable=False),
        sa.Column("voting_round", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=24), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "outcome in ('ENDORSED', 'ENDORSED_WITH_CONDITIONS', 'NOT_ENDORSED', 'DEFERRED')",
            name=op.f("ck_decisions_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_decisions_proposal_id_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "proposal_id",
            "revision_number",
            "voting_round",
            name=op.f("uq_decisions_proposal_id_revision_number_voting_round"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_decisions_proposal_id"), "decisions", ["proposal_id"], unique=False, schema="hub"
    )
    op.create_table(
        "guidance",
        sa.Column("revision_number", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["hub.persons.id"], name=op.f("fk_guidance_given_by_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_guidance_proposal_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["requested_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_guidance_requested_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance")),
        schema="hub",
    )
    op.create_index(op.f("ix_guidance_proposal_id"), "guidance", ["proposal_id"], unique=False, schema="hub")
    op.create_table(
        "proposal_reviews",
        sa.Column("revision_number", sa.SmallInteger(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="ASSIGNED", nullable=False),
        sa.Column("recommendation", sa.String(length=23), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("conflict", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "(state = 'SUBMITTED') = (recommendation is not null)",
            name=op.f("ck_proposal_reviews_submitted_has_opinion"),
        ),
        sa.CheckConstraint(
            "recommendation in ('ENDORSE', 'ENDORSE_WITH_CONDITIONS', 'REVISE', 'NOT_ENDORSE')",
            name=op.f("ck_proposal_reviews_recommendation_known"),
        ),
        sa.CheckConstraint(
            "state in ('ASSIGNED', 'SUBMITTED', 'CONFLICTED')", name=op.f("ck_proposal_reviews_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_proposal_reviews_proposal_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"],
            ["hub.persons.id"],
            name=op.f("fk_proposal_reviews_reviewer_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_reviews")),
        sa.UniqueConstraint(
            "proposal_id",
            "revision_number",
            "reviewer_id",
            name=op.f("uq_proposal_reviews_proposal_id_revision_number_reviewer_id"),
        ),
        schema="hub",
    )
    op.create_index(
        op.f("ix_proposal_reviews_proposal_id"),
        "proposal_reviews",
        ["proposal_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_proposal_reviews_reviewer_id"),
        "proposal_reviews",
        ["reviewer_id"],
        unique=False,
        schema="hub",
    )
    op.create_table(
        "proposal_revisions",
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("objectives", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("scope", sa.String(length=12), nullable=True),
        sa.Column("working_group_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("budget_amount", sa.Numeric(), nullable=True),
        sa.Column("budget_currency", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('TRAINING', 'EVENT', 'WORKSHOP', 'ROUNDTABLE', 'GUIDE', 'POLICY_PAPER', 'THEMATIC_BRIEF', 'TRAINING_MATERIAL', 'RESEARCH', 'SECONDMENT_PROGRAMME')",
            name=op.f("ck_proposal_revisions_kind_known"),
        ),
        sa.CheckConstraint(
            "scope in ('BILATERAL', 'MULTILATERAL', 'REGIONAL')",
            name=op.f("ck_proposal_revisions_scope_known"),
        ),
        sa.CheckConstraint(
            "(budget_amount is null) = (budget_currency is null)",
            name=op.f("ck_proposal_revisions_budget_whole"),
        ),
        sa.CheckConstraint("budget_amount > 0", name=op.f("ck_proposal_revisions_budget_positive")),
        sa.CheckConstraint(
            "ends_on is null or starts_on is null or ends_on >= starts_on",
            name=op.f("ck_proposal_revisions_period"),
        ),
        sa.ForeignKeyConstraint(
            ["budget_currency"], ["hub.currencies.code"], name=op.f("fk_proposal_revisions_budget_currency")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_proposal_revisions_proposal_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_proposal_revisions_submitted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["working_group_id"],
            ["hub.working_groups.id"],
            name=op.f("fk_proposal_revisions_working_group_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_revisions")),
        sa.UniqueConstraint("proposal_id", "number", name=op.f("uq_proposal_revisions_proposal_id_number")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_proposal_revisions_proposal_id"),
        "proposal_revisions",
        ["proposal_id"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        "uq_proposal_revisions_working",
        "proposal_revisions",
        ["proposal_id"],
        unique=True,
        schema="hub",
        postgresql_where=sa.text("submitted_at is null"),
    )
    op.create_table(
        "secondments",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("expertise", sa.Text(), nullable=False),
        sa.Column("secondee_kind", sa.String(length=23), nullable=False),
        sa.Column("practitioner_group", sa.String(length=33), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("initiative_id", sa.Uuid(), nullable=True),
        sa.Column("contribution_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "practitioner_group in ('LAW_ENFORCEMENT', 'BORDER_AND_IMMIGRATION', 'POLICY', 'JUDICIAL', 'COUNTER_TRAFFICKING_AND_MIGRATION')",
            name=op.f("ck_secondments_practitioner_group_known"),
        ),
        sa.CheckConstraint(
            "secondee_kind in ('GOVERNMENT_OFFICIAL', 'NON_GOVERNMENT_NATIONAL')",
            name=op.f("ck_secondments_secondee_kind_known"),
        ),
        sa.CheckConstraint(
            "state in ('TOR_DRAFT', 'CALL_OPEN', 'NOMINATED', 'SCREENED', 'SELECTED', 'AGREED', 'CLEARED', 'DEPLOYED', 'EXTENDED', 'HANDOVER', 'COMPLETED', 'EVALUATED', 'DECLINED', 'WITHDRAWN', 'CURTAILED')",
            name=op.f("ck_secondments_state_known"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_secondments_period")),
        sa.ForeignKeyConstraint(
            ["contribution_id"],
            ["hub.contributions.id"],
            name=op.f("fk_secondments_contribution_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["initiative_id"],
            ["hub.initiatives.id"],
            name=op.f("fk_secondments_initiative_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_secondments_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secondments")),
        sa.UniqueConstraint("reference", name=op.f("uq_secondments_reference")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_secondments_contribution_id"), "secondments", ["contribution_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_secondments_initiative_id"), "secondments", ["initiative_id"], unique=False, schema="hub"
    )
    op.create_index(
        op.f("ix_secondments_organisation_id"), "secondments", ["organisation_id"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_secondments_starts_on_id", "secondments", ["starts_on", "id"], unique=False, schema="hub"
    )
    op.create_table(
        "votes",
        sa.Column("revision_number", sa.SmallInteger(), nullable=False),
        sa.Column("voting_round", sa.SmallInteger(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("choice", sa.String(length=23), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "choice in ('ENDORSE', 'ENDORSE_WITH_CONDITIONS', 'NOT_ENDORSE', 'DEFER')",
            name=op.f("ck_votes_choice_known"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_votes_person_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id", "organisation_id"],
            ["hub.proposals.id", "hub.proposals.organisation_id"],
            name=op.f("fk_votes_proposal_id_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["seat_id"], ["hub.organisations.id"], name=op.f("fk_votes_seat_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
        sa.UniqueConstraint(
            "proposal_id",
            "revision_number",
            "voting_round",
            "seat_id",
            name=op.f("uq_votes_proposal_id_revision_number_voting_round_seat_id"),
        ),
        schema="hub",
    )
    op.create_index(op.f("ix_votes_proposal_id"), "votes", ["proposal_id"], unique=False, schema="hub")
