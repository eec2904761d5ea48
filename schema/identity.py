"""People as the contract shows them."""

from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, bindparam, func, literal

from hub.identity import actions, models
from hub.identity.actor import Role
from hub.identity.models import PractitionerGroup
from schema.allowed import ViewerAction, beginnings
from schema.base import Node, over
from schema.compiler.mapping import Context, column, expression, one_by
from schema.mutating import Write, id_of, mutation
from schema.organisations import Organisation

strawberry.enum(
    PractitionerGroup, description="The practitioners whose suggestions the RSO particularly welcomes."
)
strawberry.enum(Role, description="What a person may be, besides a member of the public.")


def _is_current(row: Any, context: Context) -> ColumnElement[Any]:
    """Whether the session is the one that asks; no session asks by a token."""
    asking = bindparam("actor_session", context.actor.session_id, Uuid)
    return func.to_json(func.coalesce(row.id == asking, False))


@over(models.Person)
@strawberry.type(description="Somebody who acts for an organisation.")
class Person(Node):
    name: str
    organisation: Organisation | None = strawberry.field(description="For which he or she acts.")
    practitioner_group: PractitionerGroup | None
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


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
        lambda _, context: func.to_json(literal(sorted(context.actor.roles), ARRAY(Text))),
        "The roles in force now.",
    )
    allowed_actions: list[ViewerAction] = expression(beginnings, "What the viewer can begin.")
    practitioner_group: PractitionerGroup | None
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")
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
