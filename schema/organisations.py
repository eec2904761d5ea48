"""Member States, partners, and the bodies that they sit on."""

import uuid
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, Text, Uuid, and_, literal_column, or_, select, true

from hub import policy
from hub.organisations import models
from hub.organisations.models import GroupKind, MembershipRole, OrganisationKind
from hub.organisations.workflow import VettingState
from schema.allowed import PARTNER, PartnerAction, allowed_actions
from schema.base import Connection, Node, OrderDirection, among, over
from schema.compiler import ids
from schema.compiler.mapping import Condition, Context, Listing, expression
from schema.compiler.rows import Row
from schema.compiler.values import Value
from schema.search import checked

if TYPE_CHECKING:
    from schema.vetting import VettingApplication, VettingDecision

MEMBER_STATE = models.OrganisationKind.MEMBER_STATE.value

strawberry.enum(VettingState, description="How far the vetting of a partner has come.")
strawberry.enum(OrganisationKind, description="What an organisation is.")
strawberry.enum(GroupKind, description="What sort of body it is.")
strawberry.enum(MembershipRole, description="As what an organisation sits on a body.")


@strawberry.interface(description="A Member State or a partner. Records belong to it, never to an account.")
class Organisation(Node):
    kind: OrganisationKind
    name: str = strawberry.field(description="The official label.")
    short_name: str = strawberry.field(description="The everyday name.")
    iati_reference: str | None = strawberry.field(description="IATI organisation identifier.")
    memberships: list[Annotated["Membership", strawberry.lazy("schema.organisations")]] = strawberry.field(
        description="Its seats on the bodies of the Bali Process."
    )
    source: str | None = strawberry.field(description="Where the hub has this from.")
    source_on: date | None = strawberry.field(description="When the source was read.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@over(models.Organisation, variant=lambda at: at.kind == MEMBER_STATE)
@strawberry.type(description="A Member State of the Bali Process, under the label that the Process uses.")
class MemberState(Organisation):
    iso_code: str = strawberry.field(description="ISO 3166-1 alpha-2.")
    iso3_code: str | None = strawberry.field(description="ISO 3166-1 alpha-3.")
    m49_code: str | None = strawberry.field(description="UN M49, three digits.")


@over(models.Organisation, variant=lambda at: at.kind != MEMBER_STATE)
@strawberry.type(description="An international organisation, observer, or other partner.")
class Partner(Organisation):
    iso_code: str | None = strawberry.field(description="ISO 3166-1 alpha-2, where the partner is a state.")
    vetting_state: VettingState | None = strawberry.field(
        description="Null where vetting does not apply, as for member organisations."
    )
    vetting_applications: list[Annotated["VettingApplication", strawberry.lazy("schema.vetting")]] = (
        strawberry.field(description="Its applications that the viewer may see, the oldest first.")
    )
    vetting_decisions: list[Annotated["VettingDecision", strawberry.lazy("schema.vetting")]] = (
        strawberry.field(
            description="What it was told in the course of its vetting: for its focal points and the office."
        )
    )
    allowed_actions: list[PartnerAction] = expression(
        allowed_actions(PARTNER), "What the viewer can do with the partner now."
    )
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")


@over(models.WorkingGroup)
@strawberry.type(description="A working group, governance body, task force or forum of the Bali Process.")
class WorkingGroup(Node):
    code: str = strawberry.field(description="Stable, such as TRAFFICKING_IN_PERSONS.")
    name: str
    kind: GroupKind
    established_year: int | None
    memberships: list[Annotated["Membership", strawberry.lazy("schema.organisations")]]
    source: str = strawberry.field(description="Where the hub has this from.")
    source_on: date = strawberry.field(description="When the source was read.")


@over(models.Membership)
@strawberry.type(description="An organisation's seat on a body.")
class Membership(Node):
    organisation: Organisation | None
    working_group: WorkingGroup | None
    role: MembershipRole
    starts_on: date | None = strawberry.field(description="Null where the source does not say.")
    ends_on: date | None = strawberry.field(
        description="Null while it lasts, or where the source does not say."
    )
    source: str = strawberry.field(description="Where the hub has this from.")
    source_on: date = strawberry.field(description="When the source was read.")


@strawberry.enum(description="What organisations are ordered by.")
class OrganisationOrderField(StrEnum):
    NAME = "name"
    SHORT_NAME = "short_name"


@strawberry.input(description="In which order organisations are listed.")
class OrganisationOrder:
    field: OrganisationOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which organisations.")
class OrganisationFilter:
    kind: list[OrganisationKind] | None = strawberry.field(default=None, description="Any of these.")
    vetting_state: list[VettingState] | None = strawberry.field(default=None, description="Any of these.")
    iso_code: list[str] | None = strawberry.field(
        default=None, description="Any of these ISO 3166-1 alpha-2 codes."
    )
    working_group: strawberry.ID | None = strawberry.field(default=None, description="Those that sit on it.")
    search: str | None = strawberry.field(default=None, description="A part of either name.")


def of_organisation(column: str, name: str = "organisation") -> Condition:
    """A filter by the organisation whose key the column holds."""

    def condition(row: Row, value: Value, context: Context) -> ColumnElement[bool]:
        key = organisation_key(value, name)
        return and_(row.column(column) == key, in_sight(key, context))

    return condition


def organisation_key(value: Value, name: str = "organisation") -> ColumnElement[uuid.UUID]:
    """The key of an organisation that a filter names."""
    return value.sql(Uuid(), ids.reader("filter", name, types=("MemberState", "Partner")))


def in_sight(key: ColumnElement[uuid.UUID], context: Context) -> ColumnElement[bool]:
    """That the viewer sees the organisation: a filter would else tell what belongs to a hidden one."""
    named = Row(models.Organisation, "named")
    seen = policy.visible(models.Organisation, context.actor, named)
    if seen is None:
        return true()
    one: ColumnElement[int] = literal_column("1")
    return select(one).select_from(named.table).where(named.column("id") == key, seen).exists()


def _contains(row: Row, words: Value, _: Context) -> ColumnElement[bool]:
    pattern = words.sql(Text(), _pattern)
    return or_(row.column("name").ilike(pattern), row.column("short_name").ilike(pattern))


def _pattern(words: str) -> str:
    return "%" + checked(words).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_") + "%"


def _sits_on(row: Row, value: Value, _: Context) -> ColumnElement[bool]:
    group = value.sql(Uuid(), ids.reader("filter", "workingGroup", types=("WorkingGroup",)))
    sitting = models.Membership.__table__.alias("sitting")
    return row.column("id").in_(select(sitting.c.organisation_id).where(sitting.c.working_group_id == group))


ORGANISATIONS = Listing(
    model=models.Organisation,
    filter=OrganisationFilter,
    conditions={
        "kind": among("kind"),
        "vettingState": among("vetting_state"),
        "isoCode": among("iso_code"),
        "workingGroup": _sits_on,
        "search": _contains,
    },
    order=OrganisationOrder,
    default=("name", False),
)


@strawberry.enum(description="What working groups are ordered by.")
class WorkingGroupOrderField(StrEnum):
    NAME = "name"
    CODE = "code"


@strawberry.input(description="In which order working groups are listed.")
class WorkingGroupOrder:
    field: WorkingGroupOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which working groups.")
class WorkingGroupFilter:
    kind: list[GroupKind] | None = strawberry.field(default=None, description="Any of these.")


WORKING_GROUPS = Listing(
    model=models.WorkingGroup,
    filter=WorkingGroupFilter,
    conditions={"kind": among("kind")},
    order=WorkingGroupOrder,
    default=("name", False),
)

MemberStateConnection = Connection[MemberState]
PartnerConnection = Connection[Partner]
WorkingGroupConnection = Connection[WorkingGroup]
