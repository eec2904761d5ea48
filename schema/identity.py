"""People as the contract shows them."""

from datetime import date, datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Uuid, bindparam, func

from hub.identity import actions, models
from hub.identity.actor import Role
from hub.identity.models import PractitionerGroup
from hub.policy import grantable
from schema.allowed import (
    PERSON,
    ROLE_GRANT,
    PersonAction,
    RoleGrantAction,
    ViewerAction,
    allowed_actions,
    beginnings,
)
from schema.base import Node, over
from schema.compiler.mapping import Context, column, expression, many, one_by
from schema.compiler.text import json_names
from schema.mutating import Write, id_of, mutation
from schema.organisations import Organisation
from schema.tokens import ApiToken

strawberry.enum(
    PractitionerGroup, description="The practitioners whose suggestions the RSO particularly welcomes."
)


def _is_current(row: Any, context: Context) -> ColumnElement[Any]:
    """Whether the session is the one that asks; no session asks by a token."""
    asking = bindparam("actor_session", context.actor.session_id, Uuid)
    return func.coalesce(row.id == asking, False)


@over(models.Person)
@strawberry.type(description="Somebody who acts for an organisation.")
class Person(Node):
    name: str
    organisation: Organisation | None = strawberry.field(description="For which he or she acts.")
    practitioner_group: PractitionerGroup | None
    grants: list[Annotated["RoleGrant", strawberry.lazy("schema.identity")]] = strawberry.field(
        description="The roles that he or she holds, held, or will hold, as far as the viewer may see them."
    )
    created_at: datetime = strawberry.field(description="When he or she first signed in.")
    confirmed_at: datetime | None = strawberry.field(
        description="When it was said that he or she belongs to the organisation; null while nobody has, "
        "and then no role counts."
    )
    removed_at: datetime | None = strawberry.field(
        description="When he or she was taken out of the organisation, and could sign in no more."
    )
    allowed_actions: list[PersonAction] = expression(
        allowed_actions(PERSON), "What the viewer can do with the person now."
    )
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@over(models.RoleGrant)
@strawberry.type(description="A role that a person holds for the organisation, for a time.")
class RoleGrant(Node):
    person: Person | None = one_by(models.Person, "person_id", "Who holds it.")
    organisation: Organisation | None = strawberry.field(description="For which it is held.")
    role: Role
    starts_on: date = strawberry.field(description="The first day on which it counts (UTC).")
    ends_on: date | None = strawberry.field(description="The last day; null while no end is set.")
    ended_at: datetime | None = strawberry.field(
        description="Where it was ended at once: from then on it counts for nothing."
    )
    granted_by: Person | None = one_by(
        models.Person, "granted_by_id", "Who granted it; null where the operator did."
    )
    ended_by: Person | None = one_by(models.Person, "ended_by_id", "Who set its end.")
    handed_over_from: Annotated["RoleGrant", strawberry.lazy("schema.identity")] | None = one_by(
        models.RoleGrant, "handed_over_from_id", "The grant of whoever held the role before."
    )
    note: str | None = strawberry.field(description="What was said at the handover.")
    created_at: datetime = strawberry.field(description="When it was granted.")
    allowed_actions: list[RoleGrantAction] = expression(
        allowed_actions(ROLE_GRANT), "What the viewer can do with the role now."
    )


@over(models.LoginSession)
@strawberry.type(description="A browser that a person is signed in with.")
class Session(Node):
    browser: str | None = strawberry.field(description="What the browser calls itself.")
    signed_in_at: datetime = column("created_at", "When the person signed in with it.")
    last_seen_at: datetime = strawberry.field(description="When it was last used, to about a minute.")
    expires_at: datetime = strawberry.field(
        description="When it ends at the latest, however much it is used."
    )
    revoked_at: datetime | None = strawberry.field(description="When it was ended; null while it is open.")
    is_current: bool = expression(_is_current, "True: the one by which this is asked.")


@over(models.Person)
@strawberry.type(description="The person signed in.")
class Viewer:
    person: Person | None = one_by(models.Person, "id", "As others see him or her.")
    name: str
    email: str
    language: str = strawberry.field(description="BCP 47 tag, such as en.")
    organisation: Organisation | None = strawberry.field(description="For which the viewer acts.")
    roles: list[Role] = expression(
        lambda _, context: json_names(sorted(context.actor.roles)),
        "The roles in force now.",
    )
    allowed_actions: list[ViewerAction] = expression(beginnings, "What the viewer can begin.")
    grantable_roles: list[Role] = expression(
        lambda _, context: json_names([r.value for r in grantable(context.actor)]),
        "The roles to which the viewer may invite people, and which he or she may grant, in the own "
        "organisation.",
    )
    practitioner_group: PractitionerGroup | None
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")
    api_tokens: list[ApiToken] = many(
        "tokens", "The viewer's tokens in force, and those that ended in the last thirty days."
    )
    sessions: list[Session] = strawberry.field(
        description="The browsers that the viewer is signed in with now."
    )


@strawberry.input(description="Which session to end.")
class RevokeSessionInput(Write):
    id: strawberry.ID = strawberry.field(description="A session of the viewer's own.")


@mutation(returns=Session)
async def revoke_session(act: Any, input: RevokeSessionInput) -> Any:
    """End one of one's own sessions: whoever holds its cookie is signed out within a second."""
    return await actions.revoke_session(act, session_id=id_of(input.id, "id", types=("Session",)))
