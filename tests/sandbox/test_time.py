"""What the clock does: renewals, retries, the end; for all, or for one customer alone."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.sandbox.actors import Door
from tests.sandbox.cast import Cast, item

DAY = 86400


def _types(sdk: Any) -> list[str]:
    found: list[str] = [event.type for event in sdk.events.list({"limit": 100}).auto_paging_iter()]
    return found


def _until(door: Door, month: int, day: int) -> None:
    """Move the clock to noon of the next such day."""
    now = datetime.fromtimestamp(door.now(), UTC)
    year = now.year if (now.month, now.day) < (month, day) else now.year + 1
    door.post("clock", advance=calendar.timegm((year, month, day, 12, 0, 0)) - door.now())


def test_months_end_where_they_can(sdk: Any, cast: Cast) -> None:
    _until(cast.door, 1, 31)
    subscription = cast.subscription()
    ends = []
    for _ in range(3):
        end = item(sdk.subscriptions.retrieve(subscription.id)).current_period_end
        ends.append(datetime.fromtimestamp(end, UTC).day)
        cast.door.post("clock", advance=end - cast.door.now() + 1)
    assert ends in ([28, 31, 30], [29, 31, 30])
    invoices = sdk.invoices.list({"subscription": subscription.id}).data
    assert [invoice.billing_reason for invoice in invoices][:3] == ["subscription_cycle"] * 3
    assert cast.charges() == [1000] * 4


def test_a_long_absence_is_caught_up_with_in_order(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    cast.door.advance(days=100)
    invoices = sdk.invoices.list({"subscription": subscription.id}).data
    assert cast.charges() == [1000] * 4
    made = [invoice.created for invoice in invoices][::-1]
    assert made == sorted(made)
    assert all(27 * DAY < later - earlier < 32 * DAY for earlier, later in pairwise(made))
    assert invoices[0].parent.subscription_details.subscription == subscription.id
    assert _types(sdk).count("invoice.upcoming") == 3
    cast.door.post("clock", advance=0)
    assert len(cast.charges()) == 4


def test_a_failing_renewal_is_retried_and_then_ends(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    broke = sdk.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": subscription.customer})
    sdk.subscriptions.update(subscription.id, {"default_payment_method": broke.id})
    end = item(subscription).current_period_end
    cast.door.post("clock", advance=end - cast.door.now() + 60)
    late = sdk.subscriptions.retrieve(subscription.id, {"expand": ["latest_invoice"]})
    assert (late.status, item(late).current_period_start) == ("past_due", end)
    attempts = []
    for tries in (1, 2, 3):
        invoice = sdk.invoices.retrieve(late.latest_invoice.id)
        assert (invoice.attempt_count, invoice.status) == (tries, "open")
        attempts.append((invoice.next_payment_attempt - end) // DAY)
        cast.door.post("clock", advance=invoice.next_payment_attempt - cast.door.now() + 1)
    assert attempts == [3, 8, 15]
    ended = sdk.subscriptions.retrieve(subscription.id)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "payment_failed")
    types = _types(sdk)
    assert types.count("invoice.payment_failed") == 4
    assert types.count("customer.subscription.deleted") == 1
    cast.door.advance(days=60)
    assert cast.charges() == [1000]


def test_a_retry_with_a_good_card_heals(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    broke = sdk.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": subscription.customer})
    sdk.subscriptions.update(subscription.id, {"default_payment_method": broke.id})
    cast.door.advance(days=32)
    good = sdk.payment_methods.attach("pm_card_mastercard", {"customer": subscription.customer})
    sdk.subscriptions.update(subscription.id, {"default_payment_method": good.id})
    cast.door.advance(days=3)
    assert sdk.subscriptions.retrieve(subscription.id).status == "active"
    assert cast.charges() == [1000, 1000]


def test_a_renewal_that_asks_the_bank_waits_for_it(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    asks = sdk.payment_methods.attach("pm_card_authenticationRequired", {"customer": subscription.customer})
    sdk.subscriptions.update(subscription.id, {"default_payment_method": asks.id})
    cast.door.advance(days=32)
    assert sdk.subscriptions.retrieve(subscription.id).status == "past_due"
    assert "invoice.payment_action_required" in _types(sdk)


def test_a_renewal_without_a_place_is_billed_without_tax(sdk: Any, cast: Cast) -> None:
    customer = cast.customer(address={"country": "DE"})
    subscription = cast.subscription(customer=customer, automatic_tax={"enabled": True})
    sdk.customers.update(customer.id, {"address": ""})
    cast.door.advance(days=32)
    renewal = sdk.invoices.list({"subscription": subscription.id}).data[0]
    assert (renewal.automatic_tax.status, renewal.total_taxes) == ("requires_location_inputs", [])
    assert cast.charges() == [1190, 1000]


def test_time_passes_for_one_customer_alone(sdk: Any, cast: Cast) -> None:
    aged, still = cast.subscription(), cast.subscription()
    now = cast.door.now()
    cast.door.post("age", customer=aged.customer, seconds=10 * DAY)
    moved = sdk.subscriptions.retrieve(aged.id, {"expand": ["latest_invoice.payments", "customer"]})
    assert aged.created - moved.created == 10 * DAY
    for name in ("current_period_start", "current_period_end"):
        assert getattr(item(aged), name) - getattr(item(moved), name) == 10 * DAY
    assert aged.created - moved.latest_invoice.created <= 10 * DAY + 1
    assert aged.created - moved.latest_invoice.payments.data[0].created in range(10 * DAY - 2, 10 * DAY + 1)
    assert moved.customer.created <= now - 10 * DAY
    assert sdk.subscriptions.retrieve(still.id).to_dict() == still.to_dict()
    assert cast.door.now() - now < 30
    assert cast.charges() == [1000, 1000]


def test_what_falls_due_while_one_customer_ages_happens_once_in_order(sdk: Any, cast: Cast) -> None:
    aged, still = cast.subscription(), cast.subscription()
    cast.door.post("age", customer=aged.customer, seconds=100 * DAY)
    invoices = sdk.invoices.list({"subscription": aged.id}).data
    assert len(invoices) == 4
    made = [invoice.created for invoice in invoices][::-1]
    assert all(27 * DAY < later - earlier < 32 * DAY for earlier, later in pairwise(made))
    current = item(sdk.subscriptions.retrieve(aged.id))
    assert current.current_period_start <= cast.door.now() < current.current_period_end
    assert current.current_period_end - current.current_period_start > 27 * DAY
    assert len(sdk.invoices.list({"subscription": still.id}).data) == 1
    for _ in range(40):
        cast.door.post("age", customer=aged.customer, seconds=DAY)
    assert len(sdk.invoices.list({"subscription": aged.id}).data) in (5, 6)
    cast.door.post("clock", advance=0)
    assert len(sdk.invoices.list({"subscription": still.id}).data) == 1


def test_aging_ends_what_was_to_end(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    sdk.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    session = sdk.checkout.sessions.create(
        {
            "mode": "subscription",
            "customer": subscription.customer,
            "line_items": [{"price": cast.price("team"), "quantity": 1}],
            "success_url": "http://portal.test/",
        }
    )
    assert cast.door.post("age", customer=subscription.customer, seconds=2 * DAY)["done"] == 1
    assert sdk.checkout.sessions.retrieve(session.id).status == "expired"
    cast.door.post("age", customer=subscription.customer, seconds=30 * DAY)
    assert sdk.subscriptions.retrieve(subscription.id).status == "canceled"


@pytest.mark.parametrize(
    ("name", "wish", "status"),
    [
        ("clock", {"advance": -5}, 400),
        ("clock", {}, 400),
        ("age", {"customer": "cus_nobody", "seconds": 5}, 404),
        ("nothing", {}, 404),
    ],
)
def test_a_wrong_wish_at_the_door_is_refused(
    door: Door, name: str, wish: dict[str, Any], status: int
) -> None:
    with pytest.raises(HTTPError) as refused:
        door.post(name, **wish)
    assert refused.value.code == status
    refused.value.close()
