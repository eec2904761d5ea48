"""Contributions, their transactions and allocations, and their summary."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Integer, Select, case, literal, true

from hub import policy
from hub.contributions import models, views
from hub.contributions.views import Dimension as ContributionDimension
from hub.contributions.workflow import (
    ContributionKind,
    ContributionState,
    Earmarking,
    InKindState,
    TransactionType,
    ValuationMethod,
)
from hub.errors import InvalidInput, Problem
from hub.initiatives.models import Initiative as InitiativeModel
from hub.organisations.models import Organisation as OrganisationModel
from hub.organisations.models import WorkingGroup as WorkingGroupModel
from schema.allowed import CONTRIBUTION, ContributionAction, allowed_actions
from schema.base import Money, Node, OrderDirection, among, equals, over
from schema.compiler.mapping import (
    Context,
    Listing,
    argument,
    derived,
    expression,
    money,
    one_by,
)
from schema.compiler.rows import Row
from schema.compiler.values import Arguments, text_of
from schema.organisations import Organisation, WorkingGroup, of_organisation
from schema.search import found_by

if TYPE_CHECKING:
    from schema.initiatives import Initiative

LazyInitiative = Annotated["Initiative", strawberry.lazy("schema.initiatives")]

strawberry.enum(ContributionKind, description="What is given.")
strawberry.enum(ContributionState, description="How far it has come.")
strawberry.enum(InKindState, description="How far goods or services have come.")
strawberry.enum(Earmarking, description="Grand Bargain earmarking.")
strawberry.enum(
    TransactionType, description="IATI transaction types 13, 11 and 1; never added to each other."
)
strawberry.enum(ValuationMethod, description="How an in-kind contribution's value was found.")
strawberry.enum(
    ContributionDimension, name="ContributionDimension", description="What contributions are grouped by."
)


@over(models.ContributionTransaction)
@strawberry.type(description="One entry. It never changes; a mistake is mended by a reversing entry.")
class ContributionTransaction(Node):
    type: TransactionType
    amount: Money = money("amount", "currency", "Negative in a reversing entry.")
    value_on: date = strawberry.field(description="The day as of which the amount counts.")
    rate: Decimal | None = strawberry.field(description="Units of the currency for one US dollar, that day.")
    rate_source: str | None
    reporting_amount: Money | None = money(
        "reporting_amount", "reporting_currency", "Frozen at the value date; null where no rate was known."
    )
    description: str | None
    recorded_at: datetime
    import_line: int | None = strawberry.field(description="The line of the imported file.")


@over(models.Allocation)
@strawberry.type(description="A part of a contribution that is for one initiative.")
class Allocation(Node):
    amount: Money = money("amount", "currency", "In the contribution's currency.")
    allocated_at: datetime
    initiative: LazyInitiative | None = strawberry.field(description="Null where the viewer may not see it.")
    contribution: Annotated["Contribution", strawberry.lazy("schema.contributions")] | None


@strawberry.enum(description="What contributions are ordered by.")
class ContributionOrderField(StrEnum):
    RECORDED_ON = "recorded_on"
    YEAR = "year"
    REFERENCE = "reference"


@strawberry.input(description="In which order contributions are listed.")
class ContributionOrder:
    field: ContributionOrderField
    direction: OrderDirection = OrderDirection.ASC


@strawberry.input(description="Which contributions.")
class ContributionFilter:
    kind: list[ContributionKind] | None = strawberry.field(default=None, description="Any of these.")
    state: list[ContributionState] | None = strawberry.field(default=None, description="Any of these.")
    currency: list[str] | None = strawberry.field(default=None, description="Any of these ISO 4217 codes.")
    year: int | None = strawberry.field(default=None, description="The year that it is for.")
    provider: strawberry.ID | None = strawberry.field(
        default=None, description="From this organisation; none where the viewer may not see it."
    )
    search: str | None = strawberry.field(
        default=None, description="Words of reference, title or description."
    )


def _evidence(row: Row, context: Context) -> ColumnElement[Any]:
    own = policy.closely_visible(models.Contribution, context.actor, row)
    evidence = row.column("valuation_evidence")
    return evidence if own is None else case((own, evidence))


CONTRIBUTIONS = Listing(
    model=models.Contribution,
    filter=ContributionFilter,
    conditions={
        "kind": among("kind"),
        "state": among("state"),
        "currency": among("currency"),
        "year": equals("year"),
        "provider": of_organisation("provider_id", "provider"),
        "search": found_by("search_contributions"),
    },
    order=ContributionOrder,
    default=("recorded_on", True),
)


@over(models.Contribution)
@strawberry.type(description="Something that a provider gives: money, goods, services, or a person's time.")
class Contribution(Node):
    reference: str = strawberry.field(description="For people, such as CON-2026-0107.")
    title: str
    description: str | None
    kind: ContributionKind
    state: ContributionState = strawberry.field(description="Follows from the transactions.")
    in_kind_state: InKindState | None = strawberry.field(description="Null for direct funding.")
    earmarking: Earmarking | None = strawberry.field(description="Null where the source does not say.")
    provider: Organisation | None = strawberry.field(
        description="Null where the viewer may not see it, or the imported source names none."
    )
    receiver: Organisation | None = strawberry.field(
        description="Null for the RSO itself; in an imported contribution (with a `sourceName`), where the "
        "source states none. Null also where the viewer may not see it."
    )
    currency: str = strawberry.field(description="ISO 4217 code of every amount of this contribution.")
    year: int = strawberry.field(description="The year that it is for.")
    recorded_on: date
    pledged: Money = money("pledged", "currency", "The net sum of its pledges.")
    committed: Money = money("committed", "currency", "The net sum of its commitments.")
    received: Money = money("received", "currency", "The net sum of its receipts.")
    allocated: Money = money("allocated", "currency", "The sum of its allocations.")
    valuation_method: ValuationMethod | None
    valuation_evidence: str | None = expression(
        _evidence, "What the value rests on; not for the public, even where the contribution is published."
    )
    transactions: list[ContributionTransaction] = strawberry.field(description="In the order of recording.")
    allocations: list[Allocation]
    acknowledged_at: datetime | None
    is_published: bool = strawberry.field(description="Whether the public sees it.")
    source_name: str | None = strawberry.field(description="Whence it was imported.")
    source_reference: str | None = strawberry.field(description="The id that the source gives it.")
    source_updated_on: date | None = strawberry.field(
        description="The newest day on which the source says that it changed it."
    )
    allowed_actions: list[ContributionAction] = expression(
        allowed_actions(CONTRIBUTION), "What the viewer may do with it now."
    )
    version: int = strawberry.field(description="Rises with each change; for `expectedVersion`.")
    is_demonstration: bool = strawberry.field(description="True: invented, for the demonstration.")


@over(None)
@strawberry.type(
    description="Contributions of one currency that share what they are grouped by. Pledged, committed and "
    "received stand side by side and are never to be added: they are stages of the same money."
)
class ContributionGroup:
    year: int | None = strawberry.field(description="Null where not grouped by year.")
    kind: ContributionKind | None = strawberry.field(description="Null where not grouped by kind.")
    state: ContributionState | None = strawberry.field(description="Null where not grouped by state.")
    currency: str = strawberry.field(description="Always one: currencies are never summed.")
    provider: Organisation | None = one_by(
        OrganisationModel,
        "provider_id",
        "Null where not grouped by provider, and in the group of those not known or not seen.",
    )
    initiative: LazyInitiative | None = one_by(
        InitiativeModel,
        "initiative_id",
        "Null where not grouped by initiative, for what is allocated to none, or to one not seen.",
    )
    working_group: WorkingGroup | None = one_by(
        WorkingGroupModel, "working_group_id", "Null where not grouped by it, or the initiative has none."
    )
    contribution_count: int = strawberry.field(description="How many contributions.")
    pledged: Money | None = money("pledged", "currency", "Net pledges; null where divided among initiatives.")
    committed: Money | None = money("committed", "currency", "Net commitments; null where divided.")
    received: Money | None = money("received", "currency", "Net receipts; null where divided.")
    allocated: Money | None = money("allocated", "currency", "What is allocated to initiatives.")


MOST_GROUPS = 1000


def _groups(context: Context, arguments: Arguments) -> Select[Any]:
    first = arguments["first"].sql(Integer(), _number_of_groups)
    return _summary(context, arguments, arguments["groupBy"].concrete(), first)


def _totals(context: Context, arguments: Arguments) -> Select[Any]:
    return _summary(context, arguments, [], literal(MOST_GROUPS, Integer))


def _number_of_groups(first: int) -> int:
    if not 0 <= first <= MOST_GROUPS:
        message = f"{first} is not between 0 and {MOST_GROUPS}"
        raise InvalidInput([Problem(("first",), "OUT_OF_RANGE", message)])
    return first


def _summary(
    context: Context, arguments: Arguments, dimensions: list[Any], limit: ColumnElement[int]
) -> Select[Any]:
    filters = arguments["filter"].parts() if "filter" in arguments else {}

    def conditions(row: Row) -> list[ColumnElement[bool]]:
        return CONTRIBUTIONS.asked(row, filters, context)

    read = [FILTERED.get(name) for name in filters]
    return views.summary(
        [views.Dimension(text_of(dimension)) for dimension in dimensions],
        None if None in read else [name for name in read if name],
        conditions,
        _sources(context),
        limit=limit,
    )


FILTERED = {
    "kind": "kind",
    "state": "state",
    "currency": "currency",
    "year": "year",
    "provider": "provider_id",
}
"""The column that a filter reads; of a search there is none."""


def _sources(context: Context) -> views.Sources:
    contribution, rollup = Row(models.Contribution, "c"), Row(models.ContributionRollup, "r")
    initiative = Row(InitiativeModel, "i")
    rollup_seen = policy.visible(models.ContributionRollup, context.actor, rollup)
    own = policy.closely_visible(models.Contribution, context.actor, contribution)
    initiative_seen = policy.visible(InitiativeModel, context.actor, initiative)
    provider = Row(OrganisationModel, "o")
    return views.Sources(
        contribution=contribution,
        seen=_all_of(policy.visible(models.Contribution, context.actor, contribution)),
        rollup=rollup,
        rollup_seen=_all_of(rollup_seen),
        own=None if rollup_seen is None or context.actor.is_public else _all_of(own),
        initiative=initiative,
        initiative_seen=true() if initiative_seen is None else initiative_seen,
        provider=provider,
        provider_seen=policy.visible(OrganisationModel, context.actor, provider),
    )


def _all_of(condition: ColumnElement[bool] | None) -> list[ColumnElement[bool]]:
    return [] if condition is None else [condition]


@over(None)
@strawberry.type(description="Contributions that the viewer may see, counted and summed by group.")
class ContributionSummary:
    groups: list[ContributionGroup] = derived(
        _groups,
        [
            argument(
                "first",
                int,
                f"At most so many groups, those of most contributions first; up to {MOST_GROUPS}.",
                100,
            )
        ],
        "The groups, those of most contributions first.",
    )
    totals: list[ContributionGroup] = derived(
        _totals,
        description="The same contributions by currency alone: one total for each, never one for all.",
    )


SUMMARY_ARGUMENTS = [
    argument(
        "group_by", list[ContributionDimension], "What to group by; the currency always counts among it."
    ),
    argument("filter", ContributionFilter | None, "Which contributions; all conditions hold together."),
]
