"""What a change costs, reckoned from Stripe's written rules alone: neither the portal's arithmetic nor the sandbox's.

Everything is whole numbers: amounts in minor units, instants in seconds, shares as pairs of seconds, the balance as
Stripe keeps it (what the customer owes is above zero).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

# https://docs.stripe.com/currencies: least amounts, and what a charge must be a multiple of.
LEAST = {"USD": 50, "EUR": 50, "JPY": 50}
STEPS = {"KWD": 10}


@dataclass(frozen=True)
class Sum:
    """What is invoiced at once. `after` is the customer's balance when it is done."""

    lines: list[int]
    tax: int
    due: int
    after: int
    renews_at: int
    renewal: int
    kinds: list[str] = field(default_factory=list)


def share_of(amount: int, part: int, whole: int) -> int:
    """`amount` × part / whole to the nearest; what lies exactly between two goes to the lower."""
    floor, rest = divmod(amount * part, whole)
    return floor + (2 * rest > whole)


def tax_of(amount: int, percent: str) -> int:
    """The tax on one line, to the nearest; what lies exactly between two goes away from zero."""
    digits, _, decimals = percent.partition(".")
    whole = 100 * 10 ** len(decimals)
    floor, rest = divmod(abs(amount) * int((digits + decimals) or "0"), whole)
    tax = floor + (2 * rest >= whole)
    return tax if amount >= 0 else -tax


def settle(total: int, balance: int, currency: str) -> tuple[int, int]:
    """(what is charged now, the balance after it)."""
    owed = total + balance
    if owed < LEAST.get(currency, 1):
        return 0, owed
    step = STEPS.get(currency, 1)
    below = owed - owed % step
    due = below + step if 2 * (owed - below) >= step else below
    return due, owed - due


def months_on(second: int, months: int) -> int:
    """The same day and time so many months later; where the month has no such day, on its last."""
    moment = datetime.fromtimestamp(second, UTC)
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return int(moment.replace(year=year, month=month + 1, day=day).timestamp())
        except ValueError:
            continue  # no such day in that month
    return int(moment.replace(year=year, month=month + 1).timestamp())


def one_interval_on(second: int, interval: str) -> int:
    return months_on(second, {"month": 1, "year": 12}[interval])


def sum_of(
    *,
    currency: str,
    old: tuple[int, str, int, int] | None,
    new: tuple[int, str],
    at: int,
    percent: str,
    balance: int,
    same: bool = False,
) -> Sum:
    """What moving from `old` (whole amount, interval, period's start and end) to `new` (whole amount, interval) costs.

    `same` where price and seats are those that are held: then there is nothing to invoice.
    """
    whole, interval = new
    if old is None:
        lines, kinds, renews_at = [whole], ["charge"], one_interval_on(at, interval)
    else:
        paid, paid_by, start, end = old
        kinds = ["unused", "charge"]
        back = share_of(-paid, end - at, end - start)
        if paid_by == interval:
            lines, renews_at = [back, share_of(whole, end - at, end - start)], end
        else:
            lines, renews_at = [back, whole], one_interval_on(at, interval)
    if same:
        lines, kinds = [], []
    taxes = [tax_of(line, percent) for line in lines]
    due, after = settle(sum(lines) + sum(taxes), balance, currency)
    return Sum(
        lines=lines,
        tax=sum(taxes),
        due=due,
        after=after,
        renews_at=renews_at,
        renewal=whole + tax_of(whole, percent),
        kinds=kinds,
    )
