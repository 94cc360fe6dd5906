"""Renewals: what the next one costs, and the word we owe about it in good time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from billing.models import Payer
from licensing.models import Licence, Price
from licensing.notices import notice, owe_all
from licensing.pricing import tax_on
from licensing.standing import Standing

YEARLY = (timedelta(days=1), timedelta(days=7), timedelta(days=30))  # the nearest first
MONTHLY = (timedelta(days=3),)
BATCH = 1000


@dataclass(frozen=True)
class Renewal:
    """The next charge of a licence, in minor units. `due` is what leaves the card: the price, tax, less credit."""

    at: datetime
    currency: str
    price: int
    tax: int
    credit_used: int
    due: int


def next_renewal(*, standing: Standing, payer: Payer | None) -> Renewal | None:
    """What the licence's next renewal charges, worked out here; None where it is free or ends with its period."""
    held = standing.held
    if held is None or standing.licence.cancels_at_period_end:
        return None
    price = held.price.amount(held.seats)
    tax = tax_on(price, percent=payer.tax_percent) if payer and payer.tax_percent else 0
    credit = min(max(payer.credit, 0), price + tax) if payer else 0
    return Renewal(held.period_end, held.price.currency, price, tax, credit, price + tax - credit)


def remind_due(*, at: datetime) -> int:
    """Owe a reminder for each renewal that comes within 30, 7 or 1 days (yearly) or 3 days (monthly).

    Only the nearest turn is owed, so that after a downtime one useful word goes out and not the missed ones. Safe to
    repeat. Returns how many renewals were looked at.
    """
    return sum(
        _remind(interval=interval, after=after, within=within, at=at)
        for interval, turns in ((Price.Interval.YEAR, YEARLY), (Price.Interval.MONTH, MONTHLY))
        for after, within in zip((timedelta(0), *turns), turns, strict=False)
    )


def _remind(*, interval: str, after: timedelta, within: timedelta, at: datetime) -> int:
    renewing = Licence.objects.filter(
        ended_at=None,
        price__interval=interval,
        cancels_at_period_end=False,
        period_end__gt=at + after,
        period_end__lte=at + within,
    )
    looked, last = 0, 0
    while batch := list(renewing.filter(pk__gt=last).order_by("pk")[:BATCH]):
        owe_all(
            notice(
                customer=licence.customer_id,
                kind="renewal_reminder",
                subject=licence,
                period=f"{within.days}d:{licence.period_end:%Y-%m-%d}",
                at=at,
            )
            for licence in batch
        )
        looked += len(batch)
        last = batch[-1].pk
    return looked
