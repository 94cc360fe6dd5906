"""What support does for a customer. Each action asks why, and the answer lands in the history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from billing import settling
from billing.answers import StripeUnavailable
from billing.models import Order
from licensing.models import Delivery, Event, Notice, Trial, UsageReading
from tests.cast import NOON, Party
from tests.staff.conftest import SignIn
from tests.staff.rows import notice_of, order_of, trial_of

WHY = "Ada called: the trade fair was moved by a week."


def newest_event(party: Party) -> Event:
    return Event.objects.filter(customer=party.customer).latest("pk")


def test_support_extends_a_trial_with_a_reason_that_lands_in_the_history(
    okafor: Party, as_staff: SignIn
) -> None:
    trial = trial_of(okafor)
    answer = as_staff("support").post(
        reverse("admin:licensing_trial_extend", args=[trial.pk]), {"ends_on": "2026-12-02", "reason": WHY}
    )
    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:licensing_customer_change", args=[okafor.customer.pk])
    trial.refresh_from_db()
    assert trial.ends_at == datetime(2026, 12, 2, 12, 0, tzinfo=UTC), "the same time of day in Berlin"
    event = newest_event(okafor)
    assert (event.kind, event.reason, event.by) == ("trial_extended", WHY, "Sam support")
    assert event.actor is not None
    assert event.actor.email == "sam.support@demo.test"


def test_an_extension_keeps_the_customers_own_time_of_day_over_a_change_of_clocks(
    okafor: Party, as_staff: SignIn
) -> None:
    trial = trial_of(okafor)
    as_staff("support").post(
        reverse("admin:licensing_trial_extend", args=[trial.pk]), {"ends_on": "2027-04-01", "reason": WHY}
    )
    trial.refresh_from_db()
    assert trial.ends_at == datetime(2027, 4, 1, 11, 0, tzinfo=UTC), "13:00 in Berlin, in summer too"


def test_an_extension_sent_twice_extends_once(okafor: Party, as_staff: SignIn) -> None:
    trial, client = trial_of(okafor), as_staff("support")
    for _ in range(2):
        client.post(
            reverse("admin:licensing_trial_extend", args=[trial.pk]), {"ends_on": "2026-12-02", "reason": WHY}
        )
    trial.refresh_from_db()
    assert trial.ends_at == datetime(2026, 12, 2, 12, 0, tzinfo=UTC)
    assert Event.objects.filter(kind="trial_extended").count() == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_nothing_is_done_without_a_reason(okafor: Party, as_staff: SignIn, reason: str) -> None:
    trial, client = trial_of(okafor), as_staff("support")
    before = Event.objects.count()
    for name, fields in [("extend", {"ends_on": "2026-12-02"}), ("end_now", {})]:
        answer = client.post(
            reverse(f"admin:licensing_trial_{name}", args=[trial.pk]), {**fields, "reason": reason}
        )
        assert answer.status_code == 200
        assert "This field is required." in answer.content.decode()
    trial.refresh_from_db()
    assert trial.ends_at == NOON + timedelta(days=3)
    assert trial.ended_at is None
    assert Event.objects.count() == before


def test_support_ends_a_trial_and_the_licence_under_it_is_as_it_was(okafor: Party, as_staff: SignIn) -> None:
    trial, version = trial_of(okafor), okafor.licence.version
    as_staff("support").post(reverse("admin:licensing_trial_end_now", args=[trial.pk]), {"reason": WHY})
    trial.refresh_from_db()
    okafor.licence.refresh_from_db()
    assert (trial.end, trial.ended_at) == (Trial.End.STAFF, NOON)
    assert okafor.licence.version == version
    event = newest_event(okafor)
    assert (event.kind, event.reason) == ("trial_ended", WHY)


def test_an_ended_trial_is_neither_ended_nor_extended_again(okafor: Party, as_staff: SignIn) -> None:
    trial, client = trial_of(okafor), as_staff("support")
    Trial.objects.filter(pk=trial.pk).update(ended_at=NOON, end=Trial.End.GIVEN_BACK)
    for name, fields in [("extend", {"ends_on": "2026-12-02"}), ("end_now", {})]:
        answer = client.post(
            reverse(f"admin:licensing_trial_{name}", args=[trial.pk]), {**fields, "reason": WHY}
        )
        assert "has ended" in answer.content.decode()
    trial.refresh_from_db()
    assert trial.end == Trial.End.GIVEN_BACK


def test_ending_an_old_trial_leaves_the_live_one_alone(okafor: Party, as_staff: SignIn) -> None:
    old = trial_of(okafor)
    Trial.objects.filter(pk=old.pk).update(ended_at=NOON, end=Trial.End.GIVEN_BACK)
    live = trial_of(okafor)
    as_staff("support").post(reverse("admin:licensing_trial_end_now", args=[old.pk]), {"reason": WHY})
    live.refresh_from_db()
    assert live.ended_at is None


def test_a_failed_delivery_goes_out_again_and_addresses_that_have_it_are_spared(
    okafor: Party, as_staff: SignIn
) -> None:
    notice = notice_of(okafor, delivery=Delivery.State.FAILED)
    arrived = Delivery.objects.create(
        notice=notice,
        address="fay@demo.test",
        message_id="<arrived@testserver>",
        state=Delivery.State.SENT,
        next_try_at=NOON,
        sent_at=NOON,
    )
    as_staff("support").post(reverse("admin:licensing_notice_resend", args=[notice.pk]), {"reason": WHY})
    notice.refresh_from_db()
    failed = notice.deliveries.get(address=okafor.user.email)
    assert (notice.state, notice.closed_at) == (Notice.State.WAITING, None)
    assert (failed.state, failed.tries, failed.next_try_at, failed.error) == ("waiting", 0, NOON, "")
    arrived.refresh_from_db()
    assert arrived.state == Delivery.State.SENT
    event = newest_event(okafor)
    assert (event.kind, event.reason) == ("notice_resent", WHY)
    assert event.before["deliveries"] == {okafor.user.email: "failed"}


def test_a_notice_that_arrived_goes_out_again_as_a_message_of_its_own(
    okafor: Party, as_staff: SignIn
) -> None:
    notice = notice_of(okafor)
    before = notice.deliveries.get().message_id
    as_staff("support").post(reverse("admin:licensing_notice_resend", args=[notice.pk]), {"reason": WHY})
    delivery = notice.deliveries.get()
    assert delivery.state == Delivery.State.WAITING
    assert delivery.message_id != before
    assert delivery.message_id.endswith("@testserver>")


def test_a_notice_that_was_no_longer_true_is_not_sent_again(okafor: Party, as_staff: SignIn) -> None:
    notice = notice_of(okafor, state=Notice.State.DROPPED, delivery="waiting")
    answer = as_staff("support").post(
        reverse("admin:licensing_notice_resend", args=[notice.pk]), {"reason": WHY}
    )
    assert "no longer true" in answer.content.decode()
    notice.refresh_from_db()
    assert notice.state == Notice.State.DROPPED
    assert not Event.objects.filter(kind="notice_resent").exists()


def test_support_records_a_reading_with_a_reason(okafor: Party, as_staff: SignIn) -> None:
    as_staff("support").post(
        reverse("admin:licensing_customer_record_usage", args=[okafor.customer.pk]),
        {"feature_key": "projects", "value": "19", "reason": WHY},
    )
    reading = UsageReading.objects.get(customer=okafor.customer)
    assert (reading.feature_key, reading.value, reading.read_at) == ("projects", 19, NOON)
    event = newest_event(okafor)
    assert (event.kind, event.reason, event.after) == (
        "usage_recorded",
        WHY,
        {"feature": "projects", "value": 19},
    )


def test_only_limits_of_the_customers_own_edition_are_read(okafor: Party, as_staff: SignIn) -> None:
    answer = as_staff("support").post(
        reverse("admin:licensing_customer_record_usage", args=[okafor.customer.pk]),
        {"feature_key": "sso", "value": "1", "reason": WHY},
    )
    assert "Select a valid choice" in answer.content.decode()
    assert not UsageReading.objects.exists()


def test_settling_by_hand_asks_the_processor_and_lands_in_the_history(
    okafor: Party, as_staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of(okafor)
    asked = []

    def settle(*, order_id: object, at: datetime) -> Order:
        asked.append((order_id, at))
        return Order.objects.get(pk=order_id)

    monkeypatch.setattr(settling, "settle", settle)
    answer = as_staff("finance").post(reverse("admin:billing_order_settle", args=[order.pk]), {"reason": WHY})
    assert answer.status_code == 302
    assert asked == [(order.pk, NOON)]
    event = newest_event(okafor)
    assert (event.kind, event.reason, event.by) == ("order_asked_again", WHY, "Sam finance")


def test_where_the_processor_is_silent_staff_are_told_that_nothing_changed(
    okafor: Party, as_staff: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = order_of(okafor)

    def settle(**_: object) -> Order:
        raise StripeUnavailable("timeout")

    monkeypatch.setattr(settling, "settle", settle)
    answer = as_staff("support").post(reverse("admin:billing_order_settle", args=[order.pk]), {"reason": WHY})
    assert "did not answer. Nothing has changed" in answer.content.decode()
    order.refresh_from_db()
    assert order.is_pending


def test_an_order_that_was_dealt_with_leaves_the_queue_with_a_reason(okafor: Party, as_staff: SignIn) -> None:
    order = order_of(okafor, needs_staff="Quoted 5467 and charged 5468 USD.", state=Order.State.SETTLED)
    client = as_staff("support")
    page = reverse("admin:billing_order_clear", args=[order.pk])
    assert client.post(page, {"reason": WHY}).status_code == 302
    order.refresh_from_db()
    assert order.needs_staff == ""
    event = newest_event(okafor)
    assert (event.kind, event.reason) == ("order_cleared", WHY)
    assert event.before == {"needs_staff": "Quoted 5467 and charged 5468 USD."}
    assert "does not wait for a person" in client.post(page, {"reason": WHY}).content.decode()


def test_an_action_on_a_row_that_does_not_exist_is_404(okafor: Party, as_staff: SignIn) -> None:
    client = as_staff(superuser=True)
    for page in (
        "licensing_trial_extend",
        "licensing_trial_end_now",
        "licensing_notice_resend",
        "licensing_customer_record_usage",
        "billing_order_settle",
        "billing_order_clear",
        "licensing_edition_publish_this",
    ):
        for wrong in ("999999", "abc", "00000000-0000-0000-0000-000000000000"):
            assert client.get(reverse(f"admin:{page}", args=[wrong])).status_code == 404, (page, wrong)
