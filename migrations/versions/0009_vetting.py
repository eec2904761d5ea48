"""Partners apply and are vetted: applications with documents and a declaration, decisions with reasons; files.

Revision: 0009, after 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _organisations()
    _files()
    _applications()
    _decisions()
    _documents()


def _organisations() -> None:
    """Listed is who is vetted, and vetted is who is a partner."""
    op.execute("update hub.organisations set is_listed = false where is_listed and vetting_state <> 'VETTED'")
    op.create_check_constraint(
        op.f("ck_organisations_vetted_is_a_partner"),
        "organisations",
        "vetting_state is null or (kind <> 'MEMBER_STATE' and not decides)",
        schema="hub",
    )
    op.create_check_constraint(
        op.f("ck_organisations_listed_is_vetted"),
        "organisations",
        "not is_listed or coalesce(vetting_state, 'VETTED') = 'VETTED'",
        schema="hub",
    )


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.String(length=71), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("uploaded_by_id", sa.Uuid(), nullable=False),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "media_type in ('application/pdf', 'image/png', 'image/jpeg', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/vnd.oasis.opendocument.text')",
            name=op.f("ck_files_media_type_known"),
        ),
        sa.CheckConstraint("size between 1 and 10000000", name=op.f("ck_files_size_in_range")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_files_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["hub.persons.id"], name=op.f("fk_files_uploaded_by_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_files_id_organisation_id")),
        sa.UniqueConstraint("object_key", name=op.f("uq_files_object_key")),
        schema="hub",
    )
    op.create_index(op.f("ix_files_organisation_id"), "files", ["organisation_id"], schema="hub")


def _applications() -> None:
    op.create_table(
        "vetting_applications",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=13), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("registration_number", sa.Text(), nullable=True),
        sa.Column("website", sa.Text(), nullable=True),
        sa.Column(
            "statements", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'::text[]"), nullable=False
        ),
        sa.Column("declaration", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by_id", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint("reference ~ '^[A-Z0-9-]+$'", name=op.f("ck_vetting_applications_reference_code")),
        sa.CheckConstraint(
            "(decided_by_id is not null) = (state in ('ACCEPTED', 'REJECTED'))",
            name=op.f("ck_vetting_applications_decided_by_somebody"),
        ),
        sa.CheckConstraint(
            "(started_by_id is null) = (state in ('DRAFT', 'SUBMITTED'))",
            name=op.f("ck_vetting_applications_started_by_somebody"),
        ),
        sa.CheckConstraint(
            "(submitted_at is null) = (state = 'DRAFT') and (submitted_at is null) = (declaration is null) and (submitted_at is null) = (submitted_by_id is null)",
            name=op.f("ck_vetting_applications_submitted_with_declaration"),
        ),
        sa.CheckConstraint(
            "state in ('DRAFT', 'SUBMITTED', 'UNDER_VETTING', 'RETURNED', 'ACCEPTED', 'REJECTED')",
            name=op.f("ck_vetting_applications_state_known"),
        ),
        sa.CheckConstraint(
            "decided_by_id <> started_by_id", name=op.f("ck_vetting_applications_decided_by_another")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_vetting_applications_created_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_vetting_applications_decided_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_vetting_applications_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["started_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_vetting_applications_started_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_vetting_applications_submitted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_applications")),
        sa.UniqueConstraint("id", "organisation_id", name=op.f("uq_vetting_applications_id_organisation_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_vetting_applications_reference")),
        schema="hub",
    )
    op.create_index(
        "ix_vetting_applications_created_at_id", "vetting_applications", ["created_at", "id"], schema="hub"
    )
    op.create_index(
        op.f("ix_vetting_applications_organisation_id"),
        "vetting_applications",
        ["organisation_id"],
        schema="hub",
    )
    op.create_index(
        "ix_vetting_applications_state_created_at_id",
        "vetting_applications",
        ["state", "created_at", "id"],
        schema="hub",
    )
    op.create_index(
        "uq_vetting_applications_open",
        "vetting_applications",
        ["organisation_id"],
        unique=True,
        schema="hub",
        postgresql_where=sa.text("state in ('DRAFT', 'SUBMITTED', 'UNDER_VETTING')"),
    )


def _decisions() -> None:
    op.create_table(
        "vetting_decisions",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "(application_id is null) = (outcome in ('SUSPENDED', 'REINSTATED'))",
            name=op.f("ck_vetting_decisions_about_an_application"),
        ),
        sa.CheckConstraint(
            "outcome in ('RETURNED', 'VETTED', 'REJECTED', 'SUSPENDED', 'REINSTATED')",
            name=op.f("ck_vetting_decisions_outcome_known"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id", "organisation_id"],
            ["hub.vetting_applications.id", "hub.vetting_applications.organisation_id"],
            name="fk_vetting_decisions_application",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_vetting_decisions_decided_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_vetting_decisions_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_decisions")),
        schema="hub",
    )
    op.create_index(
        "ix_vetting_decisions_application_id", "vetting_decisions", ["application_id"], schema="hub"
    )
    op.create_index(
        op.f("ix_vetting_decisions_organisation_id"), "vetting_decisions", ["organisation_id"], schema="hub"
    )


def _documents() -> None:
    op.create_table(
        "vetting_documents",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id", "organisation_id"],
            ["hub.vetting_applications.id", "hub.vetting_applications.organisation_id"],
            name="fk_vetting_documents_application",
        ),
        sa.ForeignKeyConstraint(
            ["file_id", "organisation_id"],
            ["hub.files.id", "hub.files.organisation_id"],
            name="fk_vetting_documents_file",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vetting_documents")),
        sa.UniqueConstraint(
            "application_id", "file_id", name=op.f("uq_vetting_documents_application_id_file_id")
        ),
        schema="hub",
    )
    op.create_index("ix_vetting_documents_file_id", "vetting_documents", ["file_id"], schema="hub")
