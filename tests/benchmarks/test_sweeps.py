"""The trial sweep: its cost a row, its statements and memory, how it grows, and what an idle one costs."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg
import pytest

from tests.benchmarks.conftest import LARGE
from tests.benchmarks.data import trials_due
from tests.benchmarks.rounds import interleave
from tests.benchmarks.work import once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
Tell = Callable[[str], None]
MANY, RUNNING = min(100_000, LARGE), LARGE


def test_statements_and_memory_do_not_grow_with_what_is_due(
    copies: Callable[[int], str], postgres: int, figure: Tell
) -> None:
    address = copies(LARGE)
    counted = {}
    for due in (1_000, MANY):
        trials_due(address, due=due)
        counted[due] = once("expire", database_url=address, postgres=postgres)
        assert counted[due].rows == due
    few, many = counted[1_000], counted[MANY]
    figure(
        f"{MANY:,} trials ended: {many.statements} statements (reach: ≤ {MANY // 1000} + a constant), "
        f"{(many.memory - few.memory) / 2**20:.1f} MB more than for 1,000 (reach: ≤ 5), "
        f"{many.cpu_a_row * 1e6:.0f} µs of CPU a row with its event and notice"
    )


def test_the_same_10_000_due_in_a_larger_table(
    copies: Callable[[int], str], postgres: int, figure: Tell
) -> None:
    fewer, due = LARGE // 50, min(10_000, LARGE // 50)

    def sweep(customers: int) -> float:
        address = copies(customers)
        trials_due(address, due=due)
        return once("expire", database_url=address, postgres=postgres).seconds

    took = interleave({"fewer": lambda: sweep(fewer), "all": lambda: sweep(LARGE)})
    figure(
        f"{due:,} due among {LARGE:,} customers take {took.ratio('all', to='fewer')} × the time they take among "
        f"{fewer:,} (reach: ≤ 4)"
    )


def test_nothing_due_costs_next_to_nothing(copies: Callable[[int], str], figure: Tell) -> None:
    """Planned once, as the worker asks; then without the partial index, as the control.

    Trials run, and none is over yet at the time that is asked about.
    """
    from licensing.sweeping import _OF_ALL

    address = copies(LARGE)
    trials_due(address, due=RUNNING)
    facts = {
        "at": "2020-01-01T00:00:00Z",
        "batch": 1000,
        "end": "expired",
        "by": "the clock",
        "customer": None,
    }

    def idle(connection: psycopg.Connection[tuple[float]]) -> float:
        taken = []
        for _ in range(6):  # until PostgreSQL keeps one plan for all times
            connection.execute(_OF_ALL, facts, prepare=True)
        for _ in range(20):
            began = time.perf_counter()
            connection.execute(_OF_ALL, facts, prepare=True)
            taken.append(time.perf_counter() - began)
        return min(taken)  # whoever else is at work can only make it longer

    with psycopg.connect(address) as connection:
        connection.execute("SET max_parallel_workers_per_gather = 0")
        with_index = idle(connection)
        connection.execute("DROP INDEX trial_due")
        without = idle(connection)
        connection.rollback()
    figure(
        f"nothing due among {RUNNING:,} running trials: {with_index * 1e3:.2f} ms; {without / with_index:.0f} × faster "
        "than without the partial index (reach: ≥ 100)"
    )
