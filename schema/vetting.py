"""How partners apply and are vetted."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from hub.identity import models as identity_models
from hub.organisations import applying, models, registering
from hub.organisations import vetting as actions
from hub.organisations.declaration import TEXTS
from hub.organisations.declaration import Statement as VettingStatement
from hub.organisations.models import OrganisationKind
from hub.organisations.workflow import ApplicationState, Verdict, VettingOutcome
from schema.allowed import VETTING, VettingApplicationAction, allowed_actions
from schema.base import Node, OrderDirection, among, over
from schema.compiler.mapping import Listing, expression, one_by
from schema.files import File
from schema.identity import Person
from schema.mutating import Versioned, Write, id_of, mutation
from schema.organisations import Organisation, Partner, of_organisation

strawberry.enum(
    ApplicationState, name="VettingApplicationState", description="Where an application to be vetted stands."
)
strawberry.enum(Verdict, name="VettingVerdict", description="What vetting may come to.")
strawberry.enum(VettingOutcome, description="What the office told a partner.")
strawberry.enum(VettingStatement, name="VettingStatement", description="What a partner declares.")
for _value in VettingStatement.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = TEXTS[VettingStatement(_value.value)]


@over(models.VettingDecision)
@strawberry.type(
    description="What the office told a partner in the course of its vetting, and why. Its focal points and "
    "the office see it, and nobody else."
)
class VettingDecision(Node):
    outcome: VettingOutcome
    reason: str
    decided_at: datetime
    decided_by: Person | None = one_by(identity_models.Person, "decided_by_id", "Who decided.")
    organisation: Organisation | None = strawberry.field(description="The partner.")


@over(models.VettingApplication)
@strawberry.type(description="What a partner states to be vetted. Once submitted it never changes.")
class VettingApplication(Node):
    reference: str = strawberry.field(description="Such as VET-2026-0003.")
    organisation: Organisation | None = strawberry.field(description="The partner.")
    state: ApplicationState
    created_by: Person | None = one_by(identity_models.Person, "created_by_id", "Who began it.")
    created_at: datetime
    description: str | None = strawberry.field(description="What the organisation is and does.")
    purpose: str | None = strawberry.field(description="What it wants to cooperate on.")
    registration_number: str | None = strawberry.field(description="Where it is registered somewhere.")
    website: str | None
    statements: list[VettingStatement] = strawberry.field(
        description="The statements of the declaration that are agreed to."
    )
    declaration: str | None = strawberry.field(
        description="The declaration's version and text as it was agreed to; null before it is submitted."
    )
    documents: list[File] = strawberry.field(description="What was handed in with it, ten at most.")
    submitted_at: datetime | None = strawberry.field(description="Null while its organisation works on it.")
    submitted_by: Person | None = one_by(
        identity_models.Person, "submitted_by_id", "Who submitted it, and made the declaration."
    )
    started_at: datetime | None = strawberry.field(description="When somebody of the office took it up.")
    started_by: Person | None = one_by(
        identity_models.Person, "started_by_id", "Who took it up; somebody else decides."
    )
    decisions: list[VettingDecision] = strawberry.field(description="What the partner was told about it.")
    allowed_actions: list[VettingApplicationAction] = expression(
        allowed_actions(VETTING), "What the viewer can do with it now."
    )
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@strawberry.enum(description="What applications to be vetted are ordered by.")
class VettingApplicationOrderField(StrEnum):
    CREATED_AT = "created_at"
    REFERENCE = "reference"


@strawberry.input(description="In which order applications to be vetted are listed.")
class VettingApplicationOrder:
    field: VettingApplicationOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which applications to be vetted.")
class VettingApplicationFilter:
    state: list[ApplicationState] | None = strawberry.field(default=None, description="Any of these.")
    organisation: strawberry.ID | None = strawberry.field(default=None, description="The partner's.")


VETTING_APPLICATIONS = Listing(
    model=models.VettingApplication,
    filter=VettingApplicationFilter,
    conditions={"state": among("state"), "organisation": of_organisation("organisation_id")},
    order=VettingApplicationOrder,
    default=("created_at", True),
)


@strawberry.input(description="Which organisation is to become a partner, and who applies for it.")
class RegisterPartnerInput(Write):
    name: str = strawberry.field(description="The official name.")
    short_name: str = strawberry.field(description="The everyday name, up to 60 characters.")
    kind: OrganisationKind | None = strawberry.field(
        default=None,
        description="Wanted: any but MEMBER_STATE. Null is reported with whatever else is missing.",
    )
    email: str = strawberry.field(
        description="Of the focal point who is invited; the provider must have verified it at the sign-in."
    )


@mutation(returns=Partner)
async def register_partner(act: Any, input: RegisterPartnerInput) -> Any:
    """Enter an organisation that is to become a partner, and invite its focal point for fourteen days. The
    public does not see it before it is vetted. For staff, signed in with a browser."""
    return await registering.register(
        act,
        name=input.name,
        short_name=input.short_name,
        kind=input.kind.value if input.kind else None,
        email=input.email,
    )


@strawberry.input(description="What the application of one's own organisation should say; null empties.")
class SaveVettingApplicationInput(Write):
    description: str | None = None
    purpose: str | None = None
    registration_number: str | None = None
    website: str | None = strawberry.field(default=None, description="Such as https://example.org.")
    statements: list[VettingStatement] = strawberry.field(
        default_factory=list, description="Those that are agreed to; all of them before it is submitted."
    )
    document_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Files handed in by `POST /files`, ten at most; no others remain."
    )
    expected_version: int | None = strawberry.field(
        default=None,
        description="The version of the draft that you read. Where there is a draft, and it is not of that "
        "version or none is given, the answer is Conflict.",
    )


@mutation(returns=VettingApplication)
async def save_vetting_application(act: Any, input: SaveVettingApplicationInput) -> Any:
    """Begin the draft of one's organisation, or put this in its place; nobody else sees it until it is
    submitted. For focal points of partners that have applied or were rejected."""
    content = applying.Content(
        description=input.description,
        purpose=input.purpose,
        registration_number=input.registration_number,
        website=input.website,
        statements=input.statements,
    )
    documents = [
        id_of(id, "documentIds", str(place), types=("File",)) for place, id in enumerate(input.document_ids)
    ]
    return await applying.save(act, content=content, document_ids=documents, version=input.expected_version)


@strawberry.input(description="Which draft to submit.")
class SubmitVettingApplicationInput(Versioned):
    pass


@mutation(returns=VettingApplication)
async def submit_vetting_application(act: Any, input: SubmitVettingApplicationInput) -> Any:
    """Submit the application of one's organisation with the whole declaration; it does not change from then
    on. For focal points."""
    return await applying.submit(act, application_id=_application(input), version=input.expected_version)


@strawberry.input(description="Which application to take up.")
class StartVettingInput(Versioned):
    pass


@mutation(returns=VettingApplication)
async def start_vetting(act: Any, input: StartVettingInput) -> Any:
    """Take an application up: the partner is under vetting. Whoever does so does not decide on it. For staff;
    nobody about the own organisation."""
    return await actions.start(act, application_id=_application(input), version=input.expected_version)


@strawberry.input(description="Which application to return, and what is missing.")
class ReturnVettingApplicationInput(Versioned):
    reasons: str = strawberry.field(description="What is to be added or changed; the applicant reads it.")


@mutation(returns=VettingApplication)
async def return_vetting_application(act: Any, input: ReturnVettingApplicationInput) -> Any:
    """Ask the applicant for more: this application ends, and the next one says it. For staff and
    Co-Managers; nobody about the own organisation."""
    return await actions.return_for_more(
        act, application_id=_application(input), reasons=input.reasons, version=input.expected_version
    )


@strawberry.input(description="What the vetting came to, and why.")
class DecideVettingInput(Versioned):
    verdict: Verdict
    reason: str = strawberry.field(description="The applicant's focal points and the office read it.")


@mutation(returns=VettingApplication)
async def decide_vetting(act: Any, input: DecideVettingInput) -> Any:
    """Accept a partner, or reject it. For staff and Co-Managers, but not for whoever took the application up;
    nobody about the own organisation."""
    return await actions.decide(
        act,
        application_id=_application(input),
        verdict=input.verdict,
        reason=input.reason,
        version=input.expected_version,
    )


@strawberry.input(description="Which partner to suspend, and why.")
class SuspendPartnerInput(Versioned):
    reason: str = strawberry.field(description="The partner's focal points and the office read it.")


@mutation(returns=Partner)
async def suspend_partner(act: Any, input: SuspendPartnerInput) -> Any:
    """Stop a vetted partner from submitting, pledging, committing, offering, expressing interest, and giving
    opinions; it drafts, and takes back what is open. The public sees it no more. For staff and Co-Managers;
    nobody about the own organisation."""
    partner = id_of(input.id, "id", types=("Partner",))
    return await actions.suspend(
        act, organisation_id=partner, reason=input.reason, version=input.expected_version
    )


@strawberry.input(description="Which partner to reinstate, and why.")
class ReinstatePartnerInput(Versioned):
    reason: str = strawberry.field(description="The partner's focal points and the office read it.")


@mutation(returns=Partner)
async def reinstate_partner(act: Any, input: ReinstatePartnerInput) -> Any:
    """Make a suspended partner a vetted one again. For staff and Co-Managers; nobody about the own
    organisation."""
    partner = id_of(input.id, "id", types=("Partner",))
    return await actions.reinstate(
        act, organisation_id=partner, reason=input.reason, version=input.expected_version
    )


def _application(input: Versioned) -> uuid.UUID:
    return id_of(input.id, "id", types=("VettingApplication",))
