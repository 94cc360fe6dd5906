"""Random changes of every shape: what is held, what is wanted, when, with which tax and which balance."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from licensing.pricing import Estimate, Held, estimate
from licensing.terms import PriceTerms
from tests.sums.oracle import STEPS, Sum, one_interval_on, sum_of

# The least and the most that one seat costs by the month, in minor units.
PRICES = {"USD": (99, 25_000), "EUR": (99, 25_000), "JPY": (80, 40_000), "KWD": (300, 90_000)}
TAXES = ["", "0", "7.7", "8.875", "10", "19", "20", "21", "25.5"]
FROM, UNTIL = datetime(2023, 1, 1, tzinfo=UTC), datetime(2033, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Case:
    """One change to estimate. `credit` is what we owe the customer, below zero what they owe us."""

    held: Held | None
    price: PriceTerms
    seats: int
    at: datetime
    tax_percent: str
    credit: int

    def estimated(self) -> Estimate:
        return estimate(
            held=self.held,
            price=self.price,
            seats=self.seats,
            at=self.at,
            tax_percent=self.tax_percent,
            credit=self.credit,
        )

    def reckoned(self) -> Sum:
        held = self.held
        return sum_of(
            currency=self.price.currency,
            old=held
            and (
                held.price.unit_amount * (held.seats if held.price.per_seat else 1),
                held.price.interval,
                int(held.period_start.timestamp()),
                int(held.period_end.timestamp()),
            ),
            new=(
                self.price.unit_amount * (self.seats if self.price.per_seat else 1),
                self.price.interval,
            ),
            at=int(self.at.timestamp()),
            percent=self.tax_percent,
            balance=-self.credit,
            same=held is not None and (held.price.id, held.seats) == (self.price.id, self.seats),
        )


def a_case(rng: random.Random) -> Case:
    """Upgrade or downgrade, more seats or fewer, another interval, a first purchase, or no change at all."""
    currency = rng.choice(list(PRICES))
    seats = rng.choice([1, 2, 3, rng.randint(1, 40), rng.randint(1, 2_000)])
    price = _price(rng, currency, id=2)
    if rng.random() < 0.15:
        held, at = None, FROM + timedelta(seconds=rng.randrange(int((UNTIL - FROM).total_seconds())))
    else:
        held = _held(rng, currency)
        kind = rng.random()
        if kind < 0.25:
            price = held.price  # other seats, or none other
            seats = rng.choice([held.seats, held.seats + 1, max(1, held.seats - 1), seats])
        at = _instant(rng, held)
    whole = price.amount(seats)
    return Case(
        held=held,
        price=price,
        seats=seats,
        at=at + timedelta(microseconds=rng.choice([0, 0, 1, 999_999])),
        tax_percent=rng.choice(TAXES),
        credit=rng.choice([0, 0, whole, -rng.randint(1, 500), rng.randint(-whole, 2 * whole), whole - 20]),
    )


def _price(rng: random.Random, currency: str, *, id: int) -> PriceTerms:
    interval = rng.choice(["month", "month", "year"])
    least, most = PRICES[currency]
    times = 10 if interval == "year" else 1
    step = STEPS.get(currency, 1)
    amount = rng.randint(least * times, most * times) // step * step
    return PriceTerms(id, currency, interval, amount, rng.random() < 0.7, f"price-{id}")


def _held(rng: random.Random, currency: str) -> Held:
    price = _price(rng, currency, id=1)
    start = FROM + timedelta(seconds=rng.randrange(int((UNTIL - FROM).total_seconds())))
    if rng.random() < 0.3:  # month ends and leap days, where periods differ most
        year = rng.choice([2023, 2024, 2027, 2028])
        start = start.replace(year=year, month=rng.choice([1, 3, 12]), day=31)
        start = rng.choice([start, start.replace(month=2, day=29 if year % 4 == 0 else 28)])
    end = datetime.fromtimestamp(one_interval_on(int(start.timestamp()), price.interval), UTC)
    return Held(price, rng.choice([1, 2, 5, rng.randint(1, 2_000)]), start, end)


def _instant(rng: random.Random, held: Held) -> datetime:
    """Any second of the period; often its first, its last, or the middle, where halves must be rounded."""
    length = int((held.period_end - held.period_start).total_seconds())
    second = rng.choice([0, 1, length - 1, length // 2, length // 4, *[rng.randrange(length)] * 4])
    return held.period_start + timedelta(seconds=second)
