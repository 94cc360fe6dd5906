"""Two at once: two tabs, a click beside a webhook, a withdrawal beside an approval. One charge, one licence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing.cancellation import cancel_at_period_end, undo_cancellation
from billing.models import Order
from billing.orders import QuoteChanged, UnableToAccept, withdraw
from billing.settling import settle
from billing.subscriptions import follow
from billing.tasks import settle_left_behind
from licensing.models import Notice
from tests.billing.conftest import Buyer, at_once


def late() -> Any:
    return settle_left_behind(at=timezone.now() + timedelta(minutes=1))


def test_two_clicks_on_one_quote_are_one_order_and_one_charge(ada: Buyer) -> None:
    ada.with_card().buy("team")
    quote = ada.quote("business")
    at_once(*[lambda: ada.accept(quote)] * 3)
    late()
    assert Order.objects.get(quote=quote).state == Order.State.SETTLED
    assert ada.charged()[1:] == [quote.due]


def test_two_clicks_on_a_first_purchase_open_one_subscription(ada: Buyer) -> None:
    quote = ada.with_card().quote("team")
    at_once(*[lambda: ada.accept(quote)] * 3)
    late()
    assert Order.objects.get(quote=quote).state == Order.State.SETTLED
    assert ada.charged() == [quote.due]
    assert len(ada.subscriptions()) == 1


def test_of_two_quotes_accepted_at_once_one_is_charged_and_the_other_is_told(ada: Buyer) -> None:
    ada.with_card().buy("team")
    quotes = [ada.quote("business"), ada.quote("team", seats=5)]
    answers = at_once(*[lambda quote=quote: ada.accept(quote) for quote in quotes])
    late()
    told = [each for each in answers if isinstance(each, UnableToAccept | QuoteChanged)]
    settled = Order.objects.filter(quote__in=quotes, state=Order.State.SETTLED)
    assert (len(told), settled.count()) == (1, 1)
    assert ada.charged()[1:] == [settled.get().quote.due]


def test_settled_by_return_page_webhook_and_sweep_at_once_it_is_applied_once(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    events = ada.events()
    at_once(
        lambda: settle(order_id=order.pk, at=timezone.now()),
        lambda: settle(order_id=order.pk, at=timezone.now()),
        lambda: ada.receive(*events),
        late,
    )
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert ada.charged() == [order.quote.due]
    assert Notice.objects.filter(kind="receipt").count() == 1


@pytest.mark.parametrize("first", [True, False], ids=["first purchase", "change"])
def test_approved_between_our_look_and_our_taking_back_it_is_paid_and_applied(
    ada: Buyer, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not first:
        ada.with_card().buy("team")
    ada.with_card("pm_card_authenticationRequired")
    order = ada.buy("business")
    void = gateway.void_invoice

    def approve_then_void(invoice_id: str) -> None:
        ada.fill_in(order.pay_url, decision="approve")
        void(invoice_id)

    monkeypatch.setattr(gateway, "void_invoice", approve_then_void)
    order = withdraw(order=order, actor=ada.actor, at=timezone.now())
    late()
    order.refresh_from_db()
    assert order.state == Order.State.SETTLED
    assert ada.licence.tier.key == "business"
    assert [each.status for each in ada.subscriptions()] == ["active"]


def test_withdrawn_between_two_requests_it_is_not_asked_for_any_further(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    quote = ada.quote("business")
    mark = gateway.mark_subscription

    def mark_then_withdraw(**asked: Any) -> None:
        mark(**asked)
        withdraw(order=Order.objects.get(quote=quote), actor=ada.actor, at=timezone.now())

    monkeypatch.setattr(gateway, "mark_subscription", mark_then_withdraw)
    order = ada.accept(quote)
    assert (order.state, order.failure) == (Order.State.FAILED, Order.Failure.WITHDRAWN)
    assert ada.licence.tier.key == "team"
    assert len(ada.charged()) == 1


def test_a_look_taken_before_stripe_was_asked_does_not_close_an_order_that_is_being_paid(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    quote = ada.quote("business")
    change = gateway.change_subscription

    def change_while_another_settles(**asked: Any) -> Any:
        settle(order_id=Order.objects.get(quote=quote).pk, at=timezone.now())
        answer = change(**asked)
        assert Order.objects.get(quote=quote).is_pending
        return answer

    monkeypatch.setattr(gateway, "change_subscription", change_while_another_settles)
    assert ada.accept(quote).state == Order.State.SETTLED


def test_a_look_taken_before_the_payment_shows_staff_nothing_once_it_is_settled(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It saw no invoice, and then, settled by another hand, that Stripe had answered."""
    ada.with_card().buy("team")
    quote = ada.quote("business")
    change, listed = gateway.change_subscription, gateway.list_invoices
    slow: dict[str, Any] = {}

    def look_while_another_pays(**asked: Any) -> Any:
        answer = listed(**asked)
        monkeypatch.setattr(gateway, "list_invoices", listed)
        slow["pays"]()
        return answer

    def change_after_a_slow_look_began(**asked: Any) -> Any:
        monkeypatch.setattr(gateway, "change_subscription", change)
        monkeypatch.setattr(gateway, "list_invoices", look_while_another_pays)
        slow["pays"] = lambda: ada.accept(quote)
        settle(order_id=Order.objects.get(quote=quote).pk, at=timezone.now())
        return change(**asked)

    monkeypatch.setattr(gateway, "change_subscription", change_after_a_slow_look_began)
    order = ada.accept(quote)
    order.refresh_from_db()
    assert (order.state, order.needs_staff) == (Order.State.SETTLED, "")
    assert ada.charged()[1:] == [quote.due]


def test_a_page_opened_for_an_order_that_was_withdrawn_meanwhile_cannot_be_paid(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    quote = ada.quote("team")
    create = gateway.create_checkout
    seen = {}

    def create_while_withdrawn(**asked: Any) -> Any:
        seen["page"] = create(**asked)
        withdraw(order=Order.objects.get(quote=quote), actor=ada.actor, at=timezone.now())
        return seen["page"]

    monkeypatch.setattr(gateway, "create_checkout", create_while_withdrawn)
    order = ada.accept(quote)
    assert order.state == Order.State.FAILED
    order.pay_url = seen["page"].url
    ada.pay_at_checkout(order)
    assert ada.charged() == []


def test_cancelling_and_undoing_at_once_leaves_what_stripe_says(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    ask = gateway.set_cancels_at_period_end

    def ask_then_undo_elsewhere(**asked: Any) -> Any:
        answer = ask(**asked)
        monkeypatch.setattr(gateway, "set_cancels_at_period_end", ask)
        undo_cancellation(customer=ada.customer, actor=ada.actor, at=timezone.now())
        return answer

    monkeypatch.setattr(gateway, "set_cancels_at_period_end", ask_then_undo_elsewhere)
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())
    assert [each.cancels_at_period_end for each in ada.subscriptions()] == [False]
    assert not ada.licence.cancels_at_period_end


def test_a_plan_that_ends_while_it_is_cancelled_is_free_and_not_cancelled(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.with_card().buy("team")
    ask = gateway.set_cancels_at_period_end

    def ask_then_it_ends(**asked: Any) -> Any:
        answer = ask(**asked)
        gateway.cancel_subscription(answer.stripe_id)
        follow(subscription_id=answer.stripe_id, at=timezone.now())
        return answer

    monkeypatch.setattr(gateway, "set_cancels_at_period_end", ask_then_it_ends)
    cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())
    assert ada.licence.is_free
    assert not ada.licence.cancels_at_period_end
    monkeypatch.undo()
    assert ada.buy("business").state == Order.State.SETTLED
