"""What a sweep writes in bulk is what the history's and the outbox's own functions would write."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.test.utils import CaptureQueriesContext

from billing import renewals
from licensing import reminders, sweeping, trials
from licensing.history import CLOCK, entry
from licensing.licences import lock_customer
from licensing.models import Customer, Event, Licence, Notice, Trial
from licensing.notices import notice, owe_all
from tests import cast
from tests.cast import NOON
from tests.elsewhere import elsewhere

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def try_business(party: cast.Party, *, ends_at: datetime) -> Trial:
    tier = cast.make_catalogue().tiers.get(key="business")
    return Trial.objects.create(
        customer=party.customer,
        product_id=party.licence.product_id,
        licence=party.licence,
        tier=tier,
        started_at=ends_at - 14 * DAY,
        ends_at=ends_at,
    )


def fields(row: models.Model) -> dict[str, Any]:
    """Every column but the key."""
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}


@pytest.mark.parametrize("after_the_second", [timedelta(0), timedelta(microseconds=40)])
def test_an_expired_trial_is_recorded_and_told_of_as_the_orm_would(after_the_second: timedelta) -> None:
    ends_at = NOON - DAY + after_the_second
    trial = try_business(cast.cy(), ends_at=ends_at)
    assert trials.expire_due(at=NOON) == 1
    by_hand = entry(
        customer=trial.customer_id,
        kind="trial_ended",
        subject=trial,
        at=NOON,
        actor=CLOCK,
        before={"ends_at": ends_at.isoformat()},
        after={"end": Trial.End.EXPIRED},
    )
    said = notice(customer=trial.customer_id, kind="trial_ended", subject=trial, at=NOON)
    assert fields(Event.objects.get(kind="trial_ended")) == fields(by_hand)
    assert fields(Notice.objects.get()) == fields(said)
    trial.refresh_from_db()
    assert (trial.ended_at, trial.end) == (ends_at, Trial.End.EXPIRED)


def test_a_reminder_is_owed_as_the_outbox_would() -> None:
    trial = try_business(cast.cy(), ends_at=NOON + 2 * DAY)
    assert trials.remind_due(at=NOON) == 1
    said = notice(
        customer=trial.customer_id,
        kind="trial_reminder",
        subject=trial,
        period=f"3d:{trial.ends_at:%Y-%m-%d}",
        at=NOON,
    )
    assert fields(Notice.objects.get()) == fields(said)


def test_the_day_in_a_turn_is_the_day_in_utc() -> None:
    """A customer in Tokyo and a database session elsewhere name the turn alike."""
    ends_at = datetime.fromisoformat("2026-11-24T23:30:00+00:00")
    try_business(cast.cy(), ends_at=ends_at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Asia/Tokyo'")
    trials.remind_due(at=NOON)
    trials.expire_due(at=ends_at)
    assert Notice.objects.get(kind="trial_reminder").period == "3d:2026-11-24"
    assert Event.objects.get(kind="trial_ended").before == {"ends_at": ends_at.isoformat()}


def test_a_renewal_is_announced_once_a_turn() -> None:
    bo = cast.bo()
    assert [renewals.remind_due(at=NOON), renewals.remind_due(at=NOON + DAY / 2)] == [1, 0]
    assert Notice.objects.get().subject == f"licence:{bo.licence.pk}"


def test_a_closed_customer_hears_nothing_and_their_trial_is_left() -> None:
    cy = cast.cy()
    trial = try_business(cy, ends_at=NOON - DAY)
    Customer.objects.filter(pk=cy.customer.pk).update(closed_at=NOON)
    assert trials.expire_due(at=NOON) == 0
    assert trials.remind_due(at=NOON - 2 * DAY) == 0
    trial.refresh_from_db()
    assert trial.ended_at is None
    assert not Notice.objects.exists()


def many_trials(count: int, *, ends_at: datetime) -> None:
    """Trials of so many customers of their own."""
    cy = cast.cy()
    tier = cast.make_catalogue().tiers.get(key="business")
    customers = Customer.objects.bulk_create(
        Customer(slug=f"c{n}", name=f"C{n}", country="JP", currency="JPY", created_at=NOON)
        for n in range(count)
    )
    held = {"product_id": cy.licence.product_id, "started_at": NOON - 14 * DAY}
    licences = Licence.objects.bulk_create(
        Licence(customer=one, edition_id=cy.licence.edition_id, tier_id=cy.licence.tier_id, **held)
        for one in customers
    )
    Trial.objects.bulk_create(
        Trial(customer_id=one.customer_id, licence=one, tier=tier, ends_at=ends_at, **held)
        for one in licences
    )


def test_statements_grow_with_the_batches_and_not_with_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 10)
    monkeypatch.setattr(reminders, "BATCH", 10)
    many_trials(25, ends_at=NOON + DAY)
    with CaptureQueriesContext(connection) as reminding:
        assert trials.remind_due(at=NOON) == 25
    assert len(reminding) == 3 + 1  # three batches within one day; none within three
    with CaptureQueriesContext(connection) as ending:
        assert trials.expire_due(at=NOON + DAY) == 25
    assert len(ending) == 3
    assert Notice.objects.filter(kind="trial_reminder").count() == 25
    assert Event.objects.filter(kind="trial_ended").count() == 25


def test_a_second_sweep_only_reads() -> None:
    many_trials(3, ends_at=NOON + DAY)
    assert trials.remind_due(at=NOON) == 3
    with CaptureQueriesContext(connection) as again:
        assert trials.remind_due(at=NOON) == 0
    assert len(again) == 2  # one a turn


def test_what_was_owed_by_another_hand_meanwhile_is_left_as_it_is() -> None:
    trial = try_business(cast.cy(), ends_at=NOON - DAY)
    owe_all([notice(customer=trial.customer_id, kind="trial_ended", subject=trial, at=NOON - DAY)])
    trials.expire_due(at=NOON)
    assert Notice.objects.get().owed_at == NOON - DAY


@pytest.mark.django_db(transaction=True)
def test_whoever_is_being_worked_on_is_left_to_the_next_sweep() -> None:
    """So neither waits for the other in a circle: the customer's lock comes before the trial's."""
    trial = try_business(cast.cy(), ends_at=NOON - DAY)
    try_business(cast.bo(), ends_at=NOON - DAY)
    with transaction.atomic():
        lock_customer(trial.customer_id)
        assert elsewhere(lambda: trials.expire_due(at=NOON)) == 1, "Bo's"
        Trial.objects.select_for_update(nowait=True).get(pk=trial.pk)
    assert trials.expire_due(at=NOON) == 1
