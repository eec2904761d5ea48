"""Which sums of contributions are kept beside them, so that a dashboard need not read them all."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Grain(StrEnum):
    """How finely a kept sum tells contributions apart, besides by currency and publication."""

    CURRENCY = "CURRENCY"
    TRAITS = "TRAITS"
    PROVIDER = "PROVIDER"
    PROVIDER_YEAR = "PROVIDER_YEAR"


COLUMNS: dict[Grain, frozenset[str]] = {
    Grain.CURRENCY: frozenset({"currency"}),
    Grain.TRAITS: frozenset({"currency", "year", "kind", "state"}),
    Grain.PROVIDER: frozenset({"currency", "provider_id"}),
    Grain.PROVIDER_YEAR: frozenset({"currency", "provider_id", "year"}),
}
"""The columns of each grain's key, the coarsest grain first. `security.sql` groups by the same."""


def grain_with(columns: Collection[str]) -> Grain | None:
    """The coarsest grain that tells contributions apart by all the columns; None where no sums are kept."""
    return next((grain for grain, own in COLUMNS.items() if own.issuperset(columns)), None)
