"""The sunset sweep, step by step, and the nightly check of the promises: what a licence or a customer costs each."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.benchmarks.data import announcements_arrived, sunset_announced
from tests.benchmarks.work import Counted, once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
MANY = int(os.environ.get("BENCH_TOUCHED", "20000"))
FEW = MANY // 10
LONG = 3600  # seconds that a step may take on a machine with much else to do
STEPS = ("sunset_plan", "sunset_tell", "sunset_follow", "sunset_carry_out")


def test_a_sunset_that_touches_everybody(
    copies: Callable[[int], str], postgres: int, figure: Callable[[str], None]
) -> None:
    counted = {customers: sunset(copies(customers), postgres) for customers in (FEW, MANY)}
    for step in STEPS:
        few, many = counted[FEW][step], counted[MANY][step]
        assert many.rows == MANY or step == "sunset_carry_out"
        figure(f"{step}, {many.rows:,} of {MANY:,} licences: {said(few, many)}")


def test_the_promises_to_everybody(
    copies: Callable[[int], str], postgres: int, figure: Callable[[str], None]
) -> None:
    few, many = (
        once("promises", database_url=copies(number), postgres=postgres, within=LONG)
        for number in (FEW, MANY)
    )
    assert (few.rows, many.rows) == (FEW, MANY)
    figure(f"the promises checked for {MANY:,} customers: {said(few, many)}")


def sunset(address: str, postgres: int) -> dict[str, Counted]:
    """A sunset from its announcement on, in four steps."""
    sunset_announced(address)
    counted = {}
    for step in STEPS:
        counted[step] = once(step, database_url=address, postgres=postgres, within=LONG)
        if step == "sunset_tell":
            announcements_arrived(address)
    return counted


def said(few: Counted, many: Counted) -> str:
    """What a row costs, beside what it costs where there is a tenth of them."""
    return (
        f"{many.cpu_a_row * 1e6:.0f} µs of CPU each ({few.cpu_a_row * 1e6:.0f} among {FEW:,}), "
        f"{many.statements / many.rows * 1000:.0f} statements a thousand, "
        f"{(many.memory - few.memory) / 2**20:.1f} MB more than among {FEW:,}"
    )
