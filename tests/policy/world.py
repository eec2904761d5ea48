"""What somebody should be given, in SQL written by hand over the rows that the oracle says are due to him.

Such a world is a schema of its own: its tables have the names of the real ones and hold those rows alone, so
that a plain SELECT there says what a read of the API should answer.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from hub.database import Place
from schema.compiler.ids import global_id, parse
from tests.policy.oracle import Rows, Who

IS_STATE, IS_PARTNER = "kind = 'MEMBER_STATE'", "kind <> 'MEMBER_STATE'"

NODES: dict[str, tuple[str, str]] = {
    "ApiToken": ("api_tokens", "true"),
    "Allocation": ("allocations", "true"),
    "Consultation": ("consultations", "true"),
    "Contribution": ("contributions", "true"),
    "ContributionTransaction": ("contribution_transactions", "true"),
    "CorePurpose": ("core_purposes", "true"),
    "Decision": ("decisions", "true"),
    "ExpressionOfInterest": ("expressions_of_interest", "true"),
    "File": ("files", "true"),
    "Guidance": ("guidance", "true"),
    "GuidingPrinciple": ("guiding_principles", "true"),
    "Initiative": ("initiatives", "true"),
    "InitiativeParticipant": ("initiative_participants", "true"),
    "Invitation": ("invitations", "true"),
    "MemberState": ("organisations", IS_STATE),
    "Membership": ("memberships", "true"),
    "Partner": ("organisations", IS_PARTNER),
    "Person": ("persons", "true"),
    "Proposal": ("proposals", "true"),
    "ProposalReview": ("proposal_reviews", "true"),
    "ProposalRevision": ("proposal_revisions", "true"),
    "RoleGrant": ("role_grants", "true"),
    "Secondment": ("secondments", "true"),
    "Session": ("login_sessions", "true"),
    "VettingApplication": ("vetting_applications", "true"),
    "VettingDecision": ("vetting_decisions", "true"),
    "Vote": ("votes", "true"),
    "WorkingGroup": ("working_groups", "true"),
}
"""Every type that has an id: its table, and which of its rows."""


def one(table: str, column: str) -> str:
    """The row of the table whose key the column holds."""
    return f"select p.id, c.id from {{owner}} p join {table} c on c.id = p.{column}"


def many(table: str, column: str, order: str = "id") -> str:
    """The rows of the table that hold the key in the column."""
    return f"select c.{column}, c.id from {table} c order by c.{order}"


def between(link: str, table: str) -> str:
    """The rows of the table that the table of links joins to an initiative."""
    key = table.removesuffix("s") + "_id"
    return f"select l.initiative_id, c.id from {link} l join {table} c on c.id = l.{key} order by c.number"


LINKS: dict[str, str] = {
    "Allocation.contribution": one("contributions", "contribution_id"),
    "Allocation.initiative": one("initiatives", "initiative_id"),
    "Consultation.consulted": one("organisations", "consulted_id"),
    "Contribution.allocations": many("allocations", "contribution_id"),
    "Contribution.provider": one("organisations", "provider_id"),
    "Contribution.receiver": one("organisations", "receiver_id"),
    "Contribution.transactions": many("contribution_transactions", "contribution_id"),
    "ExpressionOfInterest.initiative": one("initiatives", "initiative_id"),
    "ExpressionOfInterest.organisation": one("organisations", "organisation_id"),
    "File.uploadedBy": one("persons", "uploaded_by_id"),
    "Initiative.allocations": many("allocations", "initiative_id"),
    "Initiative.corePurposes": between("initiative_core_purposes", "core_purposes"),
    "Initiative.guidingPrinciples": between("initiative_guiding_principles", "guiding_principles"),
    "Initiative.leadOrganisation": one("organisations", "lead_organisation_id"),
    "Initiative.participants": many("initiative_participants", "initiative_id"),
    "Initiative.workingGroup": one("working_groups", "working_group_id"),
    "InitiativeParticipant.organisation": one("organisations", "organisation_id"),
    "Invitation.acceptedBy": one("persons", "accepted_by_id"),
    "Invitation.invitedBy": one("persons", "invited_by_id"),
    "Invitation.organisation": one("organisations", "organisation_id"),
    "MemberState.memberships": many("memberships", "organisation_id"),
    "Membership.organisation": one("organisations", "organisation_id"),
    "Membership.workingGroup": one("working_groups", "working_group_id"),
    "Partner.memberships": many("memberships", "organisation_id"),
    "Partner.vettingApplications": many("vetting_applications", "organisation_id"),
    "Partner.vettingDecisions": many("vetting_decisions", "organisation_id"),
    "Person.grants": many("role_grants", "person_id"),
    "Person.organisation": one("organisations", "organisation_id"),
    "Proposal.consultations": many("consultations", "proposal_id"),
    "Proposal.createdBy": one("persons", "created_by_id"),
    "Proposal.decisions": many("decisions", "proposal_id"),
    "Proposal.guidance": many("guidance", "proposal_id"),
    "Proposal.initiative": one("initiatives", "initiative_id"),
    "Proposal.organisation": one("organisations", "organisation_id"),
    "Proposal.reviews": many("proposal_reviews", "proposal_id"),
    "Proposal.revision": "select p.id, r.id from proposals p join proposal_revisions r"
    " on r.proposal_id = p.id and r.number = p.revision_number",
    "Proposal.revisions": many("proposal_revisions", "proposal_id", "number"),
    "Proposal.votes": many("votes", "proposal_id"),
    "Proposal.workingRevision": "select p.id, r.id from proposals p join proposal_revisions r"
    " on r.proposal_id = p.id and r.number = p.revision_number + 1",
    "ProposalReview.reviewer": one("persons", "reviewer_id"),
    "ProposalRevision.workingGroup": one("working_groups", "working_group_id"),
    "RoleGrant.endedBy": one("persons", "ended_by_id"),
    "RoleGrant.grantedBy": one("persons", "granted_by_id"),
    "RoleGrant.handedOverFrom": one("role_grants", "handed_over_from_id"),
    "RoleGrant.organisation": one("organisations", "organisation_id"),
    "RoleGrant.person": one("persons", "person_id"),
    "Secondment.contribution": one("contributions", "contribution_id"),
    "Secondment.initiative": one("initiatives", "initiative_id"),
    "Secondment.organisation": one("organisations", "organisation_id"),
    "VettingApplication.createdBy": one("persons", "created_by_id"),
    "VettingApplication.decisions": "select c.application_id, c.id from vetting_decisions c"
    " where c.application_id is not null order by c.id",
    "VettingApplication.documents": "select l.application_id, c.id from vetting_documents l"
    " join files c on c.id = l.file_id where l.removed_at is null order by c.id",
    "VettingApplication.organisation": one("organisations", "organisation_id"),
    "VettingApplication.startedBy": one("persons", "started_by_id"),
    "VettingApplication.submittedBy": one("persons", "submitted_by_id"),
    "VettingDecision.decidedBy": one("persons", "decided_by_id"),
    "VettingDecision.organisation": one("organisations", "organisation_id"),
    "Vote.person": one("persons", "person_id"),
    "Vote.seat": one("organisations", "seat_id"),
    "WorkingGroup.memberships": many("memberships", "working_group_id"),
}
"""Every field of a node that leads to other rows, but for connections: the pairs of keys, in order."""

LISTS: dict[str, tuple[str, str, str]] = {
    "contributions": ("contributions", "true", "recorded_on desc, id desc"),
    "expressionsOfInterest": ("expressions_of_interest", "true", "created_at desc, id desc"),
    "initiatives": ("initiatives", "true", "starts_on desc, id desc"),
    "invitations": ("invitations", "true", "created_at desc, id desc"),
    "memberStates": ("organisations", IS_STATE, "name, id"),
    "partners": ("organisations", IS_PARTNER, "name, id"),
    "people": ("persons", "true", "name, id"),
    "proposals": ("proposals", "true", "created_at desc, id desc"),
    "secondments": ("secondments", "true", "starts_on desc, id desc"),
    "vettingApplications": ("vetting_applications", "true", "created_at desc, id desc"),
    "workingGroups": ("working_groups", "true", "name, id"),
}
"""Every connection of the root: its table, which of its rows, and the order where none is asked for."""

NESTED: dict[str, tuple[str, str, str]] = {
    "Initiative.contributions": (
        "initiatives",
        "initiative",
        "select distinct a.initiative_id, c.id, c.recorded_on from contributions c"
        " join allocations a on a.contribution_id = c.id order by c.recorded_on desc, c.id desc",
    )
}
"""Every connection of a node: the root's list of such nodes, its
field that looks one up, and the pairs of keys, in order."""

LOOKUPS: dict[str, tuple[str, str, str]] = {
    "organisation": ("organisations", "isoCode", "iso_code"),
    "initiative": ("initiatives", "reference", "reference"),
    "proposal": ("proposals", "reference", "reference"),
    "contribution": ("contributions", "reference", "reference"),
    "vettingApplication": ("vetting_applications", "reference", "reference"),
}
"""Every other field of the root that gives one row: its table, the argument beside `id`, and its column."""

KEYS = {
    "YEAR": "c.year",
    "KIND": "c.kind",
    "STATE": "c.state",
    "CURRENCY": "c.currency",
    "PROVIDER": "o.id",
    "INITIATIVE": "i.id",
    "WORKING_GROUP": "i.working_group_id",
}
"""Every dimension of the summary."""

DIVIDED = """select {keys}, count(distinct c.id), null, null, null, sum(coalesce(a.amount, 0))
from contributions c left join allocations a on a.contribution_id = c.id
left join initiatives i on i.id = a.initiative_id left join organisations o on o.id = c.provider_id
where {where} group by {names} order by {order}"""
WHOLE = """select {keys}, count(*), sum(e.pledged), sum(e.committed), sum(e.received), sum(e.allocated)
from contributions c cross join lateral (
  select coalesce(sum(amount) filter (where type = 'PLEDGE'), 0) pledged,
    coalesce(sum(amount) filter (where type = 'COMMITMENT'), 0) committed,
    coalesce(sum(amount) filter (where type = 'RECEIPT'), 0) received,
    (select coalesce(sum(amount), 0) from allocations a where a.contribution_id = c.id) allocated
  from contribution_transactions t where t.contribution_id = c.id
) e left join organisations o on o.id = c.provider_id where {where} group by {names} order by {order}"""
"""Summed from the entries, not from the sums that stand beside a contribution."""


@dataclass(frozen=True)
class World:
    """The rows due to somebody, and a connection of the owner to the schema that holds them."""

    who: Who
    rows: Rows
    due: Mapping[str, frozenset[uuid.UUID]]
    names: Mapping[uuid.UUID, str]
    """The global id of every row of a type that has one, due or not."""
    connection: AsyncConnection

    async def keys(self, statement: str) -> list[Any]:
        """The rows that the statement finds among those that are due."""
        return list((await self.connection.execute(text(statement))).all())

    async def listed(self, table: str, where: str, order: str) -> list[str]:
        """The global ids of a list, in order."""
        found = await self.keys(f"select id from {table} where {where} order by {order}")
        return [self.names[row.id] for row in found]

    async def linked(self, field: str, statement: str) -> dict[str, list[str]]:
        """What the field of each node that has anything there leads to, by global ids."""
        table, _ = NODES[field.partition(".")[0]]
        led: dict[str, list[str]] = {}
        for owner, target, *_ in await self.keys(statement.format(owner=table)):
            led.setdefault(self.names[owner], []).append(self.names[target])
        return led

    async def of_type(self, type_name: str) -> set[str]:
        """The global ids of the type's rows."""
        table, where = NODES[type_name]
        return set(await self.listed(table, where, "id"))

    async def summed(self, dimensions: Sequence[str], where: str) -> list[tuple[Any, ...]]:
        """The groups in order: a key for each dimension and the currency, how many, and four sums."""
        names = [KEYS[name] for name in dict.fromkeys([*dimensions, "CURRENCY"])]
        is_divided = bool({"INITIATIVE", "WORKING_GROUP"} & set(dimensions))
        counted = "count(distinct c.id)" if is_divided else "count(*)"
        statement = (DIVIDED if is_divided else WHOLE).format(
            keys=", ".join(KEYS[name] for name in (*dimensions, "CURRENCY")),
            names=", ".join(names),
            order=", ".join([f"{counted} desc", *names]),
            where=where,
        )
        return [tuple(row) for row in await self.keys(statement)]


