"""Rows that the demonstration lacks: what acts and imports write, and a draft that was given up."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Text, Uuid, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.audit.models import AuditEvent, IdempotencyKey
from hub.files.models import StoredFile
from hub.identity.models import ApiToken, IdentityBinding, Invitation, LoginSession, Person, RoleGrant
from hub.notifications.models import OutboxMessage
from hub.opendata.models import ImportRejection, ImportRun
from hub.organisations.models import Organisation, VettingApplication, VettingDecision, VettingDocument
from hub.proposals.models import Proposal, ProposalRevision

AT = datetime(2026, 11, 2, tzinfo=UTC)


async def write(connection: AsyncConnection) -> None:
    """One row of each table for everybody in it, as the owner."""
    for person in (await connection.execute(select(Person.id, Person.organisation_id))).all():
        await _of(connection, person.id, person.organisation_id)
    run = await connection.scalar(
        insert(ImportRun)
        .values(source_name="fts", file_name="a.csv", file_hash=b"\x00", ran_at=AT, row_count=1)
        .values(accepted_count=0, rejected_count=1)
        .returning(ImportRun.id)
    )
    await connection.execute(
        insert(ImportRejection).values(import_run_id=run, line=2, field="amountUSD", reason="empty")
    )
    await _give_drafts_up(connection)
    await _apply(connection)
    await connection.execute(
        update(Organisation)
        .where(Organisation.short_name.in_(SUSPENDED))
        .values(vetting_state="SUSPENDED", is_listed=False)
    )


SUSPENDED = ("Demo Federation", "Demo Foundation", "Demo Law Faculty", "Demo Seafarers")
"""Partners that the public sees no more: they give, take part, propose, and one is a persona's own."""


async def _of(connection: AsyncConnection, person: uuid.UUID, organisation: uuid.UUID) -> None:
    subject: dict[str, Any] = {"subject_type": "Proposal", "subject_id": person}
    await connection.execute(
        insert(AuditEvent).values(
            at=AT, action="proposal:vote", person_id=person, organisation_id=organisation, **subject
        )
    )
    await connection.execute(
        insert(OutboxMessage).values(topic="VoteCast", recipient_role="STAFF", sender_id=person, **subject)
    )
    await connection.execute(
        insert(IdempotencyKey).values(
            person_id=person, key="a", action="VoteOnProposal", input_hash=b"", subject_id=person
        )
    )
    await connection.execute(
        insert(ApiToken).values(
            person_id=person, label="a", token_hash=person.bytes, expires_at=AT + timedelta(days=1)
        )
    )
    await connection.execute(
        insert(LoginSession).values(
            person_id=person, token_hash=person.bytes, last_seen_at=AT, ends_at=AT, expires_at=AT
        )
    )
    await connection.execute(
        insert(IdentityBinding).values(person_id=person, issuer="https://a.example", subject=str(person))
    )
    await _past_roles_of(connection, person, organisation)
    for role in ("PARTNER", "CO_MANAGER", "REVIEWER"):
        is_accepted = role == "REVIEWER"
        await connection.execute(
            insert(Invitation).values(
                email=f"{person}@example.org",
                organisation_id=organisation,
                role=role,
                invited_by_id=person,
                expires_at=AT,
                accepted_at=AT if is_accepted else None,
                accepted_by_id=person if is_accepted else None,
            )
        )


async def _past_roles_of(connection: AsyncConnection, person: uuid.UUID, organisation: uuid.UUID) -> None:
    """A role that was handed over years ago, and has ended since."""
    held = {"person_id": person, "organisation_id": organisation, "role": "REVIEWER", "ended_by_id": person}
    first = insert(RoleGrant).values(starts_on=date(2020, 1, 1), ends_on=date(2020, 12, 31), **held)
    before = await connection.scalar(first.returning(RoleGrant.id))
    second = insert(RoleGrant).values(starts_on=date(2021, 1, 1), ends_on=date(2021, 12, 31), **held)
    await connection.execute(second.values(handed_over_from_id=before))


async def _give_drafts_up(connection: AsyncConnection) -> None:
    """A withdrawn draft of every organisation that has proposed anything: submitted to nobody."""
    found = await connection.execute(select(Proposal.organisation_id, Proposal.created_by_id))
    proposers: dict[uuid.UUID, uuid.UUID] = {row.organisation_id: row.created_by_id for row in found}
    for number, (organisation, person) in enumerate(proposers.items()):
        made = await connection.scalar(
            insert(Proposal)
            .values(reference=f"PRO-2099-{number:04}", title="Given up", state="WITHDRAWN")
            .values(organisation_id=organisation, created_by_id=person, is_demonstration=True)
            .returning(Proposal.id)
        )
        await connection.execute(
            insert(ProposalRevision).values(
                proposal_id=made, organisation_id=organisation, number=1, title="Given up"
            )
        )


async def _apply(connection: AsyncConnection) -> None:
    """Of three partners an application that was returned, a draft, their files, and what they were told."""
    office = await connection.scalar(select(Person.id).where(Person.persona == "staff"))
    names = ("Demo Alliance", "Demo Foundation", "Demo Federation")
    found = await connection.execute(
        select(Organisation.id, func.min(Person.id.cast(Text)).cast(Uuid).label("person"))
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Organisation.short_name.in_(names))
        .group_by(Organisation.id)
    )
    for number, (organisation, person) in enumerate(found.all()):
        own = {"organisation_id": organisation}
        told = {**own, "reason": "Say more.", "decided_at": AT, "decided_by_id": office}
        for place, state in enumerate(("RETURNED", "DRAFT")):
            application = await connection.scalar(
                insert(VettingApplication)
                .values(reference=f"VET-2099-{number}{place}", state="DRAFT", created_by_id=person, **own)
                .returning(VettingApplication.id)
            )
            for name, removed_at in (("kept.pdf", None), ("removed.pdf", AT)):
                file = await _file(connection, organisation, person, name)
                document = {"application_id": application, "file_id": file, "removed_at": removed_at}
                await connection.execute(insert(VettingDocument).values(**document, **own))
            if state == "RETURNED":
                submitted = {"submitted_at": AT, "submitted_by_id": person, "declaration": "Declaration"}
                started = {"started_at": AT, "started_by_id": office}
                await connection.execute(
                    update(VettingApplication)
                    .where(VettingApplication.id == application)
                    .values(state=state, **submitted, **started)
                )
                returned = insert(VettingDecision).values(application_id=application, **told)
                await connection.execute(returned.values(outcome="RETURNED"))
        await connection.execute(insert(VettingDecision).values(outcome="SUSPENDED", **told))
        await _file(connection, organisation, person, "alone.pdf")


async def _file(
    connection: AsyncConnection, organisation: uuid.UUID, person: uuid.UUID, name: str
) -> uuid.UUID | None:
    """A file of which no store has anything."""
    made = insert(StoredFile).values(
        organisation_id=organisation,
        name=name,
        media_type="application/pdf",
        size=1,
        sha256=b"\x00" * 32,
        object_key=str(uuid.uuid4()),
        uploaded_by_id=person,
    )
    return await connection.scalar(made.returning(StoredFile.id))
