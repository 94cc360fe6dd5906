"""One piece of work in a process of its own, with its CPU, its memory and its statements counted: prints JSON.

python -m tests.benchmarks.once <what> <PostgreSQL's first process>
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

from tests.benchmarks.accounting import cpu, forget_peak, peak_memory

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402


def expire() -> int:
    from licensing.trials import expire_due

    return expire_due(at=timezone.now())


def remind() -> int:
    from licensing.trials import remind_due

    return remind_due(at=timezone.now())


def expire_in_one_statement() -> int:
    """What a single statement over all that is due would do to others: the control."""
    from licensing import sweeping

    sweeping.BATCH = 10_000_000
    return sweeping.end_expired(at=timezone.now())


def drain() -> int:
    from billing.inbox import drain as work_off

    return work_off(at=timezone.now())["handled"]


def drain_one_by_one() -> int:
    from billing import inbox

    inbox.BATCH = 1
    return inbox.drain(at=timezone.now())["handled"]


def rehearse() -> int:
    """A dearer draft with a shared feature, played through for everybody."""
    from licensing import catalogue
    from licensing.models import Edition, Feature, Grant, Price
    from licensing.rehearsing.running import start, to_the_end

    now = timezone.now()
    on_sale = Edition.objects.get(key="2026-01")
    draft = catalogue.draft_from(
        edition=on_sale, key=f"bench-{now:%H%M%S%f}", name=f"Benchmark {now:%H%M%S%f}"
    )
    Price.objects.filter(tier__edition=draft, tier__key="team").update(unit_amount=2500)
    Feature.objects.filter(edition=draft, key="projects").update(shared=True)
    Grant.objects.filter(tier__edition=draft, tier__key="team", feature__key="projects").update(value=40)
    return to_the_end(start(edition=draft, by=None, at=now), at=now).done


def sunset_plan() -> int:
    from licensing.sunsets import plan_open

    return _until_done(lambda: plan_open(at=timezone.now()))


def sunset_tell() -> int:
    from licensing.sunsets import tell_due

    return _until_done(lambda: tell_due(at=timezone.now()))


def sunset_follow() -> int:
    from licensing.sunsets import follow_notices

    return follow_notices(at=timezone.now())["told"]


def sunset_carry_out() -> int:
    """One turn of it, once everybody's day has come: each change is judged anew under its own customer's lock."""
    from licensing.sunsets import carry_out_due

    return carry_out_due(at=timezone.now() + timedelta(days=500))


def promises() -> int:
    """Every promise, for every customer."""
    from billing.promises import PROMISES
    from licensing.models import Customer
    from licensing.promises import check

    assert len(check(PROMISES, at=timezone.now())) == len(PROMISES)
    return Customer.objects.count()


def _until_done(turn: Callable[[], int]) -> int:
    """As the sweep does it, turn after turn. How many in all."""
    done = 0
    while count := turn():
        done += count
    return done


WORK: dict[str, Callable[[], int]] = {
    work.__name__: work
    for work in (
        expire,
        remind,
        expire_in_one_statement,
        drain,
        drain_one_by_one,
        rehearse,
        sunset_plan,
        sunset_tell,
        sunset_follow,
        sunset_carry_out,
        promises,
    )
}


def main() -> None:
    what, postgres = WORK[sys.argv[1]], int(sys.argv[2])
    statements = 0

    def count(execute: Any, *given: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*given)

    connection.ensure_connection()
    forget_peak()
    memory, before, began = peak_memory(), cpu(os.getpid(), postgres), time.perf_counter()
    with connection.execute_wrapper(count):
        rows = what()
    told = {
        "rows": rows,
        "seconds": time.perf_counter() - began,
        "cpu": cpu(os.getpid(), postgres) - before,
        "statements": statements,
        "memory": peak_memory() - memory,
    }
    print(json.dumps(told))


main()
