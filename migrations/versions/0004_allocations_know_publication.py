"""An allocation says itself whether and since when its contribution is there to see.

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


COLUMNS = ["currency", "is_published", "recorded_on"]


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_contributions_id_currency_is_published_recorded_on"),
        "contributions",
        ["id", *COLUMNS],
        schema="hub",
    )
    op.add_column("allocations", sa.Column("is_published", sa.Boolean(), nullable=True), schema="hub")
    op.add_column("allocations", sa.Column("recorded_on", sa.Date(), nullable=True), schema="hub")
    op.execute(
        "update hub.allocations a set is_published = c.is_published, recorded_on = c.recorded_on"
        " from hub.contributions c where c.id = a.contribution_id"
    )
    op.alter_column("allocations", "is_published", nullable=False, schema="hub")
    op.alter_column("allocations", "recorded_on", nullable=False, schema="hub")
    op.drop_constraint(op.f("fk_allocations_contribution_id_currency"), "allocations", schema="hub")
    op.create_foreign_key(
        "fk_allocations_contribution",
        "allocations",
        "contributions",
        ["contribution_id", *COLUMNS],
        ["id", *COLUMNS],
        source_schema="hub",
        referent_schema="hub",
        onupdate="CASCADE",
    )
    op.create_index(
        "ix_allocations_initiative_id_recorded_on",
        "allocations",
        ["initiative_id", "recorded_on", "contribution_id"],
        schema="hub",
    )
