"""Subscriptions begin, are tried, end; and what was charged is given back."""

from __future__ import annotations

import calendar
import urllib.error
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from tests.sandbox.cast import Cast, item, upgrade

EXPAND = ["latest_invoice.payments", "latest_invoice.confirmation_secret"]


def test_a_subscription_begins_paid(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription(quantity=3, metadata={"licence": "7"}, expand=EXPAND)
    invoice = subscription.latest_invoice
    assert (subscription.status, invoice.status, invoice.total) == ("active", "paid", 3000)
    assert invoice.billing_reason == "subscription_create"
    assert invoice.parent.subscription_details.subscription == subscription.id
    assert invoice.parent.subscription_details.metadata.to_dict() == {"licence": "7"}
    intent = sdk.payment_intents.retrieve(
        invoice.payments.data[0].payment.payment_intent, {"expand": ["latest_charge", "customer"]}
    )
    assert (intent.status, intent.amount_received, intent.latest_charge.paid) == ("succeeded", 3000, True)
    assert invoice.confirmation_secret.client_secret == intent.client_secret
    line = invoice.lines.data[0]
    assert line.parent.subscription_item_details.subscription_item == item(subscription).id
    assert line.pricing.price_details.price == cast.price("team")
    # What is snapshotted stays as it was.
    sdk.subscriptions.update(subscription.id, {"metadata": {"licence": "8"}})
    kept = sdk.invoices.retrieve(invoice.id).parent.subscription_details.metadata.to_dict()
    assert kept == {"licence": "7"}
    assert cast.charges() == [3000]


def test_tax_needs_a_place(sdk: Any, cast: Cast) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        cast.subscription(automatic_tax={"enabled": True})
    assert refused.value.code == "customer_tax_location_invalid"
    assert sdk.subscriptions.list({"status": "all"}).data == []


def test_yen_have_no_decimals(sdk: Any, cast: Cast) -> None:
    customer = cast.customer(address={"country": "JP"})
    subscription = cast.subscription("team-jpy", customer=customer, automatic_tax={"enabled": True})
    invoice = sdk.invoices.retrieve(subscription.latest_invoice)
    assert (invoice.currency, invoice.total) == ("jpy", 1650)


def test_a_trial_is_free_until_it_ends(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription(trial_period_days=14, expand=["latest_invoice"])
    assert (subscription.status, subscription.latest_invoice.total) == ("trialing", 0)
    assert item(subscription).current_period_end == subscription.trial_end
    quiet = sdk.subscriptions.update(subscription.id, upgrade(cast, subscription))
    assert (quiet.status, cast.charges()) == ("trialing", [])
    cast.door.advance(days=15)
    begun = sdk.subscriptions.retrieve(subscription.id)
    assert (begun.status, begun.billing_cycle_anchor) == ("active", subscription.trial_end)
    assert cast.charges() == [3252]
    types = [event.type for event in sdk.events.list({"limit": 100}).data]
    assert types.count("customer.subscription.trial_will_end") == 1


def test_a_trial_ended_early_bills_at_once(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription(trial_period_days=14)
    begun = sdk.subscriptions.update(subscription.id, {"trial_end": "now"})
    assert (begun.status, cast.charges()) == ("active", [1000])


def test_a_stub_runs_up_to_a_future_anchor(sdk: Any, cast: Cast) -> None:
    now = cast.door.now()
    first = datetime.fromtimestamp(now, UTC).replace(day=1, hour=0, minute=0, second=0)
    year, month = (first.year, first.month + 1) if first.month < 12 else (first.year + 1, 1)
    anchor = calendar.timegm((year, month, 1, 0, 0, 0))
    subscription = cast.subscription(billing_cycle_anchor=anchor, expand=["latest_invoice"])
    assert item(subscription).current_period_end == anchor
    assert 0 <= subscription.latest_invoice.total <= 1000
    cast.door.post("clock", advance=anchor - now + 60)
    assert cast.charges()[-1] == 1000


def test_canceling_at_period_end_can_be_undone(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    ending = sdk.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert ending.cancel_at == item(subscription).current_period_end
    staying = sdk.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert (staying.cancel_at, staying.canceled_at) == (None, None)
    sdk.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    cast.door.advance(days=32)
    assert sdk.subscriptions.retrieve(subscription.id).status == "canceled"
    assert cast.charges() == [1000]
    assert sdk.subscriptions.list({"customer": subscription.customer}).data == []
    assert len(sdk.subscriptions.list({"customer": subscription.customer, "status": "all"}).data) == 1


def test_canceling_now_ends_it(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    ended = sdk.subscriptions.cancel(subscription.id)
    assert (ended.status, ended.cancellation_details.reason) == ("canceled", "cancellation_requested")
    with pytest.raises(stripe.InvalidRequestError):
        sdk.subscriptions.cancel(subscription.id)
    cast.door.advance(days=40)
    assert cast.charges() == [1000]


def test_a_charge_is_refunded_in_parts(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    charge = sdk.charges.list({"customer": subscription.customer}).data[0]
    sdk.refunds.create({"charge": charge.id, "amount": 400, "reason": "requested_by_customer"})
    sdk.refunds.create({"payment_intent": charge.payment_intent})
    refunded = sdk.charges.retrieve(charge.id, {"expand": ["refunds"]})
    assert (refunded.amount_refunded, refunded.refunded) == (1000, True)
    assert [row.amount for row in refunded.refunds.data] == [600, 400]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.refunds.create({"charge": charge.id})
    assert refused.value.code == "charge_already_refunded"


def test_a_refund_that_the_bank_sends_back_fails_and_its_charge_can_be_refunded_again(
    sdk: Any, cast: Cast
) -> None:
    subscription = cast.subscription()
    charge = sdk.charges.list({"customer": subscription.customer}).data[0]
    refund = sdk.refunds.create({"charge": charge.id, "amount": 400})
    cast.door.post("refunds/fail", refund=refund.id, reason="lost_or_stolen_card")
    failed = sdk.refunds.retrieve(refund.id)
    assert (failed.status, failed.failure_reason) == ("failed", "lost_or_stolen_card")
    assert failed.failure_balance_transaction, "its money is in the vendor's balance again"
    charge = sdk.charges.retrieve(charge.id)
    assert (charge.amount_refunded, charge.refunded) == (0, False)
    told = [event.type for event in sdk.events.list({"limit": 3}).data]
    assert told == ["refund.failed", "charge.refund.updated", "refund.updated"]
    with pytest.raises(urllib.error.HTTPError):
        cast.door.post("refunds/fail", refund=refund.id)
    assert sdk.refunds.create({"charge": charge.id}).amount == 1000
