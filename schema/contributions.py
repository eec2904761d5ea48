"""Contributions, their transactions and allocations, and their summary."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, Integer, Select, Uuid, case, literal, true

from hub import policy
from hub.contributions import actions, models, views
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
from schema.base import Money, MoneyInput, Node, OrderDirection, among, equals, over
from schema.compiler import ids
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
from schema.compiler.values import Arguments, Value, text_of
from schema.mutating import Versioned, Write, id_of, mutation
from schema.organisations import Organisation, WorkingGroup
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
    provider: strawberry.ID | None = strawberry.field(default=None, description="From this organisation.")
    search: str | None = strawberry.field(
        default=None, description="Words of reference, title or description."
    )


def _provided_by(row: Row, value: Value) -> ColumnElement[bool]:
    key = value.sql(Uuid(), ids.reader("filter", "provider", types=("MemberState", "Partner")))
    return row.column("provider_id") == key


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
        "provider": _provided_by,
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
    "received stand side by side and are never to be added: a receipt is of what was committed before."
)
class ContributionGroup:
    year: int | None = strawberry.field(description="Null where not grouped by year.")
    kind: ContributionKind | None = strawberry.field(description="Null where not grouped by kind.")
    state: ContributionState | None = strawberry.field(description="Null where not grouped by state.")
    currency: str = strawberry.field(description="Always one: currencies are never summed.")
    provider: Organisation | None = one_by(
        OrganisationModel, "provider_id", "Null where not grouped by provider, or it is not known or seen."
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
    contribution, initiative = Row(models.Contribution, "c"), Row(InitiativeModel, "i")
    seen = policy.visible(models.Contribution, context.actor, contribution)
    filters = arguments["filter"].parts() if "filter" in arguments else {}
    rows = [CONTRIBUTIONS.conditions[name](contribution, value) for name, value in filters.items()]
    initiative_seen = policy.visible(InitiativeModel, context.actor, initiative)
    return views.summary(
        [views.Dimension(text_of(dimension)) for dimension in dimensions],
        contribution,
        initiative,
        rows=rows if seen is None else [seen, *rows],
        initiative_seen=true() if initiative_seen is None else initiative_seen,
        limit=limit,
    )


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


# -- mutations -----------------------------------------------------------------------------------------


@strawberry.input(description="A promise of one's own organisation.")
class PledgeContributionInput(Write):
    title: str = strawberry.field(description="Up to 200 characters.")
    description: str | None = None
    kind: ContributionKind
    earmarking: Earmarking | None = None
    amount: MoneyInput = strawberry.field(description="For goods or services, your estimate of their value.")
    year: int = strawberry.field(description="The year that it is for.")
    value_on: date = strawberry.field(description="The day of the pledge; not in the future.")


@mutation(returns=Contribution)
async def pledge_contribution(act: Any, input: PledgeContributionInput) -> Any:
    """Promise direct funding, or support in kind, for one's organisation."""
    return await actions.pledge(
        act,
        title=input.title,
        description=input.description,
        kind=input.kind,
        earmarking=input.earmarking,
        amount=input.amount.amount,
        currency=input.amount.currency,
        year=input.year,
        value_on=input.value_on,
    )


@strawberry.input(description="A further entry on a contribution.")
class CommitContributionInput(Versioned):
    amount: MoneyInput = strawberry.field(description="In the contribution's currency.")
    value_on: date = strawberry.field(description="The day of the entry; not in the future.")
    description: str | None = None


@mutation(returns=Contribution)
async def commit_contribution(act: Any, input: CommitContributionInput) -> Any:
    """Bind one's organisation to an amount. For its focal points."""
    return await actions.commit(
        act,
        contribution_id=_id(input.id),
        amount=input.amount.amount,
        currency=input.amount.currency,
        value_on=input.value_on,
        description=input.description,
        version=input.expected_version,
    )


@strawberry.input(description="What arrived.")
class RecordReceiptInput(CommitContributionInput):
    pass


@mutation(returns=Contribution)
async def record_receipt(act: Any, input: RecordReceiptInput) -> Any:
    """Record that money, goods or services arrived. For the RSO's staff."""
    return await actions.record_receipt(
        act,
        contribution_id=_id(input.id),
        amount=input.amount.amount,
        currency=input.amount.currency,
        value_on=input.value_on,
        description=input.description,
        version=input.expected_version,
    )


@strawberry.input(description="Which transaction was a mistake, and why. `id` is the transaction's.")
class ReverseTransactionInput(Versioned):
    reason: str


@mutation(returns=Contribution)
async def reverse_transaction(act: Any, input: ReverseTransactionInput) -> Any:
    """Undo a mistaken transaction by a reversing entry. For the RSO's staff."""
    key = id_of(input.id, "id", types=("ContributionTransaction",))
    return await actions.reverse(act, transaction_id=key, reason=input.reason, version=input.expected_version)


@strawberry.input(description="Which part of a contribution is for which initiative.")
class AllocateContributionInput(Versioned):
    initiative_id: strawberry.ID
    amount: MoneyInput = strawberry.field(description="In the contribution's currency; at most what is left.")


@mutation(returns=Contribution)
async def allocate_contribution(act: Any, input: AllocateContributionInput) -> Any:
    """Give a part of a contribution to an initiative. For staff and Co-Managers."""
    return await actions.allocate(
        act,
        contribution_id=_id(input.id),
        initiative_id=id_of(input.initiative_id, "initiativeId", types=("Initiative",)),
        amount=input.amount.amount,
        currency=input.amount.currency,
        version=input.expected_version,
    )


@strawberry.input(description="How the value of goods or services was found.")
class ValueContributionInput(Versioned):
    method: ValuationMethod
    evidence: str = strawberry.field(description="What the value rests on, such as an invoice's number.")


@mutation(returns=Contribution)
async def value_contribution(act: Any, input: ValueContributionInput) -> Any:
    """State how an in-kind contribution was valued. For staff; somebody else approves it."""
    return await actions.value(
        act,
        contribution_id=_id(input.id),
        method=input.method,
        evidence=input.evidence,
        version=input.expected_version,
    )


@strawberry.input(description="Which valuation to approve.")
class ApproveValuationInput(Versioned):
    pass


@mutation(returns=Contribution)
async def approve_valuation(act: Any, input: ApproveValuationInput) -> Any:
    """Approve a valuation that somebody else made. For staff and Co-Managers."""
    return await actions.approve_valuation(act, contribution_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which contribution to acknowledge.")
class AcknowledgeContributionInput(Versioned):
    pass


@mutation(returns=Contribution)
async def acknowledge_contribution(act: Any, input: AcknowledgeContributionInput) -> Any:
    """Thank for what was wholly received. For staff and Co-Managers."""
    return await actions.acknowledge(act, contribution_id=_id(input.id), version=input.expected_version)


@strawberry.input(description="Which contribution to cancel, and why.")
class CancelContributionInput(Versioned):
    reason: str


@mutation(returns=Contribution)
async def cancel_contribution(act: Any, input: CancelContributionInput) -> Any:
    """End a contribution of which nothing was received. For its focal points and the RSO's staff."""
    return await actions.cancel(
        act, contribution_id=_id(input.id), reason=input.reason, version=input.expected_version
    )


def _id(value: strawberry.ID) -> Any:
    return id_of(value, "id", types=("Contribution",))
