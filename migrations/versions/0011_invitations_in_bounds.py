"""An invitation says from when on its mail may go; how many there are, and the last mail, are found by index.

Revision: 0011, after 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "invitations", sa.Column("mail_not_before", sa.DateTime(timezone=True), nullable=True), schema="hub"
    )
    op.create_index(
        "ix_invitations_email_organisation_id",
        "invitations",
        [sa.text("lower(email)"), "organisation_id"],
        schema="hub",
    )
    for column in ("organisation_id", "invited_by_id"):
        op.create_index(
            f"ix_invitations_{column}_created_at", "invitations", [column, "created_at"], schema="hub"
        )
    op.drop_index("ix_invitations_organisation_id", "invitations", schema="hub")
