"""Estimates against an exact calculation of their own, written from Stripe's rules and not from our code."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from fractions import Fraction
from typing import Any

import pytest

from licensing import pricing
from licensing.pricing import Balance
from tests.infra.proof import size
from tests.sums.cases import PRICES, Case, a_case

pytestmark = pytest.mark.proof


def differs(case: Case) -> str:
    """In which amount the estimate of a case is not what was reckoned; empty where they agree."""
    said, is_so = case.estimated(), case.reckoned()
    after = case.credit - said.credit_used + said.credit_gained + said.debt_paid - said.carried
    parts = {
        "lines": ([line.amount for line in said.lines], is_so.lines),
        "kinds of line": ([line.kind for line in said.lines], is_so.kinds),
        "before tax": (said.subtotal, sum(is_so.lines)),
        "tax": (said.tax, is_so.tax if case.tax_percent else None),
        "due": (said.due, is_so.due),
        "balance afterwards": (-after, is_so.after),
        "the written sum": (
            said.subtotal
            + (said.tax or 0)
            - said.credit_used
            + said.credit_gained
            + said.debt_paid
            - said.carried,
            is_so.due,
        ),
        "next date": (int(said.renews_at.timestamp()), is_so.renews_at),
        "next amount": (said.renewal_amount, is_so.renewal),
    }
    return ", ".join(
        f"{name}: {ours} is {theirs}" for name, (ours, theirs) in parts.items() if ours != theirs
    )


def test_every_estimate_is_what_the_rules_come_to(figure: Callable[[str], None]) -> None:
    rng, count = random.Random("sums"), size(short=5_000, long=100_000)
    seen: dict[str, int] = dict.fromkeys([*PRICES, "first", "other interval", "credit gained", "carried"], 0)
    for number in range(count):
        case = a_case(rng)
        assert not differs(case), f"case {number}: {case}\n{differs(case)}"
        said = case.estimated()
        seen[said.currency] += 1
        seen["first"] += case.held is None
        seen["other interval"] += case.held is not None and case.held.price.interval != case.price.interval
        seen["credit gained"] += said.credit_gained > 0
        seen["carried"] += said.carried != 0
    assert min(seen.values()) > count / 100, seen
    figure(f"{count:,} estimates in {', '.join(PRICES)}: none differs from the exact sum by a minor unit")


def half_up(value: Fraction) -> int:
    return int((value + Fraction(1, 2)) // 1)


def by_the_day(*, amount: int, at: datetime, start: datetime, end: datetime) -> int:
    return pricing.round_half_down(Fraction(amount * (end - at).days, (end - start).days))


def in_floats(*, amount: int, at: datetime, start: datetime, end: datetime) -> int:
    return round(amount * ((end - at) / (end - start)))


def tax_to_even(amount: int, *, percent: str) -> int:
    return round(amount * Fraction(percent) / 100)


def without_a_least_amount(*, total: int, credit: int, currency: str) -> Balance:
    owed = total - credit
    used = min(max(total, 0), max(credit, 0))
    return Balance(used, max(-owed, 0), max(-credit, 0), 0, max(owed, 0))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("round_half_down", half_up),
        ("prorate", by_the_day),
        ("prorate", in_floats),
        ("tax_on", tax_to_even),
        ("apply_balance", without_a_least_amount),
        ("charge_step", lambda _currency: 1),
        ("to_the_second", lambda moment: moment),
    ],
    ids=[
        "halves upward",
        "by the day",
        "floats",
        "tax to even",
        "any amount charged",
        "third decimals charged",
        "parts of a second",
    ],
)
def test_arithmetic_that_is_nearly_right_is_found(
    monkeypatch: pytest.MonkeyPatch, name: str, wrong: Any
) -> None:
    monkeypatch.setattr(pricing, name, wrong)
    rng = random.Random("sums")
    assert any(differs(a_case(rng)) for _ in range(size(short=5_000, long=5_000)))
