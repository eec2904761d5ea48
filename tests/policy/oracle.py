"""Who sees which rows, written a second time by hand, over rows in memory: it shares nothing with
`hub/policy` or `hub/identity/scopes.py`, so that an error there cannot hide."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any

from sqlalchemy import MetaData, select
from sqlalchemy.ext.asyncio import AsyncConnection

Row = Any
OFFICE = {"CO_MANAGER", "CO_CHAIR", "STAFF"}
PARTNERS = {"PARTNER", "FOCAL_POINT"}


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks; the public has neither person nor organisation nor role."""

    person: uuid.UUID | None
    organisation: uuid.UUID | None
    roles: frozenset[str]

    def is_any(self, *roles: str) -> bool:
        return bool(self.roles & set(roles))


class Rows:
    """Every row of every table, as the owner reads it."""

    def __init__(self, tables: dict[str, list[Row]]) -> None:
        self.tables = tables
        self.by_id = {name: {row.id: row for row in rows} for name, rows in tables.items()}

    def who(self, persona: str | None, today: date) -> Who:
        """The persona with the roles of the day."""
        if persona is None:
            return self.who_is(None, today)
        person = next(row for row in self.tables["persons"] if row.persona == persona)
        return self.who_is(person.id, today)

    def who_is(self, person: uuid.UUID | None, today: date) -> Who:
        """The person of the key with the roles of the day; the public where there is none."""
        if person is None:
            return Who(None, None, frozenset())
        holder = self.by_id["persons"][person]
        roles = {
            grant.role
            for grant in self.tables["role_grants"]
            if grant.person_id == person
            and holder.confirmed_at is not None
            and grant.ended_at is None
            and grant.starts_on <= today
            and (grant.ends_on is None or today <= grant.ends_on)
        }
        return Who(person, holder.organisation_id, frozenset(roles))

    def sees(self, table: str, who: Who, row: Row) -> bool:
        """Whether somebody sees the row."""
        return ORACLE[table](self, who, row)


async def load(connection: AsyncConnection, metadata: MetaData) -> Rows:
    """All rows of all tables that have an id."""
    tables = {}
    for table in metadata.tables.values():
        if "id" in table.c:
            columns = [column for column in table.c if column.computed is None]
            found = await connection.execute(select(*columns))
            tables[table.name] = [SimpleNamespace(**row._mapping) for row in found]
    return Rows(tables)


def _organisation(_: Rows, who: Who, row: Row) -> bool:
    staff = who.is_any("CO_MANAGER", "CO_CHAIR", "STAFF", "ANALYST", "ADMIN")
    return row.is_listed or staff or row.id == who.organisation


def _person(_: Rows, who: Who, row: Row) -> bool:
    if row.id == who.person or who.is_any("CO_MANAGER", "STAFF", "ADMIN"):
        return True
    return who.is_any("PARTNER", "FOCAL_POINT") and row.organisation_id == who.organisation


def _initiative(rows: Rows, who: Who, row: Row) -> bool:
    if row.is_published or who.is_any("CO_MANAGER", "CO_CHAIR", "STAFF", "ANALYST"):
        return True
    if who.organisation is None:
        return False
    return row.lead_organisation_id == who.organisation or any(
        part.initiative_id == row.id and part.organisation_id == who.organisation
        for part in rows.tables["initiative_participants"]
    )


def _is_asked(rows: Rows, who: Who, proposal: uuid.UUID) -> bool:
    """Whether it is a reviewer asked about the proposal, or a stakeholder of an organisation that is."""
    reviewing = who.is_any("REVIEWER") and any(
        review.proposal_id == proposal and review.reviewer_id == who.person and review.state != "CONFLICTED"
        for review in rows.tables["proposal_reviews"]
    )
    consulted = who.is_any("STAKEHOLDER") and any(
        asked.proposal_id == proposal and asked.consulted_id == who.organisation
        for asked in rows.tables["consultations"]
    )
    return reviewing or consulted


def _is_proposer(who: Who, row: Row) -> bool:
    return who.is_any("PARTNER", "FOCAL_POINT") and row.organisation_id == who.organisation


def _proposal(rows: Rows, who: Who, row: Row) -> bool:
    if _is_proposer(who, row) or _is_asked(rows, who, row.id):
        return True
    was_submitted = any(
        revision.proposal_id == row.id and revision.submitted_at is not None
        for revision in rows.tables["proposal_revisions"]
    )
    return was_submitted and who.is_any("CO_MANAGER", "CO_CHAIR", "STAFF")


def _revision(rows: Rows, who: Who, row: Row) -> bool:
    if _is_proposer(who, row):
        return True
    may = who.is_any("CO_MANAGER", "CO_CHAIR", "STAFF") or _is_asked(rows, who, row.proposal_id)
    return may and row.submitted_at is not None


def _review(_: Rows, who: Who, row: Row) -> bool:
    return bool(who.roles & OFFICE) or (who.is_any("REVIEWER") and row.reviewer_id == who.person)


