"""However many customers a sunset touches, they are planned and told in sets of 1,000, by the same few queries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from licensing.licences import lock_customer
from licensing.models import Customer, Licence, Notice, PlannedChange, Tier
from licensing.sunsets import plan_open, tell_due
from tests.cast import NOON, OLD, make_catalogue
from tests.sunsets.scenes import announced, days, sweep

pytestmark = pytest.mark.django_db
MANY = 2500


@pytest.fixture(autouse=True)
def many(db: None) -> None:
    """As many holders of the old Team, made at once."""
    make_catalogue()
    tier = Tier.objects.select_related("edition").get(edition__key=OLD, key="team")
    customers = Customer.objects.bulk_create(
        Customer(slug=f"c{n}", name=f"C {n}", country="SE", currency="EUR", created_at=NOON)
        for n in range(MANY)
    )
    Licence.objects.bulk_create(
        Licence(
            customer=customer, product_id=tier.edition.product_id, edition=tier.edition, tier=tier, started_at=NOON
        )
        for customer in customers
    )  # fmt: skip


def test_a_click_does_the_first_thousand_and_the_sweep_the_others() -> None:
    announced()
    assert PlannedChange.objects.count() == Notice.objects.count() == 1000
    sweep(at=NOON + days(0.01))
    assert PlannedChange.objects.filter(notice__isnull=False).count() == MANY
    assert Notice.objects.filter(kind="sunset_announced").count() == MANY


def test_a_set_takes_the_same_few_queries_however_many_are_in_it() -> None:
    announced()
    with CaptureQueriesContext(connection) as one:
        plan_open(at=NOON, sets=1)
        tell_due(at=NOON, sets=1)
    with CaptureQueriesContext(connection) as other:
        plan_open(at=NOON)
        tell_due(at=NOON)
    assert PlannedChange.objects.filter(notice__isnull=False).count() == MANY
    assert len(one) < 30
    assert len(other) <= len(one)


def test_where_nothing_is_new_a_turn_of_the_sweep_only_looks() -> None:
    announced()
    sweep(at=NOON)
    before = Notice.objects.count()
    with CaptureQueriesContext(connection) as looked:
        sweep(at=NOON)
    assert Notice.objects.count() == before
    assert not [
        query for query in looked if query["sql"].startswith(("INSERT", "UPDATE licensing_n", "DELETE"))
    ]


@pytest.mark.django_db(transaction=True)
def test_whom_somebody_is_at_work_on_is_left_to_the_next_sweep_and_nobody_waits_in_a_circle() -> None:
    """Whoever has the customer's lock wants the change next; the sweep must not hold that already."""
    announced()
    mine = PlannedChange.objects.filter(notice=None).first() or PlannedChange.objects.earliest("pk")
    PlannedChange.objects.filter(pk=mine.pk).update(notice=None)
    swept = Event()

    def sweeps() -> None:
        try:
            tell_due(at=NOON)
        finally:
            swept.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_customer(mine.customer_id)
            running = pool.submit(sweeps)
            assert swept.wait(timeout=60)
            PlannedChange.objects.select_for_update().get(pk=mine.pk)
        running.result()
    mine.refresh_from_db()
    assert mine.notice_id is None
    tell_due(at=NOON)
    mine.refresh_from_db()
    assert mine.notice_id is not None
