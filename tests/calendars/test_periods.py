"""Periods tile: each begins where the one before ended, on the anchor's day or the month's last, ours as Stripe's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from billing.sandbox.periods import next_boundary
from licensing import periods
from tests.calendars.oracle import boundary
from tests.infra.proof import size

pytestmark = pytest.mark.proof

TIMES = [(0, 0, 0), (23, 59, 59), (12, 34, 56)]


def anchors() -> Iterator[datetime]:
    """Every day of a leap year and of one before, at the first second of a day, the last, and one between."""
    for year in (2024, 2023)[: size(short=1, long=2)]:
        day = datetime(year, 1, 1, tzinfo=UTC)
        while day.year == year:
            for hour, minute, second in TIMES[: size(short=1, long=3)]:
                yield day.replace(hour=hour, minute=minute, second=second)
            day += timedelta(days=1)


def faults(anchor: datetime, interval: str, count: int) -> Iterator[str]:
    """What is wrong with `count` periods from `anchor`."""
    ends = [periods.add_intervals(anchor=anchor, interval=interval, count=n) for n in range(count + 1)]
    expected = [boundary(anchor, interval, n) for n in range(count + 1)]
    if ends != expected:
        yield f"{anchor} by the {interval}: {ends} is not {expected}"
    if any(start >= end for start, end in pairwise(ends)):
        yield f"{anchor} by the {interval}: a period ends before it begins"
    recurring = {"interval": interval, "interval_count": 1}
    at, theirs = int(anchor.timestamp()), [int(anchor.timestamp())]
    for _ in range(count):
        theirs.append(next_boundary(at, recurring, theirs[-1]))
    if theirs != [int(end.timestamp()) for end in ends]:
        yield f"{anchor} by the {interval}: the sandbox renews at other moments"


def test_periods_tile_for_six_years_from_every_day(figure: Callable[[str], None]) -> None:
    seen = 0
    for anchor in anchors():
        for interval, count in (("month", size(short=26, long=72)), ("year", 6)):
            assert not list(faults(anchor, interval, count))
            seen += count
    figure(f"{seen:,} periods from each anchor day of the year: no gap, no overlap, no lost anchor day")


@pytest.mark.parametrize(
    ("anchor", "interval", "ends"),
    [
        ("2026-01-31", "month", ["2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2024-01-30", "month", ["2024-02-29", "2024-03-30"]),
        ("2024-02-29", "month", ["2024-03-29", "2024-04-29"]),
        ("2024-02-29", "year", ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]),
    ],
)
def test_the_dates_that_stripe_documents(anchor: str, interval: str, ends: list[str]) -> None:
    """https://docs.stripe.com/billing/subscriptions/billing-cycle: the day of the anchor, or the month's last."""
    begins = datetime.fromisoformat(anchor).replace(tzinfo=UTC)
    found = [periods.add_intervals(anchor=begins, interval=interval, count=n + 1) for n in range(len(ends))]
    assert [f"{end:%Y-%m-%d}" for end in found] == ends


def test_a_calculation_that_forgets_the_anchor_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    right = periods.add_intervals

    def from_the_last_end(*, anchor: datetime, interval: str, count: int) -> datetime:
        for _ in range(count):
            anchor = right(anchor=anchor, interval=interval, count=1)
        return anchor

    monkeypatch.setattr(periods, "add_intervals", from_the_last_end)
    lost = {anchor.day for anchor in anchors() if list(faults(anchor, "month", 26))}
    assert lost == {29, 30, 31}
    assert list(faults(datetime(2024, 2, 29, tzinfo=UTC), "year", 6))
