"""How a contribution's state follows from its transactions and milestones. Pure: no database, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hub.money import exact


class ContributionKind(StrEnum):
    """What is given."""

    DIRECT_FUNDING = "DIRECT_FUNDING"
    IN_KIND = "IN_KIND"
    SECONDMENT = "SECONDMENT"


class Earmarking(StrEnum):
    """Grand Bargain earmarking: IATI aid-type vocabulary 2, codes 4 to 1 in that order."""

    UNEARMARKED = "UNEARMARKED"
    SOFTLY_EARMARKED = "SOFTLY_EARMARKED"
    EARMARKED = "EARMARKED"
    TIGHTLY_EARMARKED = "TIGHTLY_EARMARKED"


class TransactionType(StrEnum):
    """IATI transaction types 13, 11 and 1; never added to each other."""

    PLEDGE = "PLEDGE"
    COMMITMENT = "COMMITMENT"
    RECEIPT = "RECEIPT"


class ContributionState(StrEnum):
    """How far the money has come."""

    PLEDGED = "PLEDGED"
    COMMITTED = "COMMITTED"
    PARTLY_RECEIVED = "PARTLY_RECEIVED"
    RECEIVED = "RECEIVED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class InKindState(StrEnum):
    """How far goods or services have come."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    VALUED = "VALUED"
    DELIVERED = "DELIVERED"
    CONFIRMED = "CONFIRMED"


class ValuationMethod(StrEnum):
    """How an in-kind contribution's value was found."""

    MARKET_PRICE = "MARKET_PRICE"
    INVOICE = "INVOICE"
    STANDARD_RATE = "STANDARD_RATE"
    PROVIDER_ESTIMATE = "PROVIDER_ESTIMATE"


class Closure(StrEnum):
    """How a contribution ended before it was wholly received."""

    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The net sums of a contribution's transactions, one a type, in its own currency."""

    pledged: Decimal = Decimal(0)
    committed: Decimal = Decimal(0)
    received: Decimal = Decimal(0)

    def plus(self, transaction: TransactionType, amount: Decimal) -> Totals:
        """The sums after one more transaction; a reversing entry is negative."""
        match transaction:
            case TransactionType.PLEDGE:
                return Totals(pledged=self.pledged + amount, committed=self.committed, received=self.received)
            case TransactionType.COMMITMENT:
                return Totals(pledged=self.pledged, committed=self.committed + amount, received=self.received)
            case TransactionType.RECEIPT:
                return Totals(pledged=self.pledged, committed=self.committed, received=self.received + amount)

    def stated_in(self, currency: str) -> Totals:
        """The same sums with exactly the currency's digits, zeros among them."""
        return Totals(
            pledged=exact(self.pledged, currency).amount,
            committed=exact(self.committed, currency).amount,
            received=exact(self.received, currency).amount,
        )

    @property
    def allocatable(self) -> Decimal:
        """What may be divided among initiatives: what is committed, or received where that is more."""
        return max(self.committed, self.received)


def state_of(
    totals: Totals, *, is_acknowledged: bool = False, closure: Closure | None = None
) -> ContributionState:
    """The state that follows. A receipt is measured against the commitment, else against the pledge."""
    if closure is not None:
        return ContributionState(closure.value)
    if is_acknowledged:
        return ContributionState.ACKNOWLEDGED
    if totals.received > 0:
        promised = totals.committed or totals.pledged
        whole = totals.received >= promised
        return ContributionState.RECEIVED if whole else ContributionState.PARTLY_RECEIVED
    return ContributionState.COMMITTED if totals.committed > 0 else ContributionState.PLEDGED


def in_kind_state_of(totals: Totals, *, is_valued: bool, is_acknowledged: bool) -> InKindState:
    """The in-kind state that follows from the same facts, plus an approved valuation."""
    if is_acknowledged:
        return InKindState.CONFIRMED
    if totals.received > 0:
        return InKindState.DELIVERED
    if is_valued:
        return InKindState.VALUED
    return InKindState.ACCEPTED if totals.committed > 0 else InKindState.OFFERED
