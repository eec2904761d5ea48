"""Secondments to the RSO."""

from datetime import date
from enum import StrEnum
from typing import Any

import strawberry

from hub.identity.models import PractitionerGroup
from hub.secondments import actions, models
from hub.secondments.workflow import SecondeeKind, SecondmentState
from schema.base import Node, OrderDirection, among, over
from schema.compiler.mapping import Listing
from schema.contributions import Contribution
from schema.initiatives import Initiative
from schema.mutating import Write, mutation, optional_id
from schema.organisations import Organisation

strawberry.enum(SecondmentState, description="From the terms of reference to the evaluation.")
strawberry.enum(SecondeeKind, description="Who may be seconded.")


@over(models.Secondment)
@strawberry.type(description="An organisation lends a person to the RSO; the person is not named here.")
class Secondment(Node):
    reference: str = strawberry.field(description="For people, such as SEC-2026-0007.")
    state: SecondmentState
    title: str
    expertise: str
    secondee_kind: SecondeeKind
    practitioner_group: PractitionerGroup | None
    organisation: Organisation | None = strawberry.field(description="The home organisation.")
    initiative: Initiative | None
    contribution: Contribution | None = strawberry.field(description="The in-kind contribution that it is.")
    starts_on: date
    ends_on: date
    version: int = strawberry.field(description="Rises with each change.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@strawberry.enum(description="What secondments are ordered by.")
class SecondmentOrderField(StrEnum):
    STARTS_ON = "starts_on"
    REFERENCE = "reference"


@strawberry.input(description="In which order secondments are listed.")
class SecondmentOrder:
    field: SecondmentOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which secondments.")
class SecondmentFilter:
    state: list[SecondmentState] | None = strawberry.field(default=None, description="Any of these.")


SECONDMENTS = Listing(
    model=models.Secondment,
    filter=SecondmentFilter,
    conditions={"state": among("state")},
    order=SecondmentOrder,
    default=("starts_on", True),
)


@strawberry.input(description="Whom one's organisation would second, described without a name.")
class OfferSecondmentInput(Write):
    title: str
    expertise: str
    secondee_kind: SecondeeKind
    practitioner_group: PractitionerGroup | None = None
    initiative_id: strawberry.ID | None = None
    starts_on: date
    ends_on: date


@mutation(returns=Secondment)
async def offer_secondment(act: Any, input: OfferSecondmentInput) -> Any:
    """Offer to second an official, or a national, of one's own to the RSO."""
    return await actions.offer(
        act,
        title=input.title,
        expertise=input.expertise,
        secondee_kind=input.secondee_kind,
        practitioner_group=input.practitioner_group,
        initiative_id=optional_id(input.initiative_id, "initiativeId", types=("Initiative",)),
        starts_on=input.starts_on,
        ends_on=input.ends_on,
    )
