"""Billing periods: calendar arithmetic in UTC that keeps the anchor's day of the month."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from billing.sandbox.store import Obj

MONTHS = {"month": 1, "year": 12}
DAYS = {"day": 1, "week": 7}


def shifted(anchor: int, interval: str, count: int) -> int:
    """The moment `count` intervals after `anchor`; the last day of a month where the anchor's day does not exist."""
    start = datetime.fromtimestamp(anchor, UTC)
    if interval in DAYS:
        return int((start + timedelta(days=DAYS[interval] * count)).timestamp())
    month = start.month - 1 + MONTHS[interval] * count
    year, month = start.year + month // 12, month % 12 + 1
    day = min(start.day, monthrange(year, month)[1])
    return int(start.replace(year=year, month=month, day=day).timestamp())


def next_boundary(anchor: int, recurring: Obj, after: int) -> int:
    """The first period boundary later than `after` (31 Jan → 28 Feb → 31 Mar).

    Where `after` is itself no boundary of the anchor (a customer's dates were moved into the past by days, and
    months differ in length), the count starts anew at `after`, so that no stub period appears.
    """
    interval, every = str(recurring["interval"]), int(recurring["interval_count"])
    step = 0
    while (boundary := shifted(anchor, interval, step)) < after:
        step += every
    if boundary != after:
        return shifted(after, interval, every)
    return shifted(anchor, interval, step + every)


def stub_bounds(anchor: int, recurring: Obj, start: int) -> tuple[int, int]:
    """(start of the whole period, end) of the shortened first period that runs from `start` to a future anchor."""
    interval, every = str(recurring["interval"]), int(recurring["interval_count"])
    step = 0
    while shifted(anchor, interval, step - every) > start:
        step -= every
    return shifted(anchor, interval, step - every), shifted(anchor, interval, step)
