"""What an attempt at a mutation should come to, by the matrix that `hub policy` prints and the hand-written
oracle; and whether anything in the database is another than before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.db.models import metadata
from schema.compiler.ids import parse
from tests.policy.mutations import Given
from tests.policy.oracle import Row, Rows, Who

TABLE_OF = {
    "Proposal": "proposals",
    "ProposalReview": "proposal_reviews",
    "Consultation": "consultations",
    "Contribution": "contributions",
    "ContributionTransaction": "contribution_transactions",
    "ExpressionOfInterest": "expressions_of_interest",
    "Initiative": "initiatives",
    "Invitation": "invitations",
    "Session": "login_sessions",
    "Person": "persons",
    "RoleGrant": "role_grants",
    "ApiToken": "api_tokens",
    "VettingApplication": "vetting_applications",
    "Partner": "organisations",
}
"""Every type that a mutation is about: where its rows are."""

COLUMNS = (
    *("anyone", "signed in", "partner", "focal pt", "co-mgr", "co-chair"),
    *("staff", "reviewer", "stakeh.", "analyst", "admin"),
)
ROLE_OF = {
    "partner": "PARTNER",
    "focal pt": "FOCAL_POINT",
    "co-mgr": "CO_MANAGER",
    "co-chair": "CO_CHAIR",
    "staff": "STAFF",
    "reviewer": "REVIEWER",
    "stakeh.": "STAKEHOLDER",
    "analyst": "ANALYST",
    "admin": "ADMIN",
}


def _own(_: Rows, who: Who, row: Row) -> bool:
    """The reviewer's review, the person's session."""
    return who.person in (getattr(row, "reviewer_id", None), getattr(row, "person_id", None))


def _of_own_organisation(_: Rows, who: Who, row: Row) -> bool:
    """Of a consultation the organisation that is asked, of a contribution the one that gives."""
    for column in ("consulted_id", "provider_id", "organisation_id"):
        if hasattr(row, column):
            return bool(getattr(row, column) == who.organisation)
    raise AssertionError(row)


def _organisation_of(row: Row) -> Any:
    """Whose the row is; an organisation is its own."""
    return row.id if hasattr(row, "short_name") else row.organisation_id


def _was_submitted(rows: Rows, _: Who, row: Row) -> bool:
    if row.id in rows.by_id["vetting_applications"]:
        return row.submitted_at is not None
    return any(
        revision.proposal_id == row.id and revision.submitted_at is not None
        for revision in rows.tables["proposal_revisions"]
    )


MEANING: dict[str, Callable[[Rows, Who, Row], bool]] = {
    "all": lambda *_: True,
    "own": _own,
    "somebody else's": lambda _, who, row: row.person_id != who.person,
    "own organisation": _of_own_organisation,
    "once submitted": _was_submitted,
    "as partner": lambda _, __, row: row.role == "PARTNER",
    "as focal point": lambda _, __, row: row.role == "FOCAL_POINT",
    "in no role of the office": lambda _, __, row: (
        row.role not in ("CO_MANAGER", "CO_CHAIR", "STAFF", "ADMIN")
    ),
    "as applying to be a partner": lambda _, __, row: row.vetting_state == "APPLIED",
    "subject to vetting": lambda _, __, row: row.vetting_state is not None,
    "another organisation's": lambda _, who, row: _organisation_of(row) != who.organisation,
    "nobody who is staff or admin": lambda _, who, __: not who.is_any("STAFF", "ADMIN"),
    "by who is focal point": lambda _, who, __: who.is_any("FOCAL_POINT"),
}
"""What the words beneath the matrix mean, written down by hand; all of them that a comma joins."""


@dataclass(frozen=True)
class Printed:
    """The second table that `hub policy` prints: action -> column -> the words of its cell."""

    actions: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, output: str) -> Printed:
        """As a person reads it."""
        words = dict(re.findall(r"^ +(\d+)  (.+)$", output, re.MULTILINE))
        table = output.partition("Who may do what, on which rows.\n")[2].partition("\nRows:")[0]
        heading, *lines = [line for line in table.splitlines() if line.strip()]
        assert re.split(r"\s{2,}", heading.strip()) == list(COLUMNS)
        actions = {}
        for name, *cells in map(str.split, lines):
            pairs = zip(COLUMNS, cells, strict=True)
            actions[name] = {column: words[cell] for column, cell in pairs if cell != "-"}
        return cls(actions)

    def grants(self, action: str, rows: Rows, who: Who, row: Row) -> bool:
        """Whether the matrix lets somebody do the action to the row."""
        for column, words in self.actions[action].items():
            is_in_it = column == "anyone" or (
                who.person is not None and (column == "signed in" or ROLE_OF[column] in who.roles)
            )
            if is_in_it and all(MEANING[word](rows, who, row) for word in words.split(", ")):
                return True
        return False

    def outcome(self, action: str, rows: Rows, who: Who, given: Given) -> str:
        """What somebody is answered: GRANTED where he gets beyond the policy, else the refusal."""
        if who.person is None:
            return "NotAllowed"
        row: Row = made_by(rows, who, given)
        about = given.get("id", given.get("personId"))
        if about is not None:
            parsed = parse(about)
            if parsed is None or parsed[0] not in TABLE_OF:
                return "InvalidInput"
            table = TABLE_OF[parsed[0]]
            found = rows.by_id[table].get(parsed[1])
            if found is None or not rows.sees(table, who, found):
                return "NotFound"
            row = found if "id" in given else row
        return GRANTED if self.grants(action, rows, who, row) else "NotAllowed"


GRANTED = "granted"


def made_by(rows: Rows, who: Who, given: Given) -> Row:
    """What somebody is about to make: for the own organisation, or for whom the input names."""
    person, organisation = who.person, who.organisation
    if "organisationId" in given:
        parsed = parse(given["organisationId"])
        assert parsed is not None
        organisation = parsed[1]
    if "personId" in given:
        parsed = parse(given["personId"])
        holder = rows.by_id["persons"].get(parsed[1]) if parsed else None
        if holder is not None:
            person, organisation = holder.id, holder.organisation_id
    return SimpleNamespace(
        person_id=person, organisation_id=organisation, role=given.get("role"), vetting_state="APPLIED"
    )


UNTOLD = ("last_used_at", "last_seen_at", "ends_at")
"""Columns that asking itself changes: when a token or session was last used, and when a session would end."""


async def fingerprint(connection: AsyncConnection) -> dict[str, Any]:
    """Table -> how many rows it has, and a checksum of all of them, but for what asking itself changes."""
    spared = "".join(f" - '{column}'" for column in UNTOLD)
    parts = [
        f"select '{name}', count(*), md5(string_agg(r, '' order by r))"
        f" from (select (to_jsonb(t){spared})::text from {name} t) as rows (r)"
        for name in sorted(metadata.tables)
    ]
    found = await connection.execute(text(" union all ".join(parts)))
    return {name: (count, checksum) for name, count, checksum in found}