def _consultation(_: Rows, who: Who, row: Row) -> bool:
    asked = who.is_any("STAKEHOLDER") and row.consulted_id == who.organisation
    return bool(who.roles & OFFICE) or asked


def _contribution(_: Rows, who: Who, row: Row) -> bool:
    if row.is_published or who.roles & (OFFICE | {"ANALYST"}):
        return True
    return bool(who.roles & PARTNERS) and who.organisation in (row.provider_id, row.receiver_id)


def _of_contribution(rows: Rows, who: Who, row: Row) -> bool:
    return _contribution(rows, who, rows.by_id["contributions"][row.contribution_id])


def _of_initiative(rows: Rows, who: Who, row: Row) -> bool:
    return _initiative(rows, who, rows.by_id["initiatives"][row.initiative_id])


def _of_organisation(rows: Rows, who: Who, row: Row) -> bool:
    return _organisation(rows, who, rows.by_id["organisations"][row.organisation_id])


def _of_office_and_proposer(_: Rows, who: Who, row: Row) -> bool:
    return bool(who.roles & OFFICE) or _is_proposer(who, row)


def _secondment(rows: Rows, who: Who, row: Row) -> bool:
    return who.is_any("ANALYST") or _of_office_and_proposer(rows, who, row)


def _role_grant(_: Rows, who: Who, row: Row) -> bool:
    own = who.is_any("FOCAL_POINT") and row.organisation_id == who.organisation
    return row.person_id == who.person or own or who.is_any("CO_MANAGER", "STAFF", "ADMIN")


def _audit_event(_: Rows, who: Who, row: Row) -> bool:
    return row.person_id == who.person or who.is_any("ADMIN")


def _import(_: Rows, who: Who, __: Row) -> bool:
    return who.is_any("STAFF", "ANALYST", "ADMIN")


def _everybody(_: Rows, __: Who, ___: Row) -> bool:
    return True


def _invitation(_: Rows, who: Who, row: Row) -> bool:
    own = who.is_any("FOCAL_POINT") and row.organisation_id == who.organisation
    return who.is_any("CO_MANAGER", "STAFF", "ADMIN") or own


def _vetting_application(_: Rows, who: Who, row: Row) -> bool:
    own = who.is_any("FOCAL_POINT") and row.organisation_id == who.organisation
    return own or (bool(who.roles & OFFICE) and row.submitted_at is not None)


def _vetting_document(rows: Rows, who: Who, row: Row) -> bool:
    return _vetting_application(rows, who, rows.by_id["vetting_applications"][row.application_id])


def _vetting_decision(_: Rows, who: Who, row: Row) -> bool:
    own = who.is_any("FOCAL_POINT") and row.organisation_id == who.organisation
    return own or bool(who.roles & OFFICE)


def _file(rows: Rows, who: Who, row: Row) -> bool:
    if who.roles & PARTNERS and row.organisation_id == who.organisation:
        return True
    is_attached = any(
        document.file_id == row.id
        and document.removed_at is None
        and rows.by_id["vetting_applications"][document.application_id].submitted_at is not None
        for document in rows.tables["vetting_documents"]
    )
    return is_attached and bool(who.roles & OFFICE)


ORACLE: dict[str, Callable[[Rows, Who, Row], bool]] = {
    "organisations": _organisation,
    "working_groups": _everybody,
    "memberships": _of_organisation,
    "core_purposes": _everybody,
    "guiding_principles": _everybody,
    "currencies": _everybody,
    "exchange_rates": _everybody,
    "persons": _person,
    "role_grants": _role_grant,
    "login_sessions": lambda _, who, row: row.person_id == who.person,
    "identity_bindings": lambda _, who, row: row.person_id == who.person or who.is_any("ADMIN"),
    "invitations": _invitation,
    "vetting_applications": _vetting_application,
    "vetting_documents": _vetting_document,
    "vetting_decisions": _vetting_decision,
    "files": _file,
    "api_tokens": lambda _, who, row: row.person_id == who.person,
    "initiatives": _initiative,
    "initiative_participants": _of_initiative,
    "initiative_core_purposes": _of_initiative,
    "initiative_guiding_principles": _of_initiative,
    "expressions_of_interest": _of_office_and_proposer,
    "proposals": _proposal,
    "proposal_revisions": _revision,
    "proposal_reviews": _review,
    "consultations": _consultation,
    "guidance": lambda _, who, row: bool(who.roles & OFFICE),
    "votes": lambda _, who, row: who.is_any("CO_MANAGER", "CO_CHAIR"),
    "decisions": _of_office_and_proposer,
    "contributions": _contribution,
    "contribution_rollups": lambda _, who, row: row.is_published or bool(who.roles & (OFFICE | {"ANALYST"})),
    "contribution_transactions": _of_contribution,
    "allocations": _of_contribution,
    "secondments": _secondment,
    "import_runs": _import,
    "import_rejections": _import,
    "audit_events": _audit_event,
    "idempotency_keys": lambda _, who, row: row.person_id == who.person,
    "outbox_messages": lambda _, who, row: row.sender_id == who.person,
}
"""Table -> who sees which of its rows."""
