"""Expressions of interest."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import strawberry

from hub.engagement import actions, models
from hub.engagement.actions import Answer as InterestAnswer
from hub.engagement.models import Interest, InterestState
from schema.base import Node, OrderDirection, among, over
from schema.compiler.mapping import Listing
from schema.initiatives import Initiative
from schema.mutating import Versioned, Write, id_of, mutation, optional_id
from schema.organisations import Organisation

strawberry.enum(Interest, description="What the organisation would like to do.")
strawberry.enum(InterestState, description="What became of it.")
strawberry.enum(InterestAnswer, name="InterestAnswer", description="What the RSO answers.")


@over(models.ExpressionOfInterest)
@strawberry.type(description="An organisation's interest in an existing initiative, or in a new one.")
class ExpressionOfInterest(Node):
    reference: str = strawberry.field(description="For people, such as EOI-2026-0012.")
    interest: Interest
    state: InterestState
    organisation: Organisation | None
    initiative: Initiative | None = strawberry.field(description="Null for a new one.")
    new_initiative_title: str | None = strawberry.field(description="Null for an existing one.")
    message: str
    answer: str | None
    created_at: datetime
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@strawberry.enum(description="What expressions of interest are ordered by.")
class ExpressionOfInterestOrderField(StrEnum):
    CREATED_AT = "created_at"
    REFERENCE = "reference"


@strawberry.input(description="In which order expressions of interest are listed.")
class ExpressionOfInterestOrder:
    field: ExpressionOfInterestOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which expressions of interest.")
class ExpressionOfInterestFilter:
    interest: list[Interest] | None = strawberry.field(default=None, description="Any of these.")
    state: list[InterestState] | None = strawberry.field(default=None, description="Any of these.")


EXPRESSIONS_OF_INTEREST = Listing(
    model=models.ExpressionOfInterest,
    filter=ExpressionOfInterestFilter,
    conditions={"interest": among("interest"), "state": among("state")},
    order=ExpressionOfInterestOrder,
    default=("created_at", True),
)


@strawberry.input(description="In what one's organisation is interested: an initiative, or a new one.")
class ExpressInterestInput(Write):
    interest: Interest
    initiative_id: strawberry.ID | None = strawberry.field(
        default=None, description="An existing initiative."
    )
    new_initiative_title: str | None = strawberry.field(default=None, description="Or a new one.")
    message: str


@mutation(returns=ExpressionOfInterest)
async def express_interest(act: Any, input: ExpressInterestInput) -> Any:
    """Tell the RSO that one's organisation would like to collaborate, fund, support in kind, or second. Not
    for a partner that was rejected or is suspended."""
    return await actions.express(
        act,
        interest=input.interest,
        initiative_id=optional_id(input.initiative_id, "initiativeId", types=("Initiative",)),
        new_initiative_title=input.new_initiative_title,
        message=input.message,
    )


@strawberry.input(description="The RSO's answer.")
class AnswerInterestInput(Versioned):
    state: InterestAnswer
    answer: str


@mutation(returns=ExpressionOfInterest)
async def answer_interest(act: Any, input: AnswerInterestInput) -> Any:
    """Answer an expression of interest. For staff and Co-Managers."""
    return await actions.answer(
        act, expression_id=_id(input.id), state=input.state, text=input.answer, version=input.expected_version
    )


@strawberry.input(description="Which expression of interest to withdraw.")
class WithdrawInterestInput(Versioned):
    pass


@mutation(returns=ExpressionOfInterest)
async def withdraw_interest(act: Any, input: WithdrawInterestInput) -> Any:
    """Take an expression of interest back. For the organisation that expressed it."""
    return await actions.withdraw(act, expression_id=_id(input.id), version=input.expected_version)


def _id(value: strawberry.ID) -> Any:
    return id_of(value, "id", types=("ExpressionOfInterest",))
