"""Payments that come late, and cards that say no: nothing paid is lost, nothing unpaid is granted."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway, inbox
from billing.models import Invoice, Order
from billing.prices import stripe_price_id
from billing.settling import close_failed, settle
from billing.tasks import settle_left_behind
from licensing.models import Licence, Price
from tests.billing.conftest import Buyer, Died, newcomer


def given_up(order: Order) -> Order:
    """As if we had taken an order for lost that Stripe could still be paid for."""
    return close_failed(order_id=order.pk, failure="abandoned", words="", at=timezone.now())


def test_an_order_given_up_and_paid_late_is_applied_by_its_webhook(ada: Buyer) -> None:
    order = ada.buy("team")
    given_up(order)
    ada.pay_at_checkout(order)
    ada.receive(*ada.events())
    order.refresh_from_db()
    assert (order.state, order.failure) == (Order.State.SETTLED, "")
    assert ada.licence.tier.key == "team"
    assert ada.charged() == [order.quote.due]


def test_another_price_put_on_the_subscription_by_hand_is_shown_to_staff_and_heals_itself(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team", seats=3)
    quote = ada.quote("team", seats=5)

    def dies(**_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("billing.orders.settle", dies)
        with pytest.raises(Died):
            ada.accept(quote)
    subscription = ada.subscriptions()[0]
    item = {"id": subscription.item_id, "quantity": 7}
    with gateway.client.asking() as v1:
        v1.subscriptions.update(subscription.stripe_id, {"items": [item], "proration_behavior": "none"})
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    order = Order.objects.get(quote=quote)
    assert order.is_pending
    assert "not applied" in order.needs_staff
    with gateway.client.asking() as v1:
        v1.subscriptions.update(
            subscription.stripe_id, {"items": [item | {"quantity": 5}], "proration_behavior": "none"}
        )
    settle_left_behind(at=timezone.now() + timedelta(minutes=2))
    order.refresh_from_db()
    assert (order.state, order.needs_staff, ada.licence.seats) == (Order.State.SETTLED, "", 5)


@pytest.mark.parametrize("number", ["4000000000000002", "4000000000009995", "4000000000000341"])
def test_each_card_that_says_no_at_checkout_leaves_the_page_open_for_another(ada: Buyer, number: str) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order, number=number)
    ada.receive(*ada.events())
    assert settle(order_id=order.pk, at=timezone.now()).is_pending
    assert (ada.charged(), ada.licence.is_free) == ([], True)
    ada.pay_at_checkout(order)
    assert settle(order_id=order.pk, at=timezone.now()).state == Order.State.SETTLED
    assert ada.charged() == [order.quote.due]


def test_a_bank_that_is_asked_at_checkout_charges_once(ada: Buyer) -> None:
    order = ada.buy("team")
    page = ada.pay_at_checkout(order, number="4000000000003220")
    assert settle(order_id=order.pk, at=timezone.now()).is_pending
    ada.fill_in(page, decision="approve")
    ada.receive(*ada.events())
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert ada.charged() == [order.quote.due]


def test_a_declined_upgrade_leaves_nothing_open_that_could_be_paid_later(ada: Buyer) -> None:
    ada.with_card().buy("team")
    ada.with_card("pm_card_chargeCustomerFail")
    order = ada.buy("business")
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.DECLINED)
    ada.receive(*ada.events())
    assert ada.subscriptions()[0].has_pending_update is False
    statuses = set(Invoice.objects.filter(customer=ada.customer).values_list("status", flat=True))
    assert statuses == {"paid", "void"}
    assert ada.licence.state == Licence.State.ACTIVE


def test_a_declined_first_purchase_leaves_no_subscription_behind(ada: Buyer) -> None:
    ada.with_card("pm_card_chargeCustomerFail").buy("team")
    assert ada.subscriptions() == []
    assert ada.with_card().buy("team").state == Order.State.SETTLED


def test_a_card_changed_while_the_bank_waits_pays_after_withdrawing(ada: Buyer) -> None:
    ada.with_card().buy("team")
    ada.with_card("pm_card_authenticationRequired")
    waiting = ada.buy("business")
    ada.with_card()
    ada.receive(*ada.events())
    assert settle(order_id=waiting.pk, at=timezone.now()).is_pending
    settle(order_id=waiting.pk, at=timezone.now(), withdrawn_by=ada.actor)
    order = ada.buy("business")
    assert order.state == Order.State.SETTLED
    assert ada.charged()[1:] == [order.quote.due]


def test_who_is_past_due_pays_on_stripes_page_and_is_active_again(ada: Buyer) -> None:
    ada.with_card().buy("team")
    ada.with_card("pm_card_chargeCustomerFail")
    at = ada.let_pass(days=32)
    ada.receive(*ada.events(), at=at)
    assert ada.licence.state == Licence.State.PAST_DUE
    owed = Invoice.objects.get(customer=ada.customer, status="open")
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Ada", "saved": ""}
    ada.fill_in(owed.hosted_url, **card)
    ada.receive(*ada.events(), at=at)
    assert ada.licence.state == Licence.State.ACTIVE
    assert ada.charged()[1:] == [owed.amount_due]
    paid = Invoice.objects.get(pk=owed.pk).paid_with
    with gateway.client.asking() as v1:
        assert v1.payment_methods.retrieve(paid).to_dict()["card"]["last4"] == "4242"
    assert paid != ada.payer.payment_method_id, "the card that was declined did not pay"


def test_a_refund_takes_nothing_away_by_itself(ada: Buyer) -> None:
    ada.with_card().buy("team")
    with gateway.client.asking() as v1:
        v1.refunds.create({"charge": ada.sandbox.charges()[0]["id"]})
    ada.receive(*ada.events())
    assert ada.licence.tier.key == "team"


def test_the_card_of_checkout_is_kept_though_the_answer_to_keeping_it_was_lost(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    ada.fault("500_before", path="/v1/customers/", method="POST")
    assert settle(order_id=order.pk, at=timezone.now()).state == Order.State.SETTLED
    ada.receive(*ada.events())
    seen = gateway.fetch_payer(ada.payer.stripe_id)
    assert seen.card is not None
    assert ada.payer.has_card


def test_events_about_customers_that_are_not_ours_are_done_with(ada: Buyer) -> None:
    stranger = newcomer(ada.sandbox).with_card()
    gateway.create_subscription(
        customer_id=stranger.payer.stripe_id,
        price_id=stripe_price_id(Price.objects.get(lookup_key="team-2026-01-month-usd"), at=timezone.now()),
        quantity=3,
        order_id="of-another-shop",
        idempotency_key="of-another-shop",
    )
    stranger.payer.delete()
    ada.receive(*ada.events())
    assert inbox.drain(at=timezone.now() + timedelta(minutes=1)) == {"handled": 0, "put_off": 0}


def test_neither_key_nor_body_nor_card_reaches_the_log(
    ada: Buyer, caplog: pytest.LogCaptureFixture, settings: Any
) -> None:
    caplog.set_level(logging.INFO)
    ada.with_card().buy("team")
    quote = ada.quote("business")
    ada.fault("500_after", path="/v1/subscriptions/.*", method="POST", after=1)
    order = ada.accept(quote)
    ada.fault("500_before", path="/v1/invoices", method="GET")
    settle_left_behind(at=timezone.now() + timedelta(minutes=1))
    ada.receive(*ada.events(), {**ada.events()[0], "id": "evt_x", "type": "invoice.paid"})
    for secret in (
        settings.STRIPE_SECRET_KEY,
        settings.STRIPE_WEBHOOK_SECRET,
        f"order-{order.pk}",
        "livemode",
        ada.user.email,
    ):
        assert secret not in caplog.text
