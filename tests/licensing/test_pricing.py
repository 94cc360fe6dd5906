"""Estimates follow Stripe's arithmetic to the minor unit; the figures on record are Stripe's own."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from licensing.money import format_money
from licensing.periods import add_intervals
from licensing.pricing import Held, estimate, prorate, round_half_down, tax_on
from licensing.terms import PriceTerms

MONTH = PriceTerms(1, "USD", "month", 1900, True, "team")
BIGGER = PriceTerms(2, "USD", "month", 3200, True, "business")
YEAR = PriceTerms(3, "USD", "year", 19000, True, "team-year")


def second(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


@pytest.mark.parametrize(
    ("amount", "start", "end", "at", "expected"),
    [
        (-1000, 1596749288, 1599427688, 1598982148, -166),
        (3252, 1596749288, 1599427688, 1598982148, 541),
        (-2000, 1718643234, 1721235234, 1718661676, -1986),
        (2500, 1718643234, 1721235234, 1718661676, 2482),
    ],
)
def test_proration_gives_the_figures_on_record(
    amount: int, start: int, end: int, at: int, expected: int
) -> None:
    assert prorate(amount=amount, at=second(at), start=second(start), end=second(end)) == expected


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        (Fraction(5, 2), 2),
        (Fraction(-5, 2), -3),
        (Fraction(7, 3), 2),
        (Fraction(-2, 3), -1),
        (Fraction(8, 3), 3),
    ],
)
def test_an_exact_half_goes_toward_minus_infinity(exact: Fraction, rounded: int) -> None:
    assert round_half_down(exact) == rounded


def test_a_whole_period_unused_is_given_back_whole() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    held = Held(MONTH, 8, start, datetime(2026, 12, 1, tzinfo=UTC))
    sum_ = estimate(held=held, price=BIGGER, seats=8, at=start, tax_percent="", credit=0)
    assert [line.amount for line in sum_.lines] == [-8 * 1900, 8 * 3200]
    assert sum_.due == 8 * 1300


def test_a_first_purchase_is_the_whole_price_from_now() -> None:
    at = datetime(2026, 1, 31, 10, tzinfo=UTC)
    sum_ = estimate(held=None, price=MONTH, seats=2, at=at, tax_percent="19", credit=0)
    assert (sum_.subtotal, sum_.tax, sum_.due) == (3800, 722, 4522)
    assert sum_.renews_at == datetime(2026, 2, 28, 10, tzinfo=UTC)


def test_a_change_of_interval_bills_the_new_period_whole_from_now() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    held = Held(MONTH, 1, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    sum_ = estimate(held=held, price=YEAR, seats=1, at=at, tax_percent="", credit=0)
    assert [line.amount for line in sum_.lines] == [-950, 19000]
    assert sum_.renews_at == datetime(2027, 11, 16, tzinfo=UTC)


def test_tax_comes_before_credit() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    sum_ = estimate(held=None, price=MONTH, seats=1, at=at, tax_percent="19", credit=1200)
    assert (sum_.tax, sum_.credit_used, sum_.due) == (361, 1200, 1900 + 361 - 1200)


def test_a_sum_below_zero_becomes_credit_and_nothing_is_due() -> None:
    at = datetime(2026, 11, 16, tzinfo=UTC)
    held = Held(BIGGER, 10, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    sum_ = estimate(held=held, price=MONTH, seats=1, at=at, tax_percent="", credit=0)
    assert sum_.due == 0
    assert sum_.credit_gained == 16000 - 950


@pytest.mark.parametrize(
    ("amount", "percent", "tax"), [(50, "19", 10), (-50, "19", -10), (1000, "8.875", 89)]
)
def test_tax_rounds_each_line_by_itself_a_half_away_from_zero(amount: int, percent: str, tax: int) -> None:
    assert tax_on(amount, percent=percent) == tax


def test_an_unknown_tax_is_said_to_be_unknown_and_not_nought() -> None:
    sum_ = estimate(
        held=None, price=MONTH, seats=1, at=datetime(2026, 1, 1, tzinfo=UTC), tax_percent="", credit=0
    )
    assert sum_.tax is None


def test_periods_keep_their_anchor_day() -> None:
    anchor = datetime(2024, 1, 31, tzinfo=UTC)
    ends = [add_intervals(anchor=anchor, interval="month", count=n) for n in range(1, 4)]
    assert [(end.month, end.day) for end in ends] == [(2, 29), (3, 31), (4, 30)]
    leap = datetime(2024, 2, 29, tzinfo=UTC)
    assert add_intervals(anchor=leap, interval="year", count=1).day == 28
    assert add_intervals(anchor=leap, interval="year", count=4).day == 29


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "written"),
    [
        (5467, "USD", "en_US", "$54.67"),
        (-1986, "USD", "en_US", "−$19.86"),
        (3480, "JPY", "en_US", "¥3,480"),
        (12345, "KWD", "en_US", "KWD12.345"),
        (5467, "EUR", "en_150", "54.67\xa0€"),
    ],
)
def test_money_is_written_exactly_in_any_currency(
    amount: int, currency: str, locale: str, written: str
) -> None:
    assert format_money(amount, currency, locale=locale) == written
