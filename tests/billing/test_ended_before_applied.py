"""A paid order whose subscription ended before anybody looked ends as if somebody had looked in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing.invariants import violations
from billing.models import Order
from billing.settling import close_failed, settle
from billing.tasks import settle_left_behind
from licensing.models import Event, Notice
from licensing.terms import storefront
from licensing.trials import start_trial
from portal.facts import facts_of
from tests.billing.conftest import Buyer, Died

LATER = timedelta(minutes=1)


def paid_change(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> Order:
    """A change to Business that is paid at Stripe and seen by nobody here; Team is held."""
    if ada.licence.is_free:
        ada.with_card().buy("team")
    quote = ada.quote("business")

    def dies(**_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("billing.orders.settle", dies)
        with pytest.raises(Died):
            ada.accept(quote)
    return Order.objects.get(quote=quote)


def ends(ada: Buyer) -> None:
    """Somebody ends the subscription at Stripe, at once."""
    gateway.cancel_subscription(ada.subscriptions()[0].stripe_id)


def assert_settled_and_ended(ada: Buyer, order: Order) -> None:
    order.refresh_from_db()
    assert (order.state, order.charged) == (Order.State.SETTLED, order.quote.due)
    assert ada.licence.is_free
    assert ada.subscriptions() == []
    history = Event.objects.filter(customer=ada.customer, kind__startswith="licence_").order_by("pk")
    assert [event.kind for event in history][-2:] == ["licence_moved", "licence_ended"]
    assert Notice.objects.filter(kind="receipt", subject=f"order:{order.pk}").count() == 1
    assert Notice.objects.filter(kind="licence_ended").count() == 1
    assert violations() == []


def test_a_paid_change_is_settled_and_ends_and_staff_are_told_about_the_money(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = paid_change(ada, monkeypatch)
    ends(ada)
    assert settle_left_behind(at=timezone.now() + LATER) == {"settled": 1, "failed": 0, "still_pending": 0}
    assert_settled_and_ended(ada, order)
    assert order.needs_staff == (
        f"Charged ${order.quote.due / 100:,.2f}, and the subscription ended before that was applied: the "
        "customer had nothing of it. If it should go back, refund it at Stripe; then mark this as dealt with."
    )


@pytest.mark.parametrize("newest_first", [False, True])
def test_whichever_event_comes_first_it_ends_the_same(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch, newest_first: bool
) -> None:
    order = paid_change(ada, monkeypatch)
    ends(ada)
    told = ada.events()
    for event in reversed(told) if newest_first else told:
        ada.receive(event)
    assert_settled_and_ended(ada, order)


def test_whatever_it_billed_last_is_no_obstacle_any_more(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid_change(ada, monkeypatch)
    (subscription,) = ada.subscriptions()
    with gateway.client.asking() as v1:
        item = {"id": subscription.item_id, "quantity": 7}
        v1.subscriptions.update(subscription.stripe_id, {"items": [item], "proration_behavior": "none"})
    ends(ada)
    settle(order_id=order.pk, at=timezone.now())
    assert_settled_and_ended(ada, order)


def test_a_first_purchase_is_settled_and_ends_too(ada: Buyer) -> None:
    order = ada.buy("team")
    ada.pay_at_checkout(order)
    ends(ada)
    settle(order_id=order.pk, at=timezone.now())
    assert_settled_and_ended(ada, order)


def test_a_page_taken_for_lost_and_paid_before_its_subscription_ended_is_settled_and_ends(ada: Buyer) -> None:
    order = ada.buy("team")
    close_failed(order_id=order.pk, failure="abandoned", words="", at=timezone.now())
    ada.pay_at_checkout(order)
    ends(ada)
    settle(order_id=order.pk, at=timezone.now())
    assert_settled_and_ended(ada, order)


def test_the_customer_can_order_anything_else_at_once(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    order = paid_change(ada, monkeypatch)
    ends(ada)
    settle(order_id=order.pk, at=timezone.now())
    assert ada.buy("business").state == Order.State.SETTLED
    assert ada.licence.tier.key == "business"
    assert len(ada.subscriptions()) == 1


def test_a_trial_that_runs_goes_on(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.with_card().buy("team")
    today, at = storefront().edition, timezone.now()
    situation = facts_of(ada.customer, today=today, at=at).situation
    trial = start_trial(situation=situation, tier=today.tier("business"), actor=ada.actor, at=at)
    order = paid_change(ada, monkeypatch)
    ends(ada)
    settle(order_id=order.pk, at=timezone.now())
    assert ada.licence.is_free
    trial.refresh_from_db()
    assert trial.ended_at is None
