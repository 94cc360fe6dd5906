"""The inbox worked off in batches, against one event at a time: our own cost, with nothing asked of Stripe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import SMALL
from tests.benchmarks.data import events_waiting
from tests.benchmarks.rounds import interleave
from tests.benchmarks.work import once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
EVENTS = 2_000


@pytest.mark.parametrize(
    ("subjects", "words"), [(EVENTS // 100, "a burst about few things"), (EVENTS, "each about another")]
)
def test_batches_against_one_by_one(
    copies: Callable[[int], str], postgres: int, subjects: int, words: str, figure: Callable[[str], None]
) -> None:
    address = copies(SMALL)

    def work_off(what: str) -> float:
        events_waiting(address, events=EVENTS, subjects=subjects)
        counted = once(what, database_url=address, postgres=postgres)
        assert counted.rows == EVENTS
        return counted.cpu_a_row

    cost = interleave(
        {"batches": lambda: work_off("drain"), "one by one": lambda: work_off("drain_one_by_one")}
    )
    figure(
        f"inbox in batches, {words}: {cost.ratio('one by one', to='batches')} × as many events for the same CPU as one "
        f"by one (reach: ≥ 10); {cost.of('batches') * 1e6:.0f} µs an event"
    )
