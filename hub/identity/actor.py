"""Who asks: an actor with the roles that are in force now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self


class Role(StrEnum):
    """What a person may be, besides a member of the public. Granted with dates, never by oneself."""

    PARTNER = "PARTNER"
    FOCAL_POINT = "FOCAL_POINT"
    CO_MANAGER = "CO_MANAGER"
    CO_CHAIR = "CO_CHAIR"
    STAFF = "STAFF"
    REVIEWER = "REVIEWER"
    STAKEHOLDER = "STAKEHOLDER"
    ANALYST = "ANALYST"
    ADMIN = "ADMIN"


ONE_WITH: Final[Mapping[Role, str]] = {
    Role.PARTNER: "a partner",
    Role.FOCAL_POINT: "a focal point",
    Role.CO_MANAGER: "a Co-Manager",
    Role.CO_CHAIR: "a Co-Chair",
    Role.STAFF: "a member of the RSO's staff",
    Role.REVIEWER: "a reviewer",
    Role.STAKEHOLDER: "a stakeholder",
    Role.ANALYST: "an analyst",
    Role.ADMIN: "an administrator",
}
"""Whoever holds the role, in words."""
OFFICE_ROLES: Final = (Role.CO_MANAGER, Role.CO_CHAIR, Role.STAFF, Role.ADMIN)
"""Those that administrators alone give."""


class Means(StrEnum):
    """By what somebody asks. It takes away from what the roles give, and never adds."""

    SESSION = "SESSION"
    """The person at a browser, signed in."""
    PROGRAM = "PROGRAM"
    """A program with a token, for everything but what concerns people and tokens."""
    READER = "READER"
    """A program with a token that only reads."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person signed in, with the organisation that he or she speaks for; or the public, with neither."""

    person_id: uuid.UUID | None = None
    organisation_id: uuid.UUID | None = None
    roles: frozenset[Role] = field(default_factory=frozenset)
    name: str = "the public"
    session_id: uuid.UUID | None = None
    """The browser's session, where it is one that asks, and no program with a token."""
    means: Means = Means.PROGRAM

    @classmethod
    def of(
        cls,
        row: Any,
        *,
        is_demonstration: bool,
        session_id: uuid.UUID | None = None,
        means: Means = Means.PROGRAM,
    ) -> Self | None:
        """The actor of a row of the database's functions that know people; None for no row.

        Invented people are nobody outside a demonstration.
        """
        if row is None or (row["is_demonstration"] and not is_demonstration):
            return None
        roles = frozenset(Role(role) for role in row["roles"])
        return cls(row["person_id"], row["organisation_id"], roles, row["name"], session_id, means)

    @property
    def is_public(self) -> bool:
        return self.person_id is None


PUBLIC = Actor()
