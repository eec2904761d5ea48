"""Sums of contributions, kept beside them for dashboards.

Revision: 0002, after 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contribution_rollups",
        sa.Column("grain", sa.String(length=13), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("provider_id", sa.Uuid(), nullable=True),
        sa.Column("contribution_count", sa.Integer(), nullable=False),
        sa.Column("pledged", sa.Numeric(), nullable=False),
        sa.Column("committed", sa.Numeric(), nullable=False),
        sa.Column("received", sa.Numeric(), nullable=False),
        sa.Column("allocated", sa.Numeric(), nullable=False),
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.CheckConstraint(
            "grain in ('CURRENCY', 'TRAITS', 'PROVIDER', 'PROVIDER_YEAR')",
            name=op.f("ck_contribution_rollups_grain_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution_rollups")),
        schema="hub",
    )
    op.create_index(
        "ix_contribution_rollups_grain_year", "contribution_rollups", ["grain", "year"], schema="hub"
    )
    op.execute(
        """
        insert into hub.contribution_rollups (grain, currency, is_published, year, kind, state, provider_id,
            contribution_count, pledged, committed, received, allocated)
        select case when grouping(kind) = 0 then 'TRAITS'
                    when grouping(provider_id, year) = 0 then 'PROVIDER_YEAR'
                    when grouping(provider_id) = 0 then 'PROVIDER'
                    else 'CURRENCY' end,
               currency, is_published, year, kind, state, provider_id, count(*), sum(pledged),
               sum(committed), sum(received), sum(allocated)
        from hub.contributions
        group by grouping sets ((currency, is_published), (currency, is_published, year, kind, state),
                                (currency, is_published, provider_id),
                                (currency, is_published, provider_id, year))
        """
    )
