"""People as the contract shows them."""

import strawberry
from sqlalchemy import ARRAY, Text, func, literal

from hub.identity import models
from hub.identity.actor import Role
from hub.identity.models import PractitionerGroup
from schema.allowed import ViewerAction, beginnings
from schema.base import Node, over
from schema.compiler.mapping import expression, one_by
from schema.organisations import Organisation

strawberry.enum(
    PractitionerGroup, description="The practitioners whose suggestions the RSO particularly welcomes."
)
strawberry.enum(Role, description="What a person may be, besides a member of the public.")


@over(models.Person)
@strawberry.type(description="Somebody who acts for an organisation.")
class Person(Node):
    name: str
    organisation: Organisation | None = strawberry.field(description="For which he or she acts.")
    practitioner_group: PractitionerGroup | None
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


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
