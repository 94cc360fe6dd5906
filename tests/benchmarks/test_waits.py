"""Others while 100,000 trials are ended: the longest a writer of one of them waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.benchmarks.conftest import LARGE
from tests.benchmarks.data import trials_due
from tests.benchmarks.work import once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
MANY = min(100_000, LARGE)


def _longest_wait(address: str, postgres: int, what: str) -> float:
    """Seconds: somebody gives back one trial after another, of those that the sweep is at work on."""
    trials_due(address, due=MANY)
    over, longest = threading.Event(), 0.0

    def write() -> None:
        nonlocal longest
        with psycopg.connect(address, autocommit=True) as connection:
            number = 0
            while not over.is_set():
                number = number % MANY + 37
                began = time.perf_counter()
                connection.execute(
                    "UPDATE licensing_trial SET started_at = started_at WHERE customer_id = %s AND ends_at > now() - "
                    "interval '1 day'",
                    [number],
                )
                longest = max(longest, time.perf_counter() - began)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        once(what, database_url=address, postgres=postgres)
    finally:
        over.set()
        for writer in writers:
            writer.join()
    return longest


def test_a_writer_waits_for_a_batch_and_not_for_all(
    copies: Callable[[int], str], postgres: int, figure: Callable[[str], None]
) -> None:
    address = copies(LARGE)
    batches = [_longest_wait(address, postgres, "expire") for _ in range(3)]
    wait, control = sorted(batches)[1], _longest_wait(address, postgres, "expire_in_one_statement")
    figure(
        f"longest wait of a writer while {MANY:,} trials are ended: {wait * 1e3:.0f} ms, with one statement for all "
        f"{control * 1e3:.0f} ms: 1/{control / wait:.0f} (reach: ≤ 1/20)"
    )
