"""Money: a Decimal in one currency, with no more digits than the currency has (ISO 4217 minor units)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from hub.errors import Problem

LARGEST = Decimal(10) ** 15
"""Amounts from here on are taken for typing errors; no public budget of this field comes near."""


@cache
def minor_units() -> Mapping[str, int]:
    """ISO 4217 code -> digits after the decimal point, of every currency that amounts can be stated in."""
    text = files("hub.contributions").joinpath("reference", "currencies.csv").read_text("utf-8")
    rows = csv.DictReader(text.splitlines())
    return MappingProxyType({row["code"]: int(row["minor_unit"]) for row in rows})


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency, quantized to the currency's minor unit: `Money(Decimal("5.00"), "USD")`."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def _same(self, other: Money) -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} are never added")

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,f}"


def quantum(currency: str) -> Decimal:
    """The smallest amount of the currency: 0.01 for USD, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-minor_units()[currency])


def problems_of(amount: Decimal, currency: str, path: tuple[str, ...]) -> list[Problem]:
    """What is wrong with a positive amount that somebody typed; empty when it can be kept exactly."""
    digits = minor_units().get(currency)
    if digits is None:
        message = f"{currency[:12]!r} is not an ISO 4217 currency code in use; give one like AUD, IDR or USD"
        return [Problem((*path, "currency"), "UNKNOWN_CURRENCY", message)]
    where = (*path, "amount")
    if not amount.is_finite():
        return [Problem(where, "NOT_A_NUMBER", "give a number")]
    if amount <= 0:
        return [Problem(where, "NOT_POSITIVE", "give an amount greater than zero")]
    if amount >= LARGEST:
        return [Problem(where, "TOO_LARGE", f"give an amount below {LARGEST:,f}")]
    if amount != amount.quantize(quantum(currency)):
        return [
            Problem(where, "TOO_MANY_DIGITS", f"{currency} has {digits} digits after the point; round it")
        ]
    return []


def exact(amount: Decimal, currency: str) -> Money:
    """The amount with exactly its currency's digits; the caller has checked it with `problems_of`."""
    return Money(amount.quantize(quantum(currency)), currency)
