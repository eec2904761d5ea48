"""People of organisations, and the roles that they hold."""

from datetime import date
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import Boolean

from hub.identity import models
from hub.identity.actor import Role
from hub.organisations import people, roles
from schema.base import OrderDirection
from schema.compiler.mapping import Condition, Listing
from schema.identity import Person, RoleGrant
from schema.mutating import Write, id_of, mutation
from schema.organisations import of_organisation


@strawberry.enum(description="What people are ordered by.")
class PersonOrderField(StrEnum):
    NAME = "name"


@strawberry.input(description="In which order people are listed.")
class PersonOrder:
    field: PersonOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which people.")
class PersonFilter:
    organisation: strawberry.ID | None = strawberry.field(
        default=None, description="Those who act for it, or did."
    )
    is_confirmed: bool | None = strawberry.field(
        default=None, description="False: those who wait for a focal point to confirm them."
    )
    is_removed: bool | None = strawberry.field(
        default=None, description="False: those who have not been removed."
    )


def _filled(column: str) -> Condition:
    return lambda row, value, _: row.column(column).is_not(None) == value.sql(Boolean())


PEOPLE = Listing(
    model=models.Person,
    filter=PersonFilter,
    conditions={
        "organisation": of_organisation("organisation_id"),
        "isConfirmed": _filled("confirmed_at"),
        "isRemoved": _filled("removed_at"),
    },
    order=PersonOrder,
    default=("name", False),
)


@strawberry.input(description="Whom to confirm.")
class ConfirmPersonInput(Write):
    id: strawberry.ID


@mutation(returns=Person)
async def confirm_person(act: Any, input: ConfirmPersonInput) -> Any:
    """Say that a person belongs to the organisation: his or her roles count from then on. For focal points,
    of their own organisation, and administrators, signed in with a browser."""
    return await people.confirm(act, person_id=id_of(input.id, "id", types=("Person",)))


@strawberry.input(description="Whom to remove.")
class RemovePersonInput(Write):
    id: strawberry.ID


@mutation(returns=Person)
async def remove_person(act: Any, input: RemovePersonInput) -> Any:
    """Take a person out of the organisation: every role, session and token ends at once, the record stays,
    and what he or she made stays with the organisation. For focal points, of their own organisation, and
    administrators, signed in with a browser. The last focal point removes himself only after a handover."""
    return await people.remove(act, person_id=id_of(input.id, "id", types=("Person",)))


@strawberry.input(description="To whom to grant which role, and how long.")
class GrantRoleInput(Write):
    person_id: strawberry.ID
    role: Role
    starts_on: date | None = strawberry.field(default=None, description="The first day; null: today (UTC).")
    ends_on: date | None = strawberry.field(default=None, description="The last day; null: no end is set.")


@mutation(returns=RoleGrant)
async def grant_role(act: Any, input: GrantRoleInput) -> Any:
    """Grant a role for the person's own organisation; nobody grants himself one. Focal points grant PARTNER
    in their own organisation, staff any but CO_MANAGER and ADMIN, administrators any; signed in with a
    browser. Staff and administrators do not vote: nobody is one of them and Co-Manager at the same time."""
    return await roles.grant(
        act,
        person_id=id_of(input.person_id, "personId", types=("Person",)),
        role=input.role.value,
        starts_on=input.starts_on,
        ends_on=input.ends_on,
    )


@strawberry.input(description="Which role to end, and when.")
class EndRoleInput(Write):
    id: strawberry.ID = strawberry.field(description="The grant.")
    ends_on: date | None = strawberry.field(
        default=None, description="The last day on which it counts; null: it ends at once."
    )


@mutation(returns=RoleGrant)
async def end_role(act: Any, input: EndRoleInput) -> Any:
    """End a role that somebody holds: on every worker within a second, where it ends at once. For whoever may
    grant it, signed in with a browser."""
    return await roles.end(act, grant_id=id_of(input.id, "id", types=("RoleGrant",)), ends_on=input.ends_on)


@strawberry.input(description="Which role passes to whom, and when.")
class HandOverRoleInput(Write):
    id: strawberry.ID = strawberry.field(description="The grant of who holds the role now.")
    to_person_id: strawberry.ID = strawberry.field(description="Somebody of the same organisation.")
    on: date | None = strawberry.field(
        default=None, description="The successor's first day; null: today, now."
    )
    note: str | None = strawberry.field(default=None, description="What the record should say.")


@mutation(returns=RoleGrant)
async def hand_over_role(act: Any, input: HandOverRoleInput) -> Any:
    """Pass a role to a successor in the same organisation; the payload is the successor's. The history stays,
    and so does what belongs to the seat, such as votes and drafts. For whoever may grant the role, and for a
    focal point his or her own, signed in with a browser."""
    return await roles.hand_over(
        act,
        grant_id=id_of(input.id, "id", types=("RoleGrant",)),
        to_person_id=id_of(input.to_person_id, "toPersonId", types=("Person",)),
        on=input.on,
        note=input.note,
    )
