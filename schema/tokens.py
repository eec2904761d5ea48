"""API tokens: how a program speaks for a person, within what the person may."""

from datetime import date, datetime
from typing import Any

import strawberry

from hub.identity import actions, models
from hub.identity.actor import Role
from hub.identity.models import TokenAccess
from schema.base import Node, over
from schema.mutating import Write, id_of, mutation

strawberry.enum(Role, description="What a person may be, besides a member of the public.")
strawberry.enum(TokenAccess, description="What a program may do with a token, within what its person may.")


@over(models.ApiToken)
@strawberry.type(
    description="A bearer token of the viewer's own. Its secret was told once, when it was made."
)
class ApiToken(Node):
    label: str = strawberry.field(description="By which the person knows it again.")
    access: TokenAccess
    roles: list[Role] | None = strawberry.field(
        description="Of the person's roles those that count; null: all that he or she holds at each moment."
    )
    created_at: datetime
    expires_at: datetime = strawberry.field(description="From when on it is refused.")
    last_used_at: datetime | None = strawberry.field(
        description="When it was last used, to about a minute; null where it never was."
    )
    revoked_at: datetime | None = strawberry.field(description="When it was revoked; null where it was not.")


@strawberry.input(description="What the token is for, how long, and how much.")
class CreateApiTokenInput(Write):
    label: str = strawberry.field(description="By which you know it again, such as the program's name.")
    expires_on: date = strawberry.field(description="Its last day (UTC), at most a year from today.")
    access: TokenAccess = TokenAccess.READ
    roles: list[Role] | None = strawberry.field(
        default=None,
        description="Of your roles those that shall count; null: all that you hold at each moment.",
    )


TOLD = {
    actions.TOLD: "What the program sends as a bearer token. It is told once and kept nowhere: where the "
    "idempotencyKey was used before, this is null; then revoke the token and make another."
}


@mutation(returns=ApiToken, tells=TOLD)
async def create_api_token(act: Any, input: CreateApiTokenInput) -> Any:
    """Make a token by which a program speaks for the viewer. For people signed in with a browser."""
    roles = None if input.roles is None else {role.value for role in input.roles}
    return await actions.create_token(
        act, label=input.label, expires_on=input.expires_on, access=input.access, roles=roles
    )


@strawberry.input(description="Which token to revoke.")
class RevokeApiTokenInput(Write):
    id: strawberry.ID = strawberry.field(description="A token of the viewer's own.")


@mutation(returns=ApiToken)
async def revoke_api_token(act: Any, input: RevokeApiTokenInput) -> Any:
    """End one of one's own tokens: it is refused within a second. For people signed in with a browser."""
    return await actions.revoke_token(act, token_id=id_of(input.id, "id", types=("ApiToken",)))
