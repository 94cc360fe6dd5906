"""Which customer's turn is when: a ramp in per cent by date, the same however often it is asked."""

from __future__ import annotations

import hashlib
from datetime import date

from licensing.models import Sunset

Step = tuple[int, date]


class UnreadableRamp(ValueError):
    """The ramp is not a list of growing per cents with later and later dates, up to 100."""


def steps_of(sunset: Sunset) -> list[Step]:
    """The ramp as (per cent, day), the last with 100; without one, all on the first day. Raises UnreadableRamp."""
    if not sunset.ramp:
        return [(100, sunset.first_on)]
    try:
        steps = [(percent, date.fromisoformat(day)) for percent, day in sunset.ramp]
    except (TypeError, ValueError):
        raise UnreadableRamp('A ramp is written as [[10, "2027-03-01"], [100, "2027-04-01"]].') from None
    percents, days = [percent for percent, _ in steps], [day for _, day in steps]
    if not all(type(percent) is int and 0 < percent <= 100 for percent in percents):
        raise UnreadableRamp("The steps of a ramp are whole per cents from 1 to 100.")
    if percents != sorted(set(percents)) or days != sorted(set(days)) or percents[-1] != 100:
        raise UnreadableRamp("A ramp grows, step by step and day by day, up to 100 per cent.")
    if days[0] != sunset.first_on:
        raise UnreadableRamp("The first step of the ramp is on the first day.")
    return steps


def day_for(*, sunset: Sunset, customer_id: int) -> date:
    """The day on which it is this customer's turn.

    Everybody has a place from 0 to 99, by chance but always the same; a step of 10 per cent is the places 0 to 9.
    """
    name = f"{sunset.pk}:{customer_id}".encode()
    place = int.from_bytes(hashlib.sha256(name).digest()[:4], "big") % 100
    return next(day for percent, day in steps_of(sunset) if place < percent)
