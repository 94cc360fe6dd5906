"""A bank that wants to be asked: the old tier stays in force until the answer is yes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Order
from billing.orders import withdraw
from billing.settling import settle
from tests.billing.conftest import RETURN, Buyer

ASKS = "pm_card_authenticationRequired"


@pytest.fixture
def order(ada: Buyer) -> Order:
    ada.with_card().buy("team")
    ada.with_card(ASKS)
    order = ada.buy("business")
    assert order.is_pending
    assert order.pay_url
    assert ada.licence.tier.key == "team"
    return order


def test_approved_and_back_it_is_charged_once_and_applied(ada: Buyer, order: Order) -> None:
    assert ada.fill_in(order.pay_url, decision="approve").startswith(RETURN)
    order = settle(order_id=order.pk, at=timezone.now())
    assert order.state == Order.State.SETTLED
    assert ada.licence.tier.key == "business"
    assert [charge["amount"] for charge in ada.sandbox.charges()][1:] == [order.quote.due]


def test_refused_it_changes_nothing(ada: Buyer, order: Order) -> None:
    ada.fill_in(order.pay_url, decision="refuse")
    order = settle(order_id=order.pk, at=timezone.now())
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.DECLINED)
    assert ada.licence.tier.key == "team"
    assert len(ada.sandbox.charges()) == 1


def test_left_open_it_is_taken_back_before_stripe_lets_it_go(ada: Buyer, order: Order) -> None:
    order = settle(order_id=order.pk, at=order.accepted_at + timedelta(hours=22, minutes=1))
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.ABANDONED)
    assert ada.licence.tier.key == "team"
    assert not Order.objects.filter(state=Order.State.PENDING).exists()


def test_withdrawn_it_cannot_be_approved_any_more(ada: Buyer, order: Order) -> None:
    page = order.pay_url
    withdraw(order=order, actor=ada.actor, at=timezone.now())
    ada.fill_in(page, decision="approve")
    settle(order_id=order.pk, at=timezone.now())
    assert ada.licence.tier.key == "team"
    assert len(ada.sandbox.charges()) == 1


def test_a_first_purchase_that_the_bank_asks_about_is_free_tier_until_approved(ada: Buyer) -> None:
    order = ada.with_card(ASKS).buy("team")
    assert order.is_pending
    assert ada.licence.is_free
    ada.fill_in(order.pay_url, decision="approve")
    assert settle(order_id=order.pk, at=timezone.now()).state == Order.State.SETTLED
    assert ada.licence.tier.key == "team"
