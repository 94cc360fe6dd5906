"""March 2025 ends: Bo's Team of it moves to January 2026 with a renewal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from licensing import sunsets
from licensing.history import Actor
from licensing.models import Edition, Product, Sunset
from tests.cast import NOON, OLD, TODAY, make_catalogue
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
