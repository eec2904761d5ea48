"""What is done to contributions: one mutation an intention."""

from datetime import date
from typing import Any

import strawberry

from hub.contributions import actions
from hub.contributions.workflow import (
    ContributionKind,
    Earmarking,
    ValuationMethod,
)
from schema.base import MoneyInput
from schema.contributions import Contribution
from schema.mutating import Versioned, Write, id_of, mutation


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