def type_of(name: str) -> str:
    """The type that a global id names."""
    found = parse(name)
    assert found is not None
    return found[0]


def names_of(rows: Rows) -> dict[uuid.UUID, str]:
    """The global id of each row of a type that has one."""
    names = {}
    for type_name, (table, where) in NODES.items():
        for row in rows.tables[table]:
            if where == "true" or (where == IS_STATE) == (row.kind == "MEMBER_STATE"):
                names[row.id] = global_id(type_name, row.id)
    return names


TABLES = {
    *(table for table, _ in NODES.values()),
    "initiative_core_purposes",
    "initiative_guiding_principles",
    "vetting_documents",
}


def due_to(who: Who, rows: Rows) -> dict[str, frozenset[uuid.UUID]]:
    """The keys of the rows that somebody should see, by table."""
    return {
        table: frozenset(row.id for row in rows.tables[table] if rows.sees(table, who, row))
        for table in TABLES
    }


async def build(schema: str, due: Mapping[str, frozenset[uuid.UUID]], connection: AsyncConnection) -> None:
    """Make the schema with the rows that are due."""
    await connection.execute(text(f"create schema {schema}"))
    for table, ids in due.items():
        await connection.execute(
            text(f"create table {schema}.{table} as select * from hub.{table} where id = any(:ids)"),
            {"ids": list(ids)},
        )


@asynccontextmanager
async def within(place: Place, schema: str) -> AsyncIterator[AsyncConnection]:
    """A connection of the owner for which the schema's tables are the only ones."""
    settings = {"search_path": schema}
    engine = create_async_engine(place.owner, poolclass=NullPool, connect_args={"server_settings": settings})
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()
