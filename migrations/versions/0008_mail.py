"""Messages of the outbox are sent as mail, with attempts; an invitation says what became of its mail.

Revision: 0008, after 0007

What was told before has no next attempt, so nobody is mailed about it now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _outbox()
    _invitations()


def _outbox() -> None:
    for column in (
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
    ):
        op.add_column("outbox_messages", column, schema="hub")
    op.alter_column("outbox_messages", "sender_id", nullable=True, schema="hub")
    op.drop_index("ix_outbox_messages_waiting", "outbox_messages", schema="hub")
    op.create_index(
        "ix_outbox_messages_next_attempt_at",
        "outbox_messages",
        ["next_attempt_at"],
        schema="hub",
        postgresql_where=sa.text("next_attempt_at is not null"),
    )


def _invitations() -> None:
    op.add_column("invitations", sa.Column("mail_state", sa.String(length=6), nullable=True), schema="hub")
    op.add_column(
        "invitations",
        sa.Column("mail_state_at", sa.DateTime(timezone=True), nullable=True),
        schema="hub",
    )
    op.create_check_constraint(
        op.f("ck_invitations_mail_state_known"),
        "invitations",
        "mail_state in ('QUEUED', 'SENT', 'FAILED')",
        schema="hub",
    )
