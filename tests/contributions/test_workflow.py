"""States of contributions follow from their transactions; money keeps its digits and its currency."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import money
from hub.contributions.workflow import (
    Closure,
    ContributionState,
    InKindState,
    Totals,
    TransactionType,
    in_kind_state_of,
    state_of,
)
from hub.money import Money

STATES = [
    (Totals(pledged=Decimal(5)), ContributionState.PLEDGED),
    (Totals(pledged=Decimal(5), committed=Decimal(5)), ContributionState.COMMITTED),
    (Totals(committed=Decimal(5), received=Decimal(4)), ContributionState.PARTLY_RECEIVED),
    (Totals(committed=Decimal(5), received=Decimal(5)), ContributionState.RECEIVED),
    (Totals(pledged=Decimal(9), committed=Decimal(5), received=Decimal(5)), ContributionState.RECEIVED),
    (Totals(pledged=Decimal(9), received=Decimal(5)), ContributionState.PARTLY_RECEIVED),
    (Totals(received=Decimal(5)), ContributionState.RECEIVED),
]


@pytest.mark.parametrize(("totals", "state"), STATES)
def test_the_state_follows_from_the_sums(totals: Totals, state: ContributionState) -> None:
    assert state_of(totals) is state
    assert state_of(totals, is_acknowledged=True) is ContributionState.ACKNOWLEDGED
    assert state_of(totals, closure=Closure.EXPIRED) is ContributionState.EXPIRED


def test_in_kind_support_goes_from_offer_to_confirmation() -> None:
    offered = Totals(pledged=Decimal(5))
    accepted = offered.plus(TransactionType.COMMITMENT, Decimal(5))
    delivered = accepted.plus(TransactionType.RECEIPT, Decimal(5))
    found = [
        in_kind_state_of(offered, is_valued=False, is_acknowledged=False),
        in_kind_state_of(accepted, is_valued=False, is_acknowledged=False),
        in_kind_state_of(accepted, is_valued=True, is_acknowledged=False),
        in_kind_state_of(delivered, is_valued=True, is_acknowledged=False),
        in_kind_state_of(delivered, is_valued=True, is_acknowledged=True),
    ]
    assert found == list(InKindState)


entries = st.lists(st.tuples(st.sampled_from(TransactionType), st.decimals(-1000, 1000, places=2)))


@given(entries)
def test_each_type_is_summed_by_itself(given_entries: list[tuple[TransactionType, Decimal]]) -> None:
    totals = Totals()
    for type, amount in given_entries:
        totals = totals.plus(type, amount)
    for type, found in (
        (TransactionType.PLEDGE, totals.pledged),
        (TransactionType.COMMITMENT, totals.committed),
        (TransactionType.RECEIPT, totals.received),
    ):
        assert found == sum((a for t, a in given_entries if t is type), Decimal(0))
    assert totals.allocatable == max(totals.committed, totals.received)


@pytest.mark.parametrize(("currency", "zero"), [("USD", "0.00"), ("JPY", "0"), ("KWD", "0.000")])
def test_sums_have_exactly_the_currencys_digits(currency: str, zero: str) -> None:
    assert str(Totals().stated_in(currency).received) == zero


def test_currencies_are_never_added() -> None:
    with pytest.raises(ValueError, match="never added"):
        Money(Decimal(1), "AUD") + Money(Decimal(1), "USD")


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal(10) ** 14, places=2))
def test_an_amount_that_fits_is_kept_exactly(amount: Decimal) -> None:
    assert money.problems_of(amount, "AUD", ("amount",)) == []
    assert money.exact(amount, "AUD").amount == amount


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_amount_is_kept_exactly_or_refused(amount: Decimal) -> None:
    if not money.problems_of(amount, "JPY", ("amount",)):
        assert money.exact(amount, "JPY").amount == amount > 0
