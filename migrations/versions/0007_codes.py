"""References and currencies are codes, and an initiative's participants are found in their order.

Revision: 0007, after 0006
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CODES = (
    ("currencies", "code"),
    ("initiatives", "reference"),
    ("expressions_of_interest", "reference"),
    ("proposals", "reference"),
    ("contributions", "reference"),
    ("secondments", "reference"),
)


def upgrade() -> None:
    for table, column in CODES:
        op.create_check_constraint(
            op.f(f"ck_{table}_{column}_code"), table, f"{column} ~ '^[A-Z0-9-]+$'", schema="hub"
        )
    op.create_index(
        "ix_initiative_participants_initiative_id_id",
        "initiative_participants",
        ["initiative_id", "id"],
        schema="hub",
    )
