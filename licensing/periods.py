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


def renewal_from(*, start: datetime, end: datetime, interval: str, since: datetime) -> datetime:
    """The first renewal at or after `since` of what is paid for from `start` to `end` and then again and again.

    A period shows its anchor day on one side, the later of the two: no two short months stand side by side.

    >>> renewal_from(
    ...     start=datetime(2026, 1, 31), end=datetime(2026, 2, 28), interval="month", since=datetime(2026, 3, 5)
    ... )
    datetime.datetime(2026, 3, 31, 0, 0)
    >>> renewal_from(
    ...     start=datetime(2026, 1, 31), end=datetime(2026, 2, 28), interval="month", since=datetime(2026, 2, 28)
    ... )
    datetime.datetime(2026, 2, 28, 0, 0)
    """
    anchor, count = (start, 1) if start.day > end.day else (end, 0)
    while (day := add_intervals(anchor=anchor, interval=interval, count=count)) < since:
        count += 1
    return day


def to_the_second(moment: datetime) -> datetime:
    """Stripe's clock has no fractions of a second; nor has anything we agree on with it."""
    return moment.replace(microsecond=0)
