"""March 2025 ends: Bo's Team of it moves to January 2026 with a renewal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from licensing import sunsets
from licensing.history import COMMAND, Actor
from licensing.licences import change_licence
from licensing.models import Edition, Price, Product, Sunset
from tests.cast import NOON, OLD, TODAY, Party, bo, make_catalogue
from tests.publishing import colleague, writer

FIRST = date(2027, 3, 15)


def draft(**fields: Any) -> Sunset:
    """Mara's plan, not yet announced."""
    make_catalogue()
    sunset = Sunset.objects.create(
        **{
            "product": Product.objects.get(key="meridian"),
            "edition": Edition.objects.get(key=OLD),
            "replacement": Edition.objects.get(key=TODAY),
            "reason": "Two sets of terms cost more to keep up than they bring.",
            "instead": "Your tier as it is sold today, with twice the rows.",
            "export": "Nothing is lost of what you have made.",
            "first_on": FIRST,
            **fields,
        }
    )
    sunset.authors.add(writer())
    return sunset


def announced(*, at: datetime = NOON, **fields: Any) -> Sunset:
    """The same, announced by Noor."""
    return sunsets.announce(sunset=draft(**fields), approver=Actor.person(colleague()), at=at)


def altered(party: Party, **fields: Any) -> None:
    licence = party.licence
    change_licence(licence=licence, kind="licence_moved", at=NOON, actor=COMMAND, **fields)


def paid_by(party: Party, interval: str, start: datetime, end: datetime) -> None:
    price = Price.objects.get(tier=party.licence.tier, currency="EUR", interval=interval)
    altered(party, price_id=price.pk, period_start=start, period_end=end)


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def by_the_month() -> Party:
    """Bo, who pays by the month until the last of each."""
    lindqvist = bo()
    paid_by(lindqvist, "month", noon(2026, 10, 31), noon(2026, 11, 30))
    return lindqvist
