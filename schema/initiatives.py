"""The Annual Work Plan."""

import uuid
from datetime import date
from enum import StrEnum

import strawberry
from sqlalchemy import ColumnElement, Uuid, and_, select

from hub.act import Act
from hub.initiatives import actions, models
from hub.initiatives.models import GenderMarker, InitiativeKind, InitiativeState, ParticipationRole, Scope
from schema.base import Connection, Money, Node, OrderDirection, among, equals, over
from schema.compiler import ids
from schema.compiler.mapping import Context, Listing, connection, money
from schema.compiler.rows import Row
from schema.compiler.values import Value
from schema.contributions import CONTRIBUTIONS, Allocation, Contribution
from schema.mutating import Versioned, id_of, mutation
from schema.organisations import Organisation, WorkingGroup, in_sight, organisation_key
from schema.search import found_by

strawberry.enum(InitiativeKind, description="What an initiative makes or holds.")
strawberry.enum(InitiativeState, description="IATI activity status 1 to 6.")
strawberry.enum(Scope, description="How many states it is for.")
strawberry.enum(GenderMarker, description="IATI policy marker 1; NOT_SCREENED where nobody has examined it.")
strawberry.enum(ParticipationRole, description="IATI organisation role 1 to 4.")


@over(models.CorePurpose)
@strawberry.type(description="One of the four purposes that the RSO states for its work.")
class CorePurpose(Node):
    number: int
    title: str
    text: str = strawberry.field(description="In the RSO's own words.")
    source: str = strawberry.field(description="Where the hub has this from.")


@over(models.GuidingPrinciple)
@strawberry.type(description="One of the four principles that guide the RSO's work.")
class GuidingPrinciple(Node):
    number: int
    title: str
    text: str = strawberry.field(description="In the RSO's own words.")
    source: str = strawberry.field(description="Where the hub has this from.")


@over(models.InitiativeParticipant)
@strawberry.type(description="An organisation's part in an initiative.")
class InitiativeParticipant(Node):
    organisation: Organisation | None
    role: ParticipationRole


@strawberry.enum(description="What initiatives are ordered by.")
class InitiativeOrderField(StrEnum):
    STARTS_ON = "starts_on"
    TITLE = "title"
    REFERENCE = "reference"
    WORK_PLAN_YEAR = "work_plan_year"


@strawberry.input(description="In which order initiatives are listed.")
class InitiativeOrder:
    field: InitiativeOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which initiatives.")
class InitiativeFilter:
    kind: list[InitiativeKind] | None = strawberry.field(default=None, description="Any of these.")
    state: list[InitiativeState] | None = strawberry.field(default=None, description="Any of these.")
    scope: list[Scope] | None = strawberry.field(default=None, description="Any of these.")
    work_plan_year: int | None = strawberry.field(default=None, description="The year of the work plan.")
    working_group: strawberry.ID | None = strawberry.field(default=None, description="Under this body.")
    organisation: strawberry.ID | None = strawberry.field(
        default=None, description="With this participant; none where the viewer may not see it."
    )
    search: str | None = strawberry.field(default=None, description="Words of reference, title or summary.")


def _participates(row: Row, value: Value, context: Context) -> ColumnElement[bool]:
    key = organisation_key(value)
    taking_part = models.InitiativeParticipant.__table__.alias("taking_part")
    led_to = select(taking_part.c.initiative_id).where(taking_part.c.organisation_id == key)
    return and_(row.column("id").in_(led_to), in_sight(key, context))


def _under(row: Row, value: Value, _: Context) -> ColumnElement[bool]:
    key = ids.reader("filter", "workingGroup", types=("WorkingGroup",))
    return row.column("working_group_id") == value.sql(Uuid(), key)


INITIATIVES = Listing(
    model=models.Initiative,
    filter=InitiativeFilter,
    conditions={
        "kind": among("kind"),
        "state": among("state"),
        "scope": among("scope"),
        "workPlanYear": equals("work_plan_year"),
        "workingGroup": _under,
        "organisation": _participates,
        "search": found_by("search_initiatives"),
    },
    order=InitiativeOrder,
    default=("starts_on", True),
)


@over(models.Initiative)
@strawberry.type(description="One line of the work plan.")
class Initiative(Node):
    reference: str = strawberry.field(description="For people, such as RSO-2026-014.")
    title: str
    summary: str
    kind: InitiativeKind
    state: InitiativeState
    scope: Scope
    gender_marker: GenderMarker
    work_plan_year: int
    starts_on: date
    ends_on: date
    budget: Money | None = money("budget_amount", "budget_currency", "The whole budget, where one is stated.")
    working_group: WorkingGroup | None
    lead_organisation: Organisation | None
    participants: list[InitiativeParticipant]
    core_purposes: list[CorePurpose]
    guiding_principles: list[GuidingPrinciple]
    contributions: Connection[Contribution] = connection(
        CONTRIBUTIONS, "contributions", description="Contributions of which a part is allocated to it."
    )
    allocations: list[Allocation] = strawberry.field(
        description="What is allocated to it, of contributions that the viewer may see."
    )
    is_published: bool = strawberry.field(description="Whether the public sees it.")
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@strawberry.input(description="Which initiative to publish.")
class PublishInitiativeInput(Versioned):
    pass


@mutation(returns=Initiative)
async def publish_initiative(act: Act, input: PublishInitiativeInput) -> models.Initiative:
    """Let the public see the initiative. For the RSO's staff."""
    return await actions.publish(act, initiative_id=_id(input.id), version=input.expected_version)


def _id(value: strawberry.ID) -> uuid.UUID:
    return id_of(value, "id", types=("Initiative",))
