"""Six years of renewals with real rows: one renewal and one notice each, in every zone, and after silent days too."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from billing import renewals
from licensing.models import Event, Licence, Notice
from tests.calendars.fleet import BEGINS, TURNS, Fleet, Holder, wishes
from tests.calendars.oracle import ZONES
from tests.cast import NOON, Party, ada, make_catalogue
from tests.infra.proof import LONG, size
from tests.infra.sandbox import Sandbox

pytestmark = [pytest.mark.proof, pytest.mark.django_db(transaction=True)]

MONTHLY = [(1, day, "month") for day in range(1, 32)] + [(2, 29, "month")]
YEARLY = [(1, day, "year") for day in range(1, 32)] + [(2, 29, "year")]
SHORT = [
    (1, 1, "month"),
    (1, 29, "month"),
    (1, 30, "year"),
    (1, 31, "month"),
    (2, 29, "month"),
    (2, 29, "year"),
]
# So that no sandbox grows too large, the long form lives the years several times, a few anchors at a time.
FLEETS = [(MONTHLY + YEARLY)[part::8] for part in range(8)] if LONG else [SHORT]


@pytest.fixture
def fleet(transactional_db: None, sandbox: Sandbox, settings: Any) -> Iterator[Fleet]:
    settings.STRIPE_AUTOMATIC_TAX = False
    make_catalogue()
    sandbox.control("reset", back=int((datetime.now(UTC) - BEGINS).total_seconds()))
    sandbox.control("webhooks", mode="lose")
    yield Fleet(sandbox)
    sandbox.control("webhooks", mode="normal")


def periods_of(holder: Holder) -> list[tuple[str, str, str]]:
    """As the history tells: where the period before ended, where the next began and ends."""
    found = Event.objects.filter(subject=f"licence:{holder.licence_id}", kind="licence_renewed")
    return [
        (event.before["period_end"], event.after["period_start"], event.after["period_end"])
        for event in found.order_by("pk")
    ]


def renewed_by(holder: Holder, *, at: datetime) -> int:
    """How often a holder should have been renewed by `at`."""
    count = 0
    while holder.end(count + 1) <= at:
        count += 1
    return count


def owed_to(holder: Holder, *, swept_at: list[datetime], renewals: int) -> set[str]:
    """The turns that the sweeps should have found, each the nearest of those that had begun."""
    turns = [timedelta(days=days) for days in TURNS[holder.interval]]
    found = set()
    for count in range(1, renewals + 2):
        start = holder.end(count - 1)
        end = holder.end(count)
        for at in swept_at:
            if start <= at < end and (begun := [turn for turn in turns if end - at <= turn]):
                found.add(f"{min(begun).days}d:{end:%Y-%m-%d}")
    return found


@pytest.mark.parametrize("days", FLEETS, ids=lambda days: f"{len(days)} anchors")
def test_each_period_is_renewed_once_and_announced_once(
    fleet: Fleet, figure: Callable[[str], None], days: list[tuple[int, int, str]]
) -> None:
    length = size(short=430, long=6 * 365 + 62)
    # A weekend here and there, and a week, in which nothing is swept.
    silent = [(start, start + (start // 97) % 7 + 2) for start in range(200, length, 97)]
    fleet.live(wishes=wishes(days), days=length, rng=random.Random("years"), silent=silent)
    last = fleet.swept_at[-1]
    renewed = noticed = 0
    for holder in fleet.holders:
        count = renewed_by(holder, at=last)
        expected = [
            (holder.end(n).isoformat(), holder.end(n).isoformat(), holder.end(n + 1).isoformat())
            for n in range(1, count + 1)
        ]
        assert periods_of(holder) == expected
        owed = Counter(
            Notice.objects.filter(customer=holder.customer, kind="renewal_reminder").values_list(
                "period", flat=True
            )
        )
        assert set(owed.values()) <= {1}
        assert set(owed) == owed_to(holder, swept_at=fleet.swept_at, renewals=count)
        renewed, noticed = renewed + count, noticed + len(owed)
    charges = len(fleet.sandbox.charges())
    assert charges == renewed + len(fleet.holders)
    assert not fleet.misread, fleet.misread[:5]
    assert fleet.letters == noticed
    zones = len({holder.customer.time_zone for holder in fleet.holders})
    figure(
        f"{len(fleet.holders)} licences in {zones} zones over {length} days: {renewed} renewals, each once;"
        f" {noticed} notices, each turn once, each with the reader's own date"
    )


def test_the_zones_are_twenty() -> None:
    assert len(set(ZONES)) == 20


@pytest.fixture
def okafor(transactional_db: None) -> Party:
    make_catalogue()
    return ada()


@pytest.fixture
def no_unique_key(transactional_db: None) -> Iterator[None]:
    """Notices without the key that makes each owed once. Whoever asks for this fixture tidies up no rows by hand."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE licensing_notice DROP CONSTRAINT notice_once")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM licensing_notice")
        cursor.execute(
            "ALTER TABLE licensing_notice ADD CONSTRAINT notice_once UNIQUE (customer_id, kind, subject, period)"
        )


def two_sweeps_at_once() -> int:
    """A second sweep looks while the first has owed and not yet committed; how many notices there are then."""
    at, looked = NOON + timedelta(days=20), threading.Event()

    def first() -> None:
        with transaction.atomic():
            renewals.remind_due(at=at)
            looked.set()
            time.sleep(1)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert looked.wait(timeout=30)
    renewals.remind_due(at=at)
    thread.join()
    return Notice.objects.count()


def test_without_the_unique_key_two_sweeps_double(okafor: Party, no_unique_key: None) -> None:
    assert two_sweeps_at_once() == 2


def test_with_it_two_sweeps_owe_one(okafor: Party) -> None:
    assert two_sweeps_at_once() == 1


def test_what_is_paid_late_is_still_announced_the_next_time(okafor: Party) -> None:
    """While a payment is owed there is nothing to announce; once it is paid, the turn that has begun is owed."""
    Licence.objects.filter(pk=okafor.licence.pk).update(state=Licence.State.PAST_DUE)
    renewals.remind_due(at=NOON + timedelta(days=20))
    assert not Notice.objects.exists()
    Licence.objects.filter(pk=okafor.licence.pk).update(state=Licence.State.ACTIVE)
    renewals.remind_due(at=NOON + timedelta(days=20, hours=1))
    assert Notice.objects.count() == 1
