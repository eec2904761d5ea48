"""What the whole contract shares: nodes, connections, money, and the errors of mutations."""

import dataclasses
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

import strawberry
from sqlalchemy import ARRAY, Integer, Text, func

from hub import errors
from schema.compiler.mapping import Condition, over
from schema.compiler.values import texts_of

__all__ = [
    "Conflict",
    "Connection",
    "Edge",
    "InputProblem",
    "InvalidInput",
    "Money",
    "MoneyInput",
    "Node",
    "NotAllowed",
    "NotFound",
    "OrderDirection",
    "PageInfo",
    "UserError",
    "among",
    "equals",
    "over",
    "user_error",
]

T = TypeVar("T")


@strawberry.interface(description="An object with a global id, to be fetched again by `node(id:)`.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque; the same for as long as the object exists.")


@strawberry.type(description="An amount in one currency. Amounts of different currencies are never added.")
class Money:
    amount: Decimal = strawberry.field(description="Exact, with the digits that the currency has (ISO 4217).")
    currency: str = strawberry.field(description="ISO 4217 code, such as AUD.")


@strawberry.input(description="An amount in one currency.")
class MoneyInput:
    amount: Decimal = strawberry.field(
        description='Greater than zero, with at most the digits that the currency has; as text, "1250000.00".'
    )
    currency: str = strawberry.field(description="ISO 4217 code, such as AUD.")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows come before this page.")
    start_cursor: str | None = strawberry.field(description="For `before`; null where the page is empty.")
    end_cursor: str | None = strawberry.field(description="For `after`; null where the page is empty.")


@strawberry.type(description="A row with its place in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Opaque; for `after` or `before` of the same list and order.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of this page with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands in the list.")
    total_count: int = strawberry.field(description="How many rows the viewer may see under the filter.")


@strawberry.enum(description="The direction of an order.")
class OrderDirection(StrEnum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.interface(description="Why a mutation did not do what was asked.")
class UserError:
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For people: what is wrong and what to do.")


@strawberry.type(description="One thing wrong with an input.")
class InputProblem:
    path: list[str] = strawberry.field(description="Where, from the input down.")
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="What to do about it.")


@strawberry.type(description="The input cannot be used as it is; nothing was written.")
class InvalidInput(UserError):
    problems: list[InputProblem] = strawberry.field(description="Every problem found, not only the first.")


@strawberry.type(description="The viewer sees the object but may not do this to it.")
class NotAllowed(UserError):
    pass


@strawberry.type(
    description="There is no such object, or it is not the viewer's to see: the answer is the same."
)
class NotFound(UserError):
    pass


@strawberry.type(description="The object changed meanwhile, or is in another state; reload it.")
class Conflict(UserError):
    pass


def user_error(error: errors.HubError) -> UserError:
    """The error as the contract states it."""
    match error:
        case errors.InvalidInput(problems=problems):
            listed = [InputProblem(**(dataclasses.asdict(p) | {"path": list(p.path)})) for p in problems]
            return InvalidInput(code=error.code, message=error.message, problems=listed)
        case errors.NotAllowed():
            return NotAllowed(code=error.code, message=error.message)
        case errors.NotFound():
            return NotFound(code=error.code, message=error.message)
        case errors.Conflict():
            return Conflict(code=error.code, message=error.message)
    raise error


def among(column: str) -> Condition:
    """A filter by any of several values."""
    return lambda row, values, _: row.column(column) == func.any(values.sql(ARRAY(Text), texts_of))


def equals(column: str) -> Condition:
    """A filter by one number; it may be larger than the column's type holds, and then finds nothing."""
    return lambda row, value, _: row.column(column) == value.sql(Integer())
