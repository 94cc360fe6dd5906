"""The first purchase, on Stripe's hosted page: whatever comes first or not at all, one charge and one licence."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.models import Invoice, Order
from billing.orders import withdraw
from billing.settling import settle
from billing.tasks import settle_left_behind
from licensing.models import Notice
from tests.billing.conftest import RETURN, Buyer


def paid_once(ada: Buyer, order: Order) -> None:
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert [charge["amount"] for charge in ada.sandbox.charges()] == [order.quote.due]
    assert order.charged == order.quote.due
    assert ada.licence.tier.key == "team"
    assert Notice.objects.filter(kind="receipt").count() == 1
    paid_with = Invoice.objects.get(stripe_id=order.stripe_invoice_id).paid_with
    assert ada.payer.has_card
    assert paid_with == ada.payer.payment_method_id, "so that the receipt names the card"


def test_nothing_is_granted_until_it_is_paid(ada: Buyer) -> None:
    order = ada.buy("team")
    assert (order.state, order.way) == (Order.State.PENDING, Order.Way.CHECKOUT)
    assert order.pay_url.startswith(ada.sandbox.url)
    assert settle(order_id=order.pk, at=timezone.now()).is_pending
    assert ada.licence.is_free


def test_the_return_page_settles(ada: Buyer) -> None:
    order = ada.buy("team")
    assert ada.pay_at_checkout(order).startswith(RETURN)
    settle(order_id=order.pk, at=timezone.now())
    paid_once(ada, order)


def test_the_webhook_alone_settles_when_the_browser_was_closed(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    ada.receive(*ada.events())
    paid_once(ada, order)


def test_the_sweep_alone_settles_when_the_webhook_is_lost_too(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    assert settle_left_behind(at=timezone.now() + timedelta(minutes=1))["settled"] == 1
    paid_once(ada, order)


def test_events_twice_and_in_any_order_settle_once(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    events = ada.events()
    ada.receive(*reversed(events))
    settle(order_id=order.pk, at=timezone.now())
    ada.receive(*events)
    paid_once(ada, order)


def test_the_card_stays_on_file_for_the_next_time(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    settle(order_id=order.pk, at=timezone.now())
    assert (ada.payer.card_brand, ada.payer.card_last4) == ("visa", "4242")
    assert ada.buy("business").state == Order.State.SETTLED


def test_a_declined_card_at_checkout_charges_nothing_and_can_be_tried_again(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order, number="4000000000000002")
    assert settle(order_id=order.pk, at=timezone.now()).is_pending
    assert ada.sandbox.charges() == []
    ada.pay_at_checkout(order)
    settle(order_id=order.pk, at=timezone.now())
    paid_once(ada, order)


def test_withdrawing_closes_the_page_so_that_it_cannot_be_paid_any_more(ada: Buyer) -> None:
    order = ada.buy("team")
    page = order.pay_url
    order = withdraw(order=order, actor=ada.actor, at=timezone.now())
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.WITHDRAWN)
    order.pay_url = page
    ada.pay_at_checkout(order)
    assert ada.sandbox.charges() == []
    assert ada.licence.is_free


def test_withdrawing_what_was_paid_meanwhile_settles_it(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    withdraw(order=order, actor=ada.actor, at=timezone.now())
    paid_once(ada, order)


def test_a_page_left_open_expires_and_everything_stays_as_it_was(ada: Buyer) -> None:
    order = ada.buy("team")
    at = ada.let_pass(hours=2)
    order = settle(order_id=order.pk, at=at)
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.ABANDONED)
    assert ada.licence.is_free
