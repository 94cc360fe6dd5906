"""Periods are half-open and keep their anchor day: 31 Jan → 28 Feb → 31 Mar."""

from __future__ import annotations

import calendar
from datetime import datetime


def add_intervals(*, anchor: datetime, interval: str, count: int) -> datetime:
    """The instant `count` months or years after `anchor`, on its day or the month's last.

    >>> add_intervals(anchor=datetime(2026, 1, 31), interval="month", count=1)
    datetime.datetime(2026, 2, 28, 0, 0)
    >>> add_intervals(anchor=datetime(2026, 1, 31), interval="month", count=2)
    datetime.datetime(2026, 3, 31, 0, 0)
    """
    months = anchor.month - 1 + count * (12 if interval == "year" else 1)
    year, month = anchor.year + months // 12, months % 12 + 1
    return anchor.replace(year=year, month=month, day=min(anchor.day, calendar.monthrange(year, month)[1]))


def to_the_second(moment: datetime) -> datetime:
    """Stripe's clock has no fractions of a second; nor has anything we agree on with it."""
    return moment.replace(microsecond=0)
