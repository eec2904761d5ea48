"""Invented exchange rates, month by month, and the amounts that follow from them."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random

from hub import money
from hub.contributions.models import ExchangeRate
from hub.demonstration.rows import ANCHOR, World, instant, stream

REPORTING = "USD"
SOURCE = "Demonstration rate, invented"
FIRST = date(2021, 12, 1)

STARTING = {
    "AUD": Decimal("1.5000"),
    "EUR": Decimal("0.9000"),
    "IDR": Decimal("16000.0000"),
    "JPY": Decimal("150.0000"),
    "KRW": Decimal("1350.0000"),
    "NZD": Decimal("1.6500"),
    "THB": Decimal("34.0000"),
}
"""Units for one US dollar from the first month on, in round numbers."""

_STEPS = {
    "IDR": Decimal(1_000_000),
    "JPY": Decimal(100_000),
    "KRW": Decimal(1_000_000),
    "THB": Decimal(10_000),
}


class Rates:
    """Currency -> its rates in order of their days."""

    def __init__(self) -> None:
        self._days: dict[str, list[date]] = {currency: [] for currency in STARTING}
        self._units: dict[str, list[Decimal]] = {currency: [] for currency in STARTING}

    def append(self, currency: str, day: date, units: Decimal) -> None:
        """Add a rate that is in effect from the day on."""
        self._days[currency].append(day)
        self._units[currency].append(units)

    def at(self, currency: str, day: date) -> Decimal:
        """Units for one US dollar: the newest rate in effect on the day."""
        if currency == REPORTING:
            return Decimal(1)
        return self._units[currency][bisect_right(self._days[currency], day) - 1]

    def source(self, currency: str) -> str:
        """Where the rate comes from, in the words that the hub itself uses."""
        return "same currency" if currency == REPORTING else SOURCE

    def in_dollars(self, amount: Decimal, currency: str, day: date) -> Decimal:
        """The amount in US dollars at the day's rate, in cents."""
        cent = money.quantum(REPORTING)
        return (amount / self.at(currency, day)).quantize(cent, rounding=ROUND_HALF_EVEN)

    def round_amount(self, dollars: Decimal, currency: str, day: date) -> Decimal:
        """About so many dollars in the currency, rounded down as people round budgets; 0 for very little."""
        step = _STEPS.get(currency, Decimal(500))
        steps = dollars * self.at(currency, day) // step
        return money.exact(steps * step, currency).amount


def add(world: World) -> Rates:
    """Add a rate for each month and currency; each month moves by two per cent at most."""
    rates = Rates()
    chance = stream("rates")
    for currency, starting in STARTING.items():
        units, day = starting, FIRST
        while day <= ANCHOR:
            rates.append(currency, day, units)
            world.rows.add(
                ExchangeRate,
                instant(day),
                currency=currency,
                effective_on=day,
                units_per_usd=units,
                source=SOURCE,
            )
            units, day = _moved(units, starting, chance), (day + timedelta(days=31)).replace(day=1)
    return rates


def _moved(units: Decimal, starting: Decimal, chance: Random) -> Decimal:
    """Next month's rate, drawn back gently to where it started."""
    drift = Decimal(chance.randint(-200, 200)) / 10_000
    back = (starting - units) / 10
    return (units * (1 + drift) + back).quantize(Decimal("0.0001"))
