"""People are confirmed and removed, roles are ended and handed over, API tokens have a scope.

Revision: 0006, after 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _persons()
    _role_grants()
    _api_tokens()
    op.add_column(
        "invitations",
        sa.Column("confirms", sa.Boolean(), server_default="true", nullable=False),
        schema="hub",
    )


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _refer_to(table: str, column: str, other: str) -> None:
    op.create_foreign_key(
        op.f(f"fk_{table}_{column}"),
        table,
        other,
        [column],
        ["id"],
        source_schema="hub",
        referent_schema="hub",
        ondelete="RESTRICT",
    )


def _persons() -> None:
    for name in ("confirmed", "removed"):
        op.add_column("persons", _instant(f"{name}_at"), schema="hub")
        op.add_column("persons", sa.Column(f"{name}_by_id", sa.Uuid(), nullable=True), schema="hub")
        _refer_to("persons", f"{name}_by_id", "persons")
    op.execute("update hub.persons set confirmed_at = created_at")  # whoever is here acts already
    op.create_index("ix_persons_name_id", "persons", ["name", "id"], schema="hub")
    op.create_unique_constraint(
        op.f("uq_persons_id_organisation_id"), "persons", ["id", "organisation_id"], schema="hub"
    )


def _role_grants() -> None:
    op.add_column("role_grants", sa.Column("organisation_id", sa.Uuid(), nullable=True), schema="hub")
    op.add_column("role_grants", _instant("ended_at"), schema="hub")
    op.add_column("role_grants", sa.Column("ended_by_id", sa.Uuid(), nullable=True), schema="hub")
    op.add_column("role_grants", sa.Column("handed_over_from_id", sa.Uuid(), nullable=True), schema="hub")
    op.add_column("role_grants", sa.Column("note", sa.Text(), nullable=True), schema="hub")
    op.execute(
        "update hub.role_grants g set organisation_id = p.organisation_id"
        " from hub.persons p where p.id = g.person_id"
    )
    op.alter_column("role_grants", "organisation_id", nullable=False, schema="hub")
    _refer_to("role_grants", "organisation_id", "organisations")
    _refer_to("role_grants", "ended_by_id", "persons")
    op.create_foreign_key(
        "fk_role_grants_person_of_organisation",
        "role_grants",
        "persons",
        ["person_id", "organisation_id"],
        ["id", "organisation_id"],
        source_schema="hub",
        referent_schema="hub",
    )
    op.create_unique_constraint(
        op.f("uq_role_grants_id_organisation_id_role"),
        "role_grants",
        ["id", "organisation_id", "role"],
        schema="hub",
    )
    op.create_foreign_key(
        "fk_role_grants_handed_over_from",
        "role_grants",
        "role_grants",
        ["handed_over_from_id", "organisation_id", "role"],
        ["id", "organisation_id", "role"],
        source_schema="hub",
        referent_schema="hub",
    )
    op.create_unique_constraint(
        op.f("uq_role_grants_handed_over_from_id"), "role_grants", ["handed_over_from_id"], schema="hub"
    )
    op.create_check_constraint(
        op.f("ck_role_grants_ended_has_a_last_day"),
        "role_grants",
        "ended_at is null or ends_on is not null",
        schema="hub",
    )
    op.create_index(op.f("ix_role_grants_organisation_id"), "role_grants", ["organisation_id"], schema="hub")


def _api_tokens() -> None:
    op.add_column(
        "api_tokens",
        sa.Column("access", sa.String(length=14), server_default="READ_AND_WRITE", nullable=False),
        schema="hub",
    )
    op.add_column("api_tokens", sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True), schema="hub")
    op.add_column("api_tokens", _instant("last_used_at"), schema="hub")
    op.create_check_constraint(
        op.f("ck_api_tokens_access_known"),
        "api_tokens",
        "access in ('READ', 'READ_AND_WRITE')",
        schema="hub",
    )
    # A function that answers in other columns cannot be replaced; it is made anew after the revisions.
    op.execute("drop function if exists hub.authenticate(bytea)")
