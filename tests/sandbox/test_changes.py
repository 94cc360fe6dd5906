"""Subscriptions change: what is previewed is what is changed is what is charged."""

from __future__ import annotations

import random
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


@pytest.mark.parametrize("seed", range(3))
def test_any_walk_of_changes_is_charged_as_previewed(sdk: Any, cast: Cast, seed: int) -> None:
    dice = random.Random(seed)
    customer = cast.customer(address={"country": dice.choice(["DE", "US", "FR"])})
    subscription = cast.subscription(customer=customer, automatic_tax={"enabled": True})
    for _ in range(6):
        cast.door.post("age", customer=customer.id, seconds=dice.randrange(5_000_000))
        subscription = sdk.subscriptions.retrieve(subscription.id)
        change = {
            "price": cast.price(dice.choice(["team", "business", "team-year"])),
            "quantity": dice.randrange(1, 9),
        }
        wish = {
            "items": [{"id": item(subscription).id, **change}],
            "proration_behavior": "always_invoice",
            "proration_date": cast.door.now(),
        }
        before = len(cast.charges())
        preview = sdk.invoices.create_preview({"subscription": subscription.id, "subscription_details": wish})
        strict = {**wish, "payment_behavior": "error_if_incomplete", "expand": ["latest_invoice"]}
        changed = sdk.subscriptions.update(subscription.id, strict)
        if not preview.lines.data or preview.billing_reason == "subscription_cycle":
            assert len(cast.charges()) == before
            continue
        assert [line.amount for line in changed.latest_invoice.lines.data] == [
            line.amount for line in preview.lines.data
        ]
        assert cast.charges()[before:] == ([preview.amount_due] if preview.amount_due else [])
        assert sdk.customers.retrieve(customer.id).balance == preview.ending_balance
