"""Estimates: what a change would cost, worked out here, to the minor unit as Stripe does. Pure functions.

Stripe's rules: proration is by the second; the old item is credited and the new one debited whole (seats included);
each line is rounded by itself, nearest, an exact half toward minus infinity; the total is the sum of rounded lines. A
change of interval bills the new period whole and resets the billing date. Tax is added before the customer's balance is
reckoned with, and what cannot be charged is carried to the next payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import ceil, floor

from django.utils.translation import gettext_lazy as words

from licensing.money import charge_step
from licensing.periods import add_intervals, to_the_second
from licensing.reasons import Clause
from licensing.terms import PriceTerms

# Minor units, where Stripe names a least amount for a currency (https://docs.stripe.com/currencies, minimum charges).
SMALLEST_CHARGES = {
    "AED": 200, "ARS": 50, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "COP": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
    "GBP": 30, "HKD": 400, "HUF": 17500, "IDR": 50, "ILS": 50, "INR": 50, "JPY": 50, "KRW": 50, "MXN": 1000,
    "MYR": 200, "NOK": 300, "NZD": 50, "PHP": 50, "PLN": 200, "RON": 200, "RUB": 50, "SEK": 300, "SGD": 50,
    "THB": 1000, "USD": 50, "ZAR": 50,
}  # fmt: skip


UNUSED_TIME = Clause(
    "unused-time",
    words(
        "When you change within what you have paid for, its unused rest comes off the new charge, to the second. "
        "Where more is left over than is charged, it becomes your credit and pays for what comes next."
    ),
)


@dataclass(frozen=True)
class Held:
    """What is paid for now: a price, for seats, for a period that has begun."""

    price: PriceTerms
    seats: int
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True)
class Line:
    """One line of the sum. `kind` is "unused" (time given back) or "charge"."""

    kind: str
    amount: int
    seats: int
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Balance:
    """How a total meets what is owed between us and the customer. Minor units; only `carried` may be below zero.

    `debt_paid` is what the customer owed from before and pays now. `carried` is owed and not charged now, because it
    is too little by itself or no multiple of what cards can be charged: it comes with the next payment. Below zero it
    was rounded up, and comes off the next payment.
    """

    credit_used: int
    credit_gained: int
    debt_paid: int
    carried: int
    due: int


@dataclass(frozen=True)
class Estimate:
    """All amounts in minor units of `currency`. `tax` is None where the rate is not known yet. `later_amount` is what a
    renewal from `later_from` on charges, where these terms are announced to end with it.

    due = subtotal + tax − credit_used + credit_gained + debt_paid − carried.
    """

    currency: str
    interval: str
    seats: int
    unit_amount: int
    lines: tuple[Line, ...]
    subtotal: int
    tax: int | None
    tax_percent: str
    credit_used: int
    credit_gained: int
    debt_paid: int
    carried: int
    due: int
    renews_at: datetime
    renewal_amount: int
    later_amount: int = 0
    later_from: datetime | None = None

    def charged_by(self, renewal: int) -> int:
        """What a renewal charges before any credit; the first is 0. Renewals stand in months of their own, and those
        are counted, because the day may be another one in a short month.
        """
        if self.later_from is None:
            return self.renewal_amount
        months = (
            (self.later_from.year - self.renews_at.year) * 12 + self.later_from.month - self.renews_at.month
        )
        before = months // (12 if self.interval == "year" else 1)
        return self.renewal_amount if renewal < before else self.later_amount

    @property
    def next_charge(self) -> int:
        """What the first renewal charges."""
        return self.charged_by(0)

    @property
    def rounded_up(self) -> int:
        """What is paid now beyond what is owed, because cards are charged in whole steps; it comes off what follows."""
        return max(-self.carried, 0)


def prorate(*, amount: int, at: datetime, start: datetime, end: datetime) -> int:
    """The part of `amount` that belongs to [at, end) of the period [start, end), rounded as Stripe does.

    >>> from datetime import UTC
    >>> t = lambda seconds: datetime.fromtimestamp(seconds, UTC)
    >>> prorate(amount=-1000, at=t(1598982148), start=t(1596749288), end=t(1599427688))
    -166
    >>> prorate(amount=3252, at=t(1598982148), start=t(1596749288), end=t(1599427688))
    541
    """
    left = Fraction(int((end - at).total_seconds()), int((end - start).total_seconds()))
    return round_half_down(amount * left)


def round_half_down(value: Fraction) -> int:
    """Nearest whole number, an exact half toward minus infinity: 2.5 → 2, −2.5 → −3."""
    return ceil(value - Fraction(1, 2))


def round_half_away(value: Fraction) -> int:
    """Nearest whole number, an exact half away from zero: how tax is rounded."""
    return floor(value + Fraction(1, 2)) if value >= 0 else ceil(value - Fraction(1, 2))


def tax_on(amount: int, *, percent: str) -> int:
    """Tax on one line of `amount` minor units at `percent` (an exact decimal such as "19" or "8.875")."""
    return round_half_away(amount * Fraction(percent) / 100)


def smallest_charge(currency: str) -> int:
    """The least that Stripe charges in `currency`, in minor units; 1 where it names none (docs: Minimum amounts)."""
    return SMALLEST_CHARGES.get(currency.upper(), 1)


def apply_balance(*, total: int, credit: int, currency: str) -> Balance:
    """Set a total against `credit` (what we owe the customer; below zero, what they owe us), as Stripe does.

    What is due is rounded to the nearest multiple that can be charged, a half up; the customer's balance takes the
    difference (https://docs.stripe.com/currencies, Special cases).

    >>> apply_balance(total=1000, credit=300, currency="USD")
    Balance(credit_used=300, credit_gained=0, debt_paid=0, carried=0, due=700)
    >>> apply_balance(total=1000, credit=980, currency="USD")
    Balance(credit_used=980, credit_gained=0, debt_paid=0, carried=20, due=0)
    >>> apply_balance(total=-500, credit=300, currency="USD")
    Balance(credit_used=0, credit_gained=500, debt_paid=0, carried=0, due=0)
    >>> apply_balance(total=1000, credit=-200, currency="USD")
    Balance(credit_used=0, credit_gained=0, debt_paid=200, carried=0, due=1200)
    >>> apply_balance(total=12347, credit=0, currency="KWD")
    Balance(credit_used=0, credit_gained=0, debt_paid=0, carried=-3, due=12350)
    """
    debt = max(-credit, 0)
    used = min(max(total, 0), max(credit, 0))
    owed = max(total + debt - used, 0)
    step = charge_step(currency)
    due = (owed + step // 2) // step * step if owed >= smallest_charge(currency) else 0
    return Balance(
        credit_used=used,
        credit_gained=max(-(total + debt), 0),
        debt_paid=debt,
        carried=owed - due,
        due=due,
    )


def estimate(
    *, held: Held | None, price: PriceTerms, seats: int, at: datetime, tax_percent: str, credit: int
) -> Estimate:
    """What moving from `held` (None: nothing paid for) to `price` for `seats` at `at` costs.

    `credit` is what we owe the customer, in minor units, below zero what they owe us; `tax_percent` is empty where it
    is not known yet, and then tax is left out of every amount.
    """
    at = to_the_second(at)
    full = price.amount(seats)
    if held is None:
        renews_at = add_intervals(anchor=at, interval=price.interval, count=1)
        lines = [Line("charge", full, seats, at, renews_at)]
    else:
        period = {"at": at, "start": held.period_start, "end": held.period_end}
        given_back = prorate(amount=-held.price.amount(held.seats), **period)
        unused = Line("unused", given_back, held.seats, at, held.period_end)
        if price.interval == held.price.interval:
            renews_at = held.period_end
            lines = [unused, Line("charge", prorate(amount=full, **period), seats, at, renews_at)]
        else:
            renews_at = add_intervals(anchor=at, interval=price.interval, count=1)
            lines = [unused, Line("charge", full, seats, at, renews_at)]
    if held is not None and (held.price.id, held.seats) == (price.id, seats):
        lines = []
    subtotal = sum(line.amount for line in lines)
    tax = sum(tax_on(line.amount, percent=tax_percent) for line in lines) if tax_percent else None
    balance = apply_balance(total=subtotal + (tax or 0), credit=credit, currency=price.currency)
    return Estimate(
        currency=price.currency,
        interval=price.interval,
        seats=seats,
        unit_amount=price.unit_amount,
        lines=tuple(lines),
        subtotal=subtotal,
        tax=tax,
        tax_percent=tax_percent,
        credit_used=balance.credit_used,
        credit_gained=balance.credit_gained,
        debt_paid=balance.debt_paid,
        carried=balance.carried,
        due=balance.due,
        renews_at=renews_at,
        renewal_amount=full + (tax_on(full, percent=tax_percent) if tax_percent else 0),
    )
