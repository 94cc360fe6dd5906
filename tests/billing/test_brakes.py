"""While a brake holds nobody is charged and everybody is told; what was paid is settled all the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import asking, brakes, orders
from billing.brakes import UnableToBrake, let_go, park, stop_charging
from billing.models import Attempt, Brake, Order
from billing.orders import UnableToAccept
from billing.quotes import UnableToQuote
from billing.settling import settle
from billing.tasks import give_back_left_behind, settle_left_behind
from licensing.history import COMMAND
from licensing.models import Event
from tests.billing.conftest import Buyer, newcomer
from tests.billing.test_paid_twice import both_paid, refunds

WHY = "Something is odd at the processor."


def stop() -> Brake:
    return stop_charging(actor=COMMAND, reason=WHY, at=timezone.now())


def sweep(buyer: Buyer, order: Order, **later: float) -> Order:
    settle_left_behind(at=timezone.now() + timedelta(**later or {"minutes": 1}))
    return Order.objects.get(pk=order.pk)


def asked_to_charge(buyer: Buyer) -> int:
    """How many requests of this run could have moved money."""
    paths = ("/v1/subscriptions", "/v1/checkout/sessions")
    requests = [r for r in buyer.sandbox.requests() if r["method"] == "POST" and r["path"].startswith(paths)]
    return len([r for r in requests if not r["path"].endswith("/expire")])


def test_while_all_charging_is_stopped_nobody_is_quoted_and_everybody_is_told_why(ada: Buyer) -> None:
    brake = stop()
    for buyer in (ada, newcomer(ada.sandbox)):
        with pytest.raises(UnableToQuote) as refusal:
            buyer.with_card().quote("team")
        assert [reason.rule for reason in refusal.value.reasons] == ["paying-is-on"]
    assert str(refusal.value) == "Paying is switched off for a moment."
    assert asked_to_charge(ada) == 0
    let_go(brake=brake, actor=COMMAND, reason="It was nothing.", at=timezone.now())
    assert ada.buy("team").state == Order.State.SETTLED


def test_a_quote_from_before_is_not_accepted(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    stop()
    with pytest.raises(UnableToAccept) as refusal:
        ada.accept(quote)
    assert [reason.rule for reason in refusal.value.reasons] == ["paying-is-on"]
    assert ada.charged() == []


def stop_once_the_order_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = orders._open_order

    def open_then_stop(*args: Any, **kwargs: Any) -> Order:
        order = opened(*args, **kwargs)
        stop()
        return order

    monkeypatch.setattr(orders, "_open_order", open_then_stop)


def test_stopped_between_the_click_and_the_asking_nothing_is_asked(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_once_the_order_is_written(monkeypatch)
    order = ada.with_card().buy("team")
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.STOPPED)
    assert ada.licence.is_free
    assert (ada.charged(), asked_to_charge(ada), Attempt.objects.count()) == ([], 0, 0)


def test_without_the_look_at_the_brakes_it_would_be_charged(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking.brakes, "may_charge", lambda customer_id, *, anew, at: True)
    stop_once_the_order_is_written(monkeypatch)
    ada.with_card().buy("team")
    assert len(ada.charged()) == 1


def test_what_stripe_has_not_answered_is_looked_for_and_not_asked_again_until_let_go(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    ada.fault("500_before", path="/v1/subscriptions", method="POST")
    order = ada.accept(quote)
    assert order.is_pending
    brake, asked = stop(), asked_to_charge(ada)
    assert sweep(ada, order).is_pending
    assert (ada.charged(), asked_to_charge(ada)) == ([], asked)
    let_go(brake=brake, actor=COMMAND, reason="All is well.", at=timezone.now())
    assert sweep(ada, order).state == Order.State.SETTLED
    assert ada.charged() == [quote.due]


def test_what_was_charged_before_the_stop_is_settled_under_it(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    ada.fault("close_connection", path="/v1/subscriptions", method="POST")
    ada.fault("500_before", path="/v1/invoices", method="GET")
    order = ada.accept(quote)
    assert order.is_pending
    stop()
    assert sweep(ada, order).state == Order.State.SETTLED
    assert ada.charged() == [quote.due]


def test_an_open_payment_page_is_closed_so_that_nobody_pays_there(ada: Buyer) -> None:
    order = ada.buy("team")
    stop()
    stopped = sweep(ada, order)
    assert (stopped.state, stopped.failure) == (Order.State.FAILED, Order.Failure.STOPPED)
    ada.pay_at_checkout(order)
    assert ada.charged() == []
    assert ada.licence.is_free


def test_a_page_that_was_paid_before_the_stop_is_applied(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    stop()
    assert settle(order_id=order.pk, at=timezone.now()).state == Order.State.SETTLED


def test_the_banks_question_is_taken_back(ada: Buyer) -> None:
    order = ada.with_card("pm_card_authenticationRequired").buy("team")
    assert order.is_pending
    assert order.pay_url
    stop()
    assert sweep(ada, order).failure == Order.Failure.STOPPED
    assert (ada.charged(), ada.subscriptions()) == ([], [])


def test_whoever_was_charged_often_enough_in_a_day_is_parked_and_nobody_else(
    ada: Buyer, settings: Any
) -> None:
    settings.CHARGES_A_DAY = 2
    other = newcomer(ada.sandbox).with_card()
    ada.with_card()
    assert [ada.buy(tier).state for tier in ("team", "business")] == ["settled", "settled"]
    charged = ada.charged()
    order = ada.buy("scale", seats=5)
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.STOPPED)
    assert ada.charged() == charged
    brake = Brake.objects.get()
    assert (brake.customer, brake.pulled_by_words) == (ada.customer, "the clock")
    assert Event.objects.filter(customer=ada.customer, kind="customer_parked").count() == 1
    with pytest.raises(UnableToQuote) as refusal:
        ada.quote("scale", seats=5)
    assert "paused for your organisation" in str(refusal.value)
    assert other.buy("team").state == Order.State.SETTLED

    let_go(brake=brake, actor=COMMAND, reason="They were trying things out.", at=timezone.now())
    assert Event.objects.get(kind="customer_released").reason == "They were trying things out."
    assert ada.buy("scale", seats=5).state == Order.State.SETTLED


def test_declined_askings_count_and_yesterdays_do_not(ada: Buyer, settings: Any) -> None:
    settings.CHARGES_A_DAY = 1
    assert ada.with_card("pm_card_chargeCustomerFail").buy("team").failure == Order.Failure.DECLINED
    assert brakes._asked_since(ada.customer.pk, timezone.now() - brakes.A_DAY) == 1
    Attempt.objects.update(first_asked_at=timezone.now() - timedelta(hours=25))
    assert ada.with_card().buy("team").state == Order.State.SETTLED
    assert ada.buy("business").failure == Order.Failure.STOPPED


def test_a_brake_is_pulled_once_and_let_go_once(ada: Buyer) -> None:
    brake = stop()
    with pytest.raises(UnableToBrake):
        stop()
    park(customer=ada.customer, actor=COMMAND, reason=WHY, at=timezone.now())
    let_go(brake=brake, actor=COMMAND, reason="Well.", at=timezone.now())
    with pytest.raises(UnableToBrake):
        let_go(brake=brake, actor=COMMAND, reason="Well.", at=timezone.now())
    assert brakes.stop_for(ada.customer.pk) == "customer"


def test_what_goes_back_waits_too_while_the_second_subscription_ends_at_once(ada: Buyer) -> None:
    second = both_paid(ada)
    brake = stop()
    settle(order_id=second.pk, at=timezone.now())
    give_back_left_behind(at=timezone.now())
    assert (refunds(ada), len(ada.subscriptions())) == ([], 1)
    let_go(brake=brake, actor=COMMAND, reason="All is well.", at=timezone.now())
    give_back_left_behind(at=timezone.now())
    assert refunds(ada) == [second.quote.due]
