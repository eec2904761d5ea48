"""A part in an initiative says itself whether the initiative is there for everybody to see.

Revision: 0005, after 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint(
        op.f("uq_initiatives_id_is_published"), "initiatives", ["id", "is_published"], schema="hub"
    )
    op.add_column(
        "initiative_participants", sa.Column("is_published", sa.Boolean(), nullable=True), schema="hub"
    )
    op.execute(
        "update hub.initiative_participants p set is_published = i.is_published"
        " from hub.initiatives i where i.id = p.initiative_id"
    )
    op.alter_column("initiative_participants", "is_published", nullable=False, schema="hub")
    op.drop_constraint(
        op.f("fk_initiative_participants_initiative_id"), "initiative_participants", schema="hub"
    )
    op.create_foreign_key(
        "fk_initiative_participants_initiative",
        "initiative_participants",
        "initiatives",
        ["initiative_id", "is_published"],
        ["id", "is_published"],
        source_schema="hub",
        referent_schema="hub",
        onupdate="CASCADE",
    )
