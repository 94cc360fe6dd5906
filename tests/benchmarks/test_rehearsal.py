"""The rehearsal of a draft: what a customer costs, and that memory does not grow with them."""

from __future__ import annotations

import os
from collections.abc import Callable

import psycopg
import pytest

from tests.benchmarks.work import once

pytestmark = [pytest.mark.benchmark, pytest.mark.django_db]
FEW, MANY = 10_000, int(os.environ.get("BENCH_REHEARSED", "100000"))


def test_a_rehearsal_of_many_customers(
    copies: Callable[[int], str], postgres: int, figure: Callable[[str], None]
) -> None:
    counted = {}
    for customers in (FEW, MANY):
        counted[customers] = once("rehearse", database_url=copies(customers), postgres=postgres, within=3600)
        assert counted[customers].rows == customers
    few, many = counted[FEW], counted[MANY]
    with psycopg.connect(copies(MANY)) as connection:
        row = connection.execute("SELECT pg_total_relation_size('licensing_rehearsed')").fetchone()
    assert row
    figure(
        f"{MANY:,} customers rehearsed: {many.seconds:.0f} s (reach: minutes), {many.cpu_a_row * 1e6:.0f} µs of CPU a "
        f"customer ({few.cpu_a_row * 1e6:.0f} with {FEW:,}), {(many.memory - few.memory) / 2**20:.1f} MB more than for "
        f"{FEW:,} (reach: ≤ 5), {many.statements} statements, {row[0] / MANY:.0f} bytes a customer kept"
    )
