"""Everything that can be done to a contribution, one function an intention."""

from hub.contributions.actions.handling import (
    acknowledge,
    allocate,
    approve_valuation,
    cancel,
    value,
)
from hub.contributions.actions.ledger import commit, pledge, record_receipt, reverse

__all__ = [
    "acknowledge",
    "allocate",
    "approve_valuation",
    "cancel",
    "commit",
    "pledge",
    "record_receipt",
    "reverse",
    "value",
]
