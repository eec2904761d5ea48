"""An allocation says itself whether its contribution is published.

Revision: 0004, after 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


COLUMNS = ["currency", "is_published"]


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_contributions_id_currency_is_published"), "contributions", ["id", *COLUMNS], schema="hub"
    )
    op.add_column("allocations", sa.Column("is_published", sa.Boolean(), nullable=True), schema="hub")
    op.execute(
        "update hub.allocations a set is_published = c.is_published"
        " from hub.contributions c where c.id = a.contribution_id"
    )
    op.alter_column("allocations", "is_published", nullable=False, schema="hub")
    op.drop_constraint(op.f("fk_allocations_contribution_id_currency"), "allocations", schema="hub")
    op.create_foreign_key(
        op.f("fk_allocations_contribution_id_currency_is_published"),
        "allocations",
        "contributions",
        ["contribution_id", *COLUMNS],
        ["id", *COLUMNS],
        source_schema="hub",
        referent_schema="hub",
        onupdate="CASCADE",
    )
