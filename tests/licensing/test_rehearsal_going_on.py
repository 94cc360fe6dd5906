"""A rehearsal goes on where it was left, locks nobody, and holds for the very terms that it played."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from licensing import catalogue
from licensing.history import COMMAND
from licensing.models import (
    Customer,
    Edition,
    Rehearsal,
    Rehearsed,
)
from licensing.rehearsing.running import UnableToRehearse, go_on, start, to_the_end
from tests.cast import NOON, OLD, TODAY, ada, bo, cy, di
from tests.licensing.rehearsing import NEXT, next_draft, price
from tests.publishing import rehearsed, writer

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft() -> Edition:
    return next_draft()


def test_it_goes_on_where_it_was_left_and_nobody_is_counted_twice(draft: Edition) -> None:
    ada(), bo(), cy(), di()
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    assert rehearsal.total == 4
    assert go_on(rehearsal.pk, at=NOON, batch=2)
    rehearsal.refresh_from_db()
    assert (rehearsal.done, rehearsal.percent) == (2, 50)
    assert to_the_end(rehearsal, at=NOON).done == 4
    assert not go_on(rehearsal.pk, at=NOON), "what is done is done"
    assert Rehearsed.objects.filter(rehearsal=rehearsal).count() == 4


def test_a_draft_that_is_edited_meanwhile_ends_the_rehearsal_as_outdated(draft: Edition) -> None:
    ada(), bo()
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    assert go_on(rehearsal.pk, at=NOON, batch=1)
    price(draft, "team", 2600)
    assert to_the_end(rehearsal, at=NOON).state == Rehearsal.State.OUTDATED
    again = start(edition=draft, by=writer(), at=NOON)
    assert again.pk != rehearsal.pk
    assert to_the_end(again, at=NOON).state == Rehearsal.State.DONE


def test_started_twice_it_is_one(draft: Edition) -> None:
    ada()
    assert start(edition=draft, by=writer(), at=NOON) == start(edition=draft, by=None, at=NOON)


def test_what_is_published_or_the_first_of_its_product_is_not_rehearsed(draft: Edition) -> None:
    with pytest.raises(UnableToRehearse, match="is published already"):
        start(edition=Edition.objects.get(key=OLD), by=writer(), at=NOON)


def test_statements_grow_with_batches_and_not_with_customers(
    draft: Edition, django_assert_max_num_queries: Any
) -> None:
    ada(), bo(), cy(), di()
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    with django_assert_max_num_queries(30):
        go_on(rehearsal.pk, at=NOON)
    rehearsal.refresh_from_db()
    assert rehearsal.done == 4


@pytest.mark.django_db(transaction=True)
def test_no_customer_is_locked_and_none_is_waited_for() -> None:
    """While a batch is not yet committed, a customer can be locked; while one is locked, a batch is played."""
    import threading

    party = ada()
    draft = catalogue.draft_from(edition=Edition.objects.get(key=TODAY), key=NEXT, name="December 2026")
    rehearsal = start(edition=draft, by=writer(), at=NOON)
    locked = threading.Event()
    waited: list[bool] = []

    def lock_elsewhere() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            Customer.objects.select_for_update().get(pk=party.customer.pk)
            waited.append(False)
            locked.set()
            done.wait(timeout=20)
        connection.close()

    done = threading.Event()
    with transaction.atomic():
        assert go_on(rehearsal.pk, at=NOON)
        other = threading.Thread(target=lock_elsewhere)
        other.start()
        assert locked.wait(timeout=20)
    done.set()
    other.join(timeout=20)
    assert waited == [False]
    assert to_the_end(rehearsal, at=NOON).state == Rehearsal.State.DONE


# Publishing


def why_not(draft: Edition, *, at: Any = NOON) -> str:
    with pytest.raises(catalogue.UnableToPublish) as refusal:
        catalogue.publish(edition=draft, actor=COMMAND, at=at)
    return " ".join(refusal.value.faults)


def test_a_draft_is_published_with_a_rehearsal_of_its_very_terms(draft: Edition) -> None:
    assert "Nobody has seen yet what it means for each customer." in why_not(draft)
    rehearsed(draft, at=NOON)
    price(draft, "team", 2600)
    assert "What was rehearsed were other terms than these." in why_not(draft)
    start(edition=draft, by=writer(), at=NOON)
    assert "The rehearsal is on its way: 0 %." in why_not(draft)


def test_a_rehearsal_holds_for_a_fortnight_because_customers_come_and_go(draft: Edition) -> None:
    rehearsed(draft, at=NOON)
    assert "older than 14 days" in why_not(draft, at=NOON + timedelta(days=14, seconds=1))
    assert "older than" not in why_not(draft, at=NOON + timedelta(days=14))
