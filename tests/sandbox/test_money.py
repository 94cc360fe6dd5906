"""Amounts: proration on record, calendar periods, tax, and writing money."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from fractions import Fraction

import pytest

from billing.sandbox.money import formatted
from billing.sandbox.periods import next_boundary
from billing.sandbox.proration import prorated, remaining
from billing.sandbox.tax import line_tax


@pytest.mark.parametrize(
    ("old", "new", "start", "end", "at", "credit", "debit"),
    [
        (1000, 3252, 1596749288, 1599427688, 1598982148, -166, 541),
        (2000, 2500, 1718643234, 1721235234, 1718661676, -1986, 2482),
        (2000, 1000, 0, 3, 2, -667, 333),
    ],
)
def test_prorations_on_record(
    old: int, new: int, start: int, end: int, at: int, credit: int, debit: int
) -> None:
    share = remaining(start, end, at)
    assert (prorated(-old, share), prorated(new, share)) == (credit, debit)


def test_an_exact_half_goes_toward_minus_infinity() -> None:
    assert prorated(5, Fraction(1, 2)) == 2
    assert prorated(-5, Fraction(1, 2)) == -3


def _days(start: str, interval: str, count: int, every: int = 1) -> list[str]:
    anchor = calendar.timegm(datetime.fromisoformat(start).replace(tzinfo=UTC).timetuple())
    moment, days = anchor, []
    for _ in range(count):
        moment = next_boundary(anchor, {"interval": interval, "interval_count": every}, moment)
        days.append(datetime.fromtimestamp(moment, UTC).date().isoformat())
    return days


def test_months_keep_their_anchor_day() -> None:
    assert _days("2026-01-31", "month", 4) == ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]
    assert _days("2024-02-29", "year", 4) == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
    assert _days("2026-11-30", "month", 2, every=3) == ["2027-02-28", "2027-05-30"]


def test_a_date_that_is_no_boundary_begins_a_whole_period() -> None:
    recurring = {"interval": "month", "interval_count": 1}
    anchor = int(datetime(2026, 1, 28, tzinfo=UTC).timestamp())
    moved = int(datetime(2026, 2, 25, tzinfo=UTC).timestamp())
    assert (
        datetime.fromtimestamp(next_boundary(anchor, recurring, moved), UTC).date().isoformat()
        == "2026-03-25"
    )


@pytest.mark.parametrize(
    ("amount", "country", "tax"),
    [
        (1000, "DE", 190),
        (-1000, "DE", -190),
        (50, "DE", 10),
        (-50, "DE", -10),
        (5, "JP", 1),
        (999, "FR", 200),
    ],
)
def test_tax_is_rounded_by_the_line_half_away_from_zero(amount: int, country: str, tax: int) -> None:
    assert line_tax(amount, country, "none")[0]["amount"] == tax


def test_tax_is_nothing_elsewhere_and_for_the_exempt() -> None:
    assert line_tax(1000, "US", "none") == []
    assert line_tax(1000, "DE", "reverse")[0]["amount"] == 0
    assert line_tax(1000, "DE", "reverse")[0]["taxability_reason"] == "reverse_charge"


def test_money_is_written_with_the_decimals_of_its_currency() -> None:
    assert formatted(5467, "usd") == "$54.67"
    assert formatted(123456, "jpy") == "¥123,456"
    assert formatted(1234, "kwd") == "KWD 1.234"
    assert formatted(-5, "eur") == "−€0.05"
