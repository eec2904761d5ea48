"""Sets the stage for one attempt: a fresh subject in the state that the mutation needs, made by the owner."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contributions.models import Contribution, ContributionTransaction
from hub.db.base import Base
from hub.engagement.models import ExpressionOfInterest
from hub.identity.models import ApiToken, Invitation, LoginSession, Person, RoleGrant
from hub.initiatives.models import Initiative
from hub.organisations.declaration import Statement
from hub.organisations.models import Organisation, VettingApplication, VettingDocument
from hub.proposals.models import Consultation, Guidance, Proposal, ProposalReview, ProposalRevision
from schema.compiler.ids import global_id

AT = datetime(2026, 11, 2, tzinfo=UTC)
DAY = date(2026, 11, 2)
MONEY = {"amount": "100.00", "currency": "USD"}
_numbers: Iterator[int] = itertools.count(1)


class Stage:
    """Makes subjects. They belong to the personas' own people; foreign ones to others of the kind."""

    def __init__(self, connection: AsyncConnection, *, is_foreign: bool = False) -> None:
        self.connection, self.is_foreign = connection, is_foreign

    async def organisation(self, vetting: str = "VETTED") -> uuid.UUID:
        """The partner personas' organisation, or another partner's; vetted, whatever was tried before."""
        name = "Demo Foundation" if self.is_foreign else "Demo Alliance"
        values = {"vetting_state": vetting, "is_listed": vetting == "VETTED"}
        moved = update(Organisation).where(Organisation.short_name == name).values(values)
        return await self._one(moved.returning(Organisation.id))

    async def partner(self, vetting: str) -> uuid.UUID:
        """A new partner, which the public does not see."""
        return await self.add(
            Organisation,
            kind="ACADEMIA",
            name=f"Staged {uuid.uuid4()}",
            short_name="Staged",
            vetting_state=vetting,
        )

    async def draft(self) -> str:
        """The complete draft of an application of the personas' organisation, or of another."""
        organisation = await self.organisation("APPLIED")
        await self.withdraw_drafts(organisation)
        return global_id("VettingApplication", await self._application(organisation))

    async def withdraw_drafts(self, organisation: uuid.UUID) -> None:
        """Take away what the organisation has applied with and nobody has taken up."""
        open_ones = select(VettingApplication.id).where(
            VettingApplication.organisation_id == organisation, VettingApplication.started_at.is_(None)
        )
        documents = delete(VettingDocument).where(VettingDocument.application_id.in_(open_ones))
        await self.connection.execute(documents)
        await self.connection.execute(delete(VettingApplication).where(VettingApplication.id.in_(open_ones)))

    async def application(self, state: str) -> str:
        """An application of a new partner; somebody took it up who may not decide on any."""
        started = {"started_at": AT, "started_by_id": await self.person("admin")}
        made = await self._application(
            await self.partner("UNDER_VETTING" if state == "UNDER_VETTING" else "APPLIED"),
            state=state,
            declaration="Declaration",
            submitted_at=AT,
            submitted_by_id=await self.person("partner"),
            **(started if state == "UNDER_VETTING" else {}),
        )
        return global_id("VettingApplication", made)

    async def _application(self, organisation: uuid.UUID, state: str = "DRAFT", **more: Any) -> uuid.UUID:
        return await self.add(
            VettingApplication,
            reference=f"VET-2098-{next(_numbers):04}",
            organisation_id=organisation,
            state=state,
            created_by_id=await self.person("partner"),
            description="We are staged.",
            purpose="To be tried.",
            statements=list(Statement),
            **more,
        )

    async def organisation_named(self, short_name: str) -> uuid.UUID:
        """The id of the organisation."""
        return await self._one(select(Organisation.id).where(Organisation.short_name == short_name))

    async def person(self, persona: str) -> uuid.UUID:
        """The id of the persona."""
        return await self._one(select(Person.id).where(Person.persona == persona))

    async def _one(self, statement: Any) -> uuid.UUID:
        found: uuid.UUID = (await self.connection.execute(statement)).scalars().one()
        return found

    async def add(self, model: type[Base], **values: Any) -> uuid.UUID:
        """A row of the model."""
        return await self._one(insert(model).values(**values).returning(model.id))

    async def proposal(self, state: str, *, returns_to: str | None = None, working: bool = False) -> str:
        """A proposal in the state; `working`: with a complete revision that is not submitted yet."""
        return global_id("Proposal", await self._proposal(state, returns_to, working))

    async def _proposal(self, state: str, returns_to: str | None = None, working: bool = False) -> uuid.UUID:
        organisation = await self.organisation()
        drafted = state == "DRAFT"
        made = await self.add(
            Proposal,
            reference=f"PRO-2098-{next(_numbers):04}",
            state=state,
            returns_to=returns_to,
            title="Staged",
            revision_number=0 if drafted else 1,
            organisation_id=organisation,
            created_by_id=await self.person("partner"),
            submitted_at=None if drafted else AT,
        )
        submissions = [None] if drafted else [AT, *([None] if working else [])]
        for number, submitted_at in enumerate(submissions, 1):
            await self._revision(made, organisation, number, submitted_at)
        if state == "AWAITING_GUIDANCE":
            await self.add(
                Guidance, proposal_id=made, organisation_id=organisation, revision_number=1, reason="Policy."
            )
        return made

    async def _revision(
        self, proposal: uuid.UUID, organisation: uuid.UUID, number: int, submitted_at: datetime | None
    ) -> None:
        await self.add(
            ProposalRevision,
            proposal_id=proposal,
            organisation_id=organisation,
            number=number,
            title="Staged",
            summary="A summary.",
            objectives="Objectives.",
            kind="WORKSHOP",
            scope="REGIONAL",
            starts_on=date(2027, 3, 1),
            ends_on=date(2027, 3, 5),
            submitted_at=submitted_at,
        )

    async def review(self) -> str:
        """A review asked of the persona, or of another reviewer."""
        reviewer = await self.person("reviewer")
        if self.is_foreign:
            other = select(Person.id).where(Person.name == "Demo Reviewer, Demo Law Faculty")
            reviewer = await self._one(other)
        made = await self.add(
            ProposalReview,
            proposal_id=await self._proposal("UNDER_REVIEW"),
            organisation_id=await self.organisation(),
            revision_number=1,
            reviewer_id=reviewer,
        )
        return global_id("ProposalReview", made)

    async def consultation(self) -> str:
        """A question to the stakeholder persona's organisation, or to another."""
        made = await self.add(
            Consultation,
            proposal_id=await self._proposal("IN_CONSULTATION"),
            organisation_id=await self.organisation(),
            revision_number=1,
            consulted_id=await self.organisation_named(
                "Demo Survivor Network" if self.is_foreign else "Demo Federation"
            ),
            question="What do you think?",
        )
        return global_id("Consultation", made)

    async def contribution(self, state: str = "COMMITTED", **more: Any) -> str:
        """A contribution of USD 500 in the state, with its pledge and commitment entered."""
        made, _ = await self._contribution(state, **more)
        return global_id("Contribution", made)

    async def transaction(self) -> str:
        """The commitment of a contribution."""
        _, commitment = await self._contribution("COMMITTED")
        return global_id("ContributionTransaction", commitment)

    async def _contribution(self, state: str, **more: Any) -> tuple[uuid.UUID, uuid.UUID]:
        amount = Decimal("500.00")
        values = {"kind": "DIRECT_FUNDING", "committed": amount, **more}
        made = await self.add(
            Contribution,
            reference=f"CON-2098-{next(_numbers):04}",
            title="Staged",
            state=state,
            provider_id=await self.organisation(),
            currency="USD",
            year=2026,
            recorded_on=DAY,
            pledged=amount,
            received=amount if state == "RECEIVED" else 0,
            **values,
        )
        entry = {"contribution_id": made, "amount": amount, "currency": "USD", "value_on": DAY}
        await self.add(ContributionTransaction, type="PLEDGE", recorded_at=AT, **entry)
        commitment = await self.add(ContributionTransaction, type="COMMITMENT", recorded_at=AT, **entry)
        return made, commitment

    async def interest(self) -> str:
        """An expression of interest that nobody has answered."""
        made = await self.add(
            ExpressionOfInterest,
            reference=f"EOI-2098-{next(_numbers):04}",
            interest="FUND",
            organisation_id=await self.organisation(),
            person_id=await self.person("partner"),
            new_initiative_title="Staged",
            message="We would fund it.",
        )
        return global_id("ExpressionOfInterest", made)

    async def person_invitation(self) -> str:
        """An invitation of a partner that nobody has accepted."""
        made = await self.add(
            Invitation,
            email=f"{uuid.uuid4()}@example.org",
            organisation_id=await self.organisation(),
            role="PARTNER",
            invited_by_id=await self.person("admin"),
            expires_at=AT + timedelta(days=3650),
        )
        return global_id("Invitation", made)

    async def officer(self) -> uuid.UUID:
        """The partner persona, or another officer."""
        if self.is_foreign:
            return await self._one(select(Person.id).where(Person.name == "Demo Officer, Demo Foundation"))
        return await self.person("partner")

    async def colleague(self, *, is_confirmed: bool = True) -> uuid.UUID:
        """Somebody new of the organisation, with the role of a partner."""
        made = await self.newcomer(is_confirmed=is_confirmed)
        organisation = await self.organisation()
        await self.add(RoleGrant, person_id=made, organisation_id=organisation, role="PARTNER", starts_on=DAY)
        return made

    async def newcomer(self, *, is_confirmed: bool = True) -> uuid.UUID:
        """Somebody new of the organisation, with no role."""
        return await self.add(
            Person,
            name="Staged",
            email=f"{uuid.uuid4()}@example.org",
            organisation_id=await self.organisation(),
            is_demonstration=True,
            confirmed_at=AT if is_confirmed else None,
        )

    async def grant(self) -> str:
        """That somebody new of the organisation is a partner."""
        person = await self.colleague()
        return global_id(
            "RoleGrant", await self._one(select(RoleGrant.id).where(RoleGrant.person_id == person))
        )

    async def token(self) -> str:
        """A token of the partner persona, or of another officer."""
        made = await self.add(
            ApiToken,
            person_id=await self.officer(),
            label="Staged",
            token_hash=uuid.uuid4().bytes,
            expires_at=AT + timedelta(days=3650),
        )
        return global_id("ApiToken", made)

    async def session(self) -> str:
        """A session of the partner persona, or of another officer."""
        person = await self.officer()
        end = AT + timedelta(days=3650)
        made = await self.add(
            LoginSession,
            person_id=person,
            token_hash=uuid.uuid4().bytes,
            last_seen_at=AT,
            ends_at=end,
            expires_at=end,
        )
        return global_id("Session", made)

    async def initiative(self, *, is_published: bool = False) -> str:
        """An initiative led by the organisation."""
        made = await self.add(
            Initiative,
            reference=f"RSO-2098-{next(_numbers):03}",
            title="Staged",
            summary="A summary.",
            kind="WORKSHOP",
            state="PIPELINE",
            scope="REGIONAL",
            work_plan_year=2027,
            starts_on=DAY,
            ends_on=DAY,
            lead_organisation_id=await self.organisation(),
            is_published=is_published,
        )
        return global_id("Initiative", made)
