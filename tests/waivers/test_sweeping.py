"""The sweep of exceptions: what it writes in bulk is what one step after the other would write."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from licensing import sweeping, waivers
from licensing.history import CLOCK
from licensing.licences import lock_customer
from licensing.models import Customer, Event, Notice, Waiver
from licensing.waivers.steps import close
from tests import cast
from tests.cast import NOON, Party
from tests.elsewhere import elsewhere
from tests.licensing.test_sweeping import fields
from tests.waivers.wishes import DAY, ask, grant, projects

pytestmark = pytest.mark.django_db
LATE = NOON + 60 * DAY


def written(waiver: Waiver) -> list[list[dict[str, object]]]:
    """The waiver, and what its end added to the history and the outbox."""
    rows = [
        Waiver.objects.filter(pk=waiver.pk),
        Event.objects.filter(kind="waiver_ended"),
        Notice.objects.filter(kind="waiver_ended"),
    ]
    return [[fields(row) for row in some] for some in rows]


@pytest.mark.parametrize("after_the_second", [timedelta(0), timedelta(microseconds=40)])
@pytest.mark.parametrize("state", [Waiver.End.EXPIRED, Waiver.End.LAPSED])
def test_it_is_closed_recorded_and_told_of_as_step_by_step(
    ada: Party, state: str, after_the_second: timedelta
) -> None:
    asked_at: datetime = NOON + after_the_second
    make = grant if state == Waiver.End.EXPIRED else ask
    waiver = make(ada.customer, projects(40, at=asked_at), at=asked_at)
    with transaction.atomic():
        close(waiver, end=state, actor=CLOCK, at=LATE, ended_at=waiver.ends_at)
        step_by_step = written(waiver)
        transaction.set_rollback(True)
    assert waivers.close_due(at=LATE) == 1
    assert written(waiver) == step_by_step
    assert [len(some) for some in step_by_step] == [1, 1, int(state == Waiver.End.EXPIRED)]


def many(count: int, *, ends_at: datetime) -> None:
    """Exceptions that hold, of so many customers of their own."""
    ada = cast.ada()
    customers = Customer.objects.bulk_create(
        Customer(slug=f"c{n}", name=f"C{n}", country="DE", currency="USD", created_at=NOON)
        for n in range(count)
    )
    Waiver.objects.bulk_create(
        Waiver(
            customer=customer,
            product_id=ada.licence.product_id,
            kind=Waiver.Kind.LIMIT,
            feature_key="projects",
            value=25,
            starts_at=NOON,
            ends_at=ends_at,
            reason="x",
            words="x",
            asked_at=NOON,
            asked_by_words="Sam",
            needs_approval=False,
            granted_at=NOON,
        )
        for customer in customers
    )


def test_statements_grow_with_the_batches_and_not_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 10)
    many(25, ends_at=NOON + DAY)
    with CaptureQueriesContext(connection) as ending:
        assert waivers.close_due(at=NOON + DAY) == 25
    assert len(ending) == 3
    with CaptureQueriesContext(connection) as again:
        assert waivers.close_due(at=NOON + DAY) == 0
    assert len(again) == 1
    assert Event.objects.filter(kind="waiver_ended").count() == 25
    assert Notice.objects.filter(kind="waiver_ended").count() == 25


def test_a_closed_customers_exception_is_left_as_it_is(ada: Party) -> None:
    grant(ada.customer, projects(40))
    Customer.objects.filter(pk=ada.customer.pk).update(closed_at=NOON)
    assert waivers.close_due(at=LATE) == 0


@pytest.mark.django_db(transaction=True)
def test_whoever_is_being_worked_on_is_left_to_the_next_sweep(ada: Party) -> None:
    """So neither waits for the other in a circle."""
    waiver = grant(ada.customer, projects(40))
    grant(cast.bo().customer, projects(40))
    with transaction.atomic():
        lock_customer(ada.customer.pk)
        assert elsewhere(lambda: waivers.close_due(at=LATE)) == 1, "Bo's"
        Waiver.objects.select_for_update(nowait=True).get(pk=waiver.pk)
    assert waivers.close_due(at=LATE) == 1
