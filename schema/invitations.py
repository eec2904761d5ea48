"""Invitations: how a person comes to act for an organisation."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import Boolean, ColumnElement, and_, func

from hub.identity import models
from hub.identity.actor import Role
from hub.organisations import inviting
from schema.base import Node, OrderDirection, among, over
from schema.compiler.mapping import Context, Listing, one_by
from schema.compiler.rows import Row
from schema.compiler.values import Value
from schema.identity import Person
from schema.mutating import Write, id_of, mutation
from schema.organisations import Organisation, of_organisation

strawberry.enum(
    models.MailState,
    description="What became of the mail with an invitation. QUEUED: it is sent as soon as the mail server"
    " takes it, if there is one, and the invitation is open then. SENT: the mail server took it. FAILED: it"
    " was given up; look at the address.",
)


@over(models.Invitation)
@strawberry.type(
    description="That whoever proves the e-mail address may act for the organisation, in the role."
)
class Invitation(Node):
    email: str
    organisation: Organisation | None
    role: Role
    invited_by: Person | None = one_by(
        models.Person, "invited_by_id", "Who invited; null where the operator did."
    )
    created_at: datetime
    expires_at: datetime = strawberry.field(description="Until when it can be accepted, by signing in.")
    accepted_at: datetime | None
    accepted_by: Person | None = one_by(models.Person, "accepted_by_id", "Who it turned out to be.")
    withdrawn_at: datetime | None
    mail_state: models.MailState | None = strawberry.field(
        description="What became of the mail to the address; null where none was sent in those days."
    )
    mail_state_at: datetime | None = strawberry.field(description="Since when it is so.")
    mail_not_before: datetime | None = strawberry.field(
        description="From when on the mail goes out, where it is queued and the last one to the address for"
        " the organisation, in whatever role, is not an hour old; otherwise null."
    )
    confirms: bool = strawberry.field(
        description="Whether who accepts is confirmed by that, if who invited still may confirm then;"
        " otherwise a focal point confirms him or her. Once who invited may not invite so any more,"
        " it gives nothing."
    )
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@strawberry.enum(description="What invitations are ordered by.")
class InvitationOrderField(StrEnum):
    CREATED_AT = "created_at"


@strawberry.input(description="In which order invitations are listed.")
class InvitationOrder:
    field: InvitationOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which invitations.")
class InvitationFilter:
    organisation: strawberry.ID | None = strawberry.field(default=None, description="To act for it.")
    is_open: bool | None = strawberry.field(
        default=None, description="True: neither accepted nor withdrawn nor expired; false: the others."
    )
    role: list[Role] | None = strawberry.field(default=None, description="Any of these.")


def _is_open(row: Row, value: Value, _: Context) -> ColumnElement[bool]:
    is_open = and_(
        row.column("accepted_at").is_(None),
        row.column("withdrawn_at").is_(None),
        row.column("expires_at") > func.now(),
    )
    return is_open == value.sql(Boolean())


INVITATIONS = Listing(
    model=models.Invitation,
    filter=InvitationFilter,
    conditions={
        "role": among("role"),
        "organisation": of_organisation("organisation_id"),
        "isOpen": _is_open,
    },
    order=InvitationOrder,
    default=("created_at", True),
)


@strawberry.input(description="Whom to invite, for which organisation, as what.")
class InvitePersonInput(Write):
    email: str = strawberry.field(
        description="Which the person's provider must have verified at the sign-in."
    )
    organisation_id: strawberry.ID
    role: Role


@mutation(returns=Invitation)
async def invite_person(act: Any, input: InvitePersonInput) -> Any:
    """Invite somebody for fourteen days, and queue the mail that says so; nobody invites himself. A focal
    point invites partners of its own organisation, staff whoever is in no role of the office, an
    administrator anyone. An organisation has 50 open invitations at the most, and makes 100 in 24 hours; the
    office may go beyond that, to 200 and 300. The mail goes an hour after the last one to the address for the
    organisation at the earliest: see mailNotBefore."""
    organisation = id_of(input.organisation_id, "organisationId", types=("MemberState", "Partner"))
    return await inviting.invite(act, email=input.email, organisation_id=organisation, role=input.role.value)


@strawberry.input(description="Which invitation to mail again.")
class ResendInvitationInput(Write):
    id: strawberry.ID


@mutation(returns=Invitation)
async def resend_invitation(act: Any, input: ResendInvitationInput) -> Any:
    """Mail an open invitation again, an hour after the last mail at the earliest. For whoever may give it."""
    return await inviting.resend(act, invitation_id=id_of(input.id, "id", types=("Invitation",)))


@strawberry.input(description="Which invitation to take back.")
class WithdrawInvitationInput(Write):
    id: strawberry.ID


@mutation(returns=Invitation)
async def withdraw_invitation(act: Any, input: WithdrawInvitationInput) -> Any:
    """Take an invitation back that nobody has accepted. For whoever may give it."""
    return await inviting.withdraw(act, invitation_id=id_of(input.id, "id", types=("Invitation",)))
