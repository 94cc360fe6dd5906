"""Subscriptions begin and change: what is previewed is what is changed is what is charged."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from typing import Any

import pytest
import stripe

from billing.sandbox.customers import add_customer
from billing.sandbox.payment_methods import attached
from billing.sandbox.preview import create_preview
from billing.sandbox.prices import create_price
from billing.sandbox.products import add_product
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.subscription_changes import change_subscription
from billing.sandbox.subscription_creation import begin_subscription
from tests.sandbox.cast import Cast, item, upgrade

EXPAND = ["latest_invoice.payments", "latest_invoice.confirmation_secret"]


@pytest.mark.parametrize(
    ("old", "new", "start", "end", "at", "lines"),
    [
        (1000, 3252, 1596749288, 1599427688, 1598982148, [-166, 541]),
        (2000, 2500, 1718643234, 1721235234, 1718661676, [-1986, 2482]),
    ],
)
def test_a_change_on_record_is_billed_to_the_cent(
    old: int, new: int, start: int, end: int, at: int, lines: list[int]
) -> None:
    box = Sandbox("http://sandbox.test")
    with box.clock.pinned(start):
        add_product(box, {"id": "p", "name": "P"})
        month = {"product": "p", "currency": "usd", "recurring": {"interval": "month"}}
        prices = [create_price(box, {**month, "unit_amount": str(amount)})["id"] for amount in (old, new)]
        customer = add_customer(box, {})
        card = attached(box, "pm_card_visa", customer)
        subscription = begin_subscription(
            box, customer=customer, params={"items": [{"price": prices[0]}]}, method=card
        )
    first = subscription["items"]["data"][0]
    assert (first["current_period_start"], first["current_period_end"]) == (start, end)
    subscription["default_payment_method"] = card["id"]
    wish = {
        "items": [{"id": first["id"], "price": prices[1]}],
        "proration_date": str(at),
        "proration_behavior": "always_invoice",
    }
    with box.clock.pinned(at + 90):
        preview = create_preview(box, {"subscription": subscription["id"], "subscription_details": wish})
        change_subscription(box, subscription, wish)
    invoice = box.store.get("invoice", subscription["latest_invoice"])
    assert [line["amount"] for line in preview["lines"]["data"]] == lines
    assert [line["amount"] for line in invoice["lines"]["data"]] == lines
    assert invoice["amount_paid"] == sum(lines)


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


@pytest.mark.parametrize("country", ["US", "DE", "JP"])
@pytest.mark.parametrize("price", ["business", "team-year"])
def test_preview_is_change_is_charge(sdk: Any, cast: Cast, price: str, country: str) -> None:
    customer = cast.customer(address={"country": country})
    subscription = cast.subscription(customer=customer, quantity=7, automatic_tax={"enabled": True})
    cast.door.post("age", customer=customer.id, seconds=777_777)
    sdk.customers.balance_transactions.create(customer.id, {"amount": -123, "currency": "usd"})
    wish = upgrade(cast, subscription, price, proration_date=cast.door.now())
    preview = sdk.invoices.create_preview(
        {"customer": customer.id, "subscription": subscription.id, "subscription_details": wish}
    )
    changed = sdk.subscriptions.update(
        subscription.id, {**wish, "payment_behavior": "pending_if_incomplete", "expand": ["latest_invoice"]}
    )
    invoice = changed.latest_invoice
    shown = [(line.amount, [tax.amount for tax in line.taxes]) for line in preview.lines.data]
    assert [(line.amount, [tax.amount for tax in line.taxes]) for line in invoice.lines.data] == shown
    for name in ("subtotal", "total", "starting_balance", "ending_balance", "amount_due"):
        assert getattr(invoice, name) == getattr(preview, name), name
    assert [tax.amount for tax in invoice.total_taxes] == [tax.amount for tax in preview.total_taxes]
    assert (invoice.status, invoice.amount_paid) == ("paid", preview.amount_due)
    assert cast.charges()[-1] == preview.amount_due
    assert changed.pending_update is None
    assert item(changed).price.id == cast.price(price)


def test_the_same_interval_keeps_the_billing_date_and_another_resets_it(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    cast.door.advance(days=10)
    monthly = sdk.subscriptions.update(subscription.id, upgrade(cast, subscription))
    assert monthly.billing_cycle_anchor == subscription.billing_cycle_anchor
    assert item(monthly).current_period_end == item(subscription).current_period_end
    yearly = sdk.subscriptions.update(
        subscription.id, {**upgrade(cast, subscription, "team-year"), "expand": ["latest_invoice"]}
    )
    credit, debit = [line.amount for line in yearly.latest_invoice.lines.data]
    assert debit == 10000
    assert -3252 < credit < 0
    assert yearly.billing_cycle_anchor >= cast.door.now() - 5
    assert (item(yearly).current_period_end - item(yearly).current_period_start) // 86400 in (365, 366)


def test_free_to_paid_bills_a_whole_period_from_now(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription("free")
    assert cast.charges() == []
    cast.door.advance(days=10)
    paid = sdk.subscriptions.update(
        subscription.id, {**upgrade(cast, subscription, "team"), "expand": ["latest_invoice"]}
    )
    assert paid.latest_invoice.amount_paid == 1000
    assert item(paid).current_period_start >= cast.door.now() - 5


def test_anchor_now_takes_no_proration_date(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    cast.door.advance(days=10)
    wish = upgrade(cast, subscription, billing_cycle_anchor="now")
    with pytest.raises(stripe.InvalidRequestError, match="proration_date"):
        sdk.subscriptions.update(subscription.id, {**wish, "proration_date": cast.door.now()})
    changed = sdk.subscriptions.update(subscription.id, {**wish, "expand": ["latest_invoice"]})
    assert changed.latest_invoice.lines.data[-1].amount == 3252
    assert changed.latest_invoice.lines.data[0].amount < 0


def test_a_proration_date_outside_the_period_is_refused(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    for date in (item(subscription).current_period_start - 1, item(subscription).current_period_end + 1):
        with pytest.raises(stripe.InvalidRequestError, match="billing period"):
            sdk.subscriptions.update(subscription.id, upgrade(cast, subscription, proration_date=date))


def test_a_downgrade_gives_credit_that_the_next_invoice_uses(sdk: Any, cast: Cast) -> None:
    customer = cast.customer()
    subscription = cast.subscription("business", customer=customer)
    date = cast.door.now()
    changed = sdk.subscriptions.update(
        subscription.id,
        {**upgrade(cast, subscription, "team", proration_date=date), "expand": ["latest_invoice"]},
    )
    invoice = changed.latest_invoice
    assert (invoice.status, invoice.amount_due) == ("paid", 0)
    assert invoice.ending_balance == invoice.total < 0
    credit = -sdk.customers.retrieve(customer.id).balance
    assert credit == -invoice.total
    row = sdk.customers.balance_transactions.list(customer.id).data[0]
    assert (row.invoice, row.amount) == (invoice.id, invoice.total)
    cast.door.advance(days=32)
    renewal = sdk.invoices.list({"subscription": subscription.id}).data[0]
    assert (renewal.total, renewal.starting_balance, renewal.amount_due) == (1000, -credit, 0)
    assert sdk.customers.retrieve(customer.id).balance == 1000 - credit
    assert cast.charges() == [3252]


def test_prorations_without_an_invoice_wait_for_the_next(sdk: Any, cast: Cast) -> None:
    subscription = cast.subscription()
    cast.door.advance(days=10)
    wish = {**upgrade(cast, subscription), "proration_behavior": "create_prorations"}
    details = {"subscription": subscription.id, "subscription_details": wish}
    preview = sdk.invoices.create_preview(details)
    sdk.subscriptions.update(subscription.id, wish)
    assert cast.charges() == [1000]
    upcoming = sdk.invoices.create_preview({"subscription": subscription.id})
    assert abs(upcoming.total - preview.total) <= 1  # a second may pass between the two
    assert [line.amount for line in upcoming.lines.data][-1] == 3252
    cast.door.advance(days=22)
    assert cast.charges() == [1000, upcoming.total]


def test_what_is_too_small_to_charge_goes_to_the_balance(sdk: Any, cast: Cast) -> None:
    customer = cast.customer(None)
    price = sdk.prices.create(
        {
            "currency": "usd",
            "unit_amount": 30,
            "product_data": {"name": "Crumb"},
            "recurring": {"interval": "month"},
        }
    )
    subscription = sdk.subscriptions.create({"customer": customer.id, "items": [{"price": price.id}]})
    assert subscription.status == "active"
    assert sdk.customers.retrieve(customer.id).balance == 30
    assert sdk.customers.balance_transactions.list(customer.id).data[0].type == "invoice_too_small"


def test_previews_without_a_subscription_and_of_renewals(sdk: Any, cast: Cast) -> None:
    customer = cast.customer(address={"country": "DE"})
    preview = sdk.invoices.create_preview(
        {
            "customer": customer.id,
            "automatic_tax": {"enabled": True},
            "subscription_details": {"items": [{"price": cast.price("team"), "quantity": 3}]},
        }
    )
    assert (preview.subtotal, preview.total, preview.parent) == (3000, 3570, None)
    subscription = cast.subscription(customer=customer)
    renewal = sdk.invoices.create_preview({"subscription": subscription.id})
    assert (renewal.total, renewal.billing_reason) == (1000, "subscription_cycle")
    assert renewal.lines.data[0].period.start == item(subscription).current_period_end
    details = {"cancel_at_period_end": True}
    with pytest.raises(stripe.InvalidRequestError) as nothing:
        sdk.invoices.create_preview({"subscription": subscription.id, "subscription_details": details})
    assert (nothing.value.http_status, nothing.value.code) == (404, "invoice_upcoming_none")


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
