"""Sign-in by OpenID Connect: browsers' sessions, accounts, invitations.

Revision: 0003, after 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spent_logout_tokens",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "jti", name=op.f("pk_spent_logout_tokens")),
        schema="hub",
    )
    op.create_table(
        "identity_bindings",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["hub.persons.id"],
            name=op.f("fk_identity_bindings_person_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_bindings")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_bindings_issuer_subject")),
        sa.UniqueConstraint("person_id", "issuer", name=op.f("uq_identity_bindings_person_id_issuer")),
        schema="hub",
    )
    op.create_table(
        "invitations",
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=11), nullable=False),
        sa.Column("invited_by_id", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_demonstration", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "role in ('PARTNER', 'FOCAL_POINT', 'CO_MANAGER', 'CO_CHAIR', 'STAFF', 'REVIEWER', 'STAKEHOLDER', 'ANALYST', 'ADMIN')",
            name=op.f("ck_invitations_role_known"),
        ),
        sa.CheckConstraint(
            "(accepted_at is null) = (accepted_by_id is null)",
            name=op.f("ck_invitations_accepted_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_invitations_accepted_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"],
            ["hub.persons.id"],
            name=op.f("fk_invitations_invited_by_id"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["hub.organisations.id"],
            name=op.f("fk_invitations_organisation_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        schema="hub",
    )
    op.create_index(
        op.f("ix_invitations_organisation_id"), "invitations", ["organisation_id"], unique=False, schema="hub"
    )
    op.create_index(
        "uq_invitations_open",
        "invitations",
        [sa.literal_column("lower(email)"), "organisation_id", "role"],
        unique=True,
        schema="hub",
        postgresql_where=sa.text("accepted_at is null and withdrawn_at is null"),
    )
    op.create_table(
        "login_sessions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("sid", sa.Text(), nullable=True),
        sa.Column("id_token", sa.Text(), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "(issuer is null) = (subject is null)", name=op.f("ck_login_sessions_issuer_with_subject")
        ),
        sa.CheckConstraint("ends_at <= expires_at", name=op.f("ck_login_sessions_ends_in_time")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["hub.persons.id"], name=op.f("fk_login_sessions_person_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_sessions_token_hash")),
        schema="hub",
    )
    op.create_index(
        "ix_login_sessions_issuer_sid", "login_sessions", ["issuer", "sid"], unique=False, schema="hub"
    )
    op.create_index(
        "ix_login_sessions_issuer_subject",
        "login_sessions",
        ["issuer", "subject"],
        unique=False,
        schema="hub",
    )
    op.create_index(
        op.f("ix_login_sessions_person_id"), "login_sessions", ["person_id"], unique=False, schema="hub"
    )
