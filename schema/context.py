"""What one operation carries: who asks, and the database to ask."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hub.db.engine import Database
from hub.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The context of one GraphQL operation."""

    actor: Actor
    database: Database

    def now(self) -> datetime:
        """The instant of a write."""
        return datetime.now(UTC)
