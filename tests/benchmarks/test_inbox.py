"""The inbox worked off in batches, against one event at a time: our own cost, with nothing asked of Stripe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.benchmarks.conftest import SMALL
from tests.benchmarks.data import events_waiting
from tests.benchmarks.rounds import interleave
from tests.benchmarks.work import once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
BATCHED, SINGLY = 10_000, 1_000  # events; so many that each takes about a second


@pytest.mark.parametrize(
    ("about_the_same", "words"), [(100, "a burst about few things"), (1, "each about another")]
)
def test_batches_against_one_by_one(
    copies: Callable[[int], str],
    postgres: int,
    about_the_same: int,
    words: str,
    figure: Callable[[str], None],
) -> None:
    address = copies(SMALL)

    def work_off(what: str, events: int) -> float:
        events_waiting(address, events=events, subjects=events // about_the_same)
        counted = once(what, database_url=address, postgres=postgres)
        assert counted.rows == events
        return counted.cpu_a_row

    cost = interleave(
        {
            "batches": lambda: work_off("drain", BATCHED),
            "one by one": lambda: work_off("drain_one_by_one", SINGLY),
        }
    )
    figure(
        f"inbox in batches, {words}: {cost.ratio('one by one', to='batches')} × as many events for the same CPU as one "
        f"by one (reach: ≥ 10); {cost.of('batches') * 1e6:.0f} µs an event"
    )
