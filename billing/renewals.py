"""Renewals: what the next one costs, and the word we owe about it in good time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as words

from billing.models import Payer
from licensing.models import Licence, Price
from licensing.pricing import apply_balance, tax_on
from licensing.reasons import Clause
from licensing.reminders import days_of, owe_reminders
from licensing.standing import Standing
from licensing.sunsets.moving import Move, move_of

YEARLY = (timedelta(days=1), timedelta(days=7), timedelta(days=30))  # the nearest first
MONTHLY = (timedelta(days=3),)


RENEWALS = Clause(
    "renewals",
    words(
        "Before a renewal we write to you with its date and exact amount: %(yearly)s days before where you pay "
        "by the year, %(monthly)s days where you pay by the month."
    ),
    lambda _today: {"yearly": days_of(YEARLY), "monthly": days_of(MONTHLY)},
)


@dataclass(frozen=True)
class Renewal:
    """The next charge of a licence, in minor units.

    `due` is what leaves the card: price + tax − credit_used + debt_paid − carried, as in `licensing.pricing.Balance`.
    """

    at: datetime
    currency: str
    price: int
    tax: int
    credit_used: int
    debt_paid: int
    carried: int
    due: int


def next_renewal(*, standing: Standing, payer: Payer | None) -> Renewal | None:
    """What the licence's next renewal charges, worked out here; None where it is free or ends with its period. Where it
    carries the announced end of an edition, it charges the later one's price.
    """
    held = standing.held
    if held is None or standing.licence.cancels_at_period_end:
        return None
    move = carried_by_the_renewal(standing)
    price = (move.price if move and move.price else held.price).amount(held.seats)
    tax = tax_on(price, percent=payer.tax_percent) if payer and payer.tax_percent else 0
    currency = held.price.currency
    balance = apply_balance(total=price + tax, credit=payer.credit if payer else 0, currency=currency)
    return Renewal(
        at=held.period_end,
        currency=currency,
        price=price,
        tax=tax,
        credit_used=balance.credit_used,
        debt_paid=balance.debt_paid,
        carried=balance.carried,
        due=balance.due,
    )


def carried_by_the_renewal(standing: Standing) -> Move | None:
    """The announced end of the held edition, where the next renewal is its day. No query."""
    move, held = move_of(standing), standing.held
    return move if move and move.at and held and move.at <= held.period_end else None


def remind_due(*, at: datetime) -> int:
    """Owe a reminder for each renewal that comes within 30, 7 or 1 days (yearly) or 3 days (monthly).

    Only the nearest turn is owed, so that after a downtime one useful word goes out and not the missed ones. Safe to
    repeat. Returns how many were owed.
    """
    # One that is past due is reminded of its next renewal once it is paid, not before.
    renewing = Licence.objects.filter(ended_at=None, cancels_at_period_end=False, state=Licence.State.ACTIVE)
    return sum(
        owe_reminders(
            renewing.filter(price__interval=interval),
            kind="renewal_reminder",
            date_field="period_end",
            turns=turns,
            at=at,
        )
        for interval, turns in ((Price.Interval.YEAR, YEARLY), (Price.Interval.MONTH, MONTHLY))
    )
