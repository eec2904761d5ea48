"""Organisations and contributions are found by their keys through hash indexes.

Revision: 0010, after 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("organisations", "contributions"):
        op.create_index(f"ix_{table}_id_hash", table, ["id"], schema="hub", postgresql_using="hash")
