"""Two of Stripe's pages paid for one plan: one subscription lives, and the other payment goes back, once and whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import gateway
from billing.answers import StripeRefused
from billing.models import Attempt, Invoice, Order
from billing.settling import close_failed, settle
from billing.tasks import give_back_left_behind, settle_left_behind
from licensing.models import Event, Notice
from tests.billing.conftest import Buyer, Died

LATER = timedelta(minutes=2)


def refunds(ada: Buyer) -> list[int]:
    """What went back to Ada's cards, in minor units."""
    with gateway.client.asking() as v1:
        return [each.amount for each in v1.refunds.list({"limit": 100}).auto_paging_iter()]


def pages(ada: Buyer) -> tuple[Order, Order]:
    """Two pages that can both be paid: the first was taken for lost here, and is open at Stripe."""
    first = ada.buy("team")
    close_failed(order_id=first.pk, failure="abandoned", words="", at=timezone.now())
    return first, ada.buy("business")


def both_paid(ada: Buyer) -> Order:
    """Both pages paid and the first one settled; the second one, which nobody has looked at yet."""
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.pay_at_checkout(second)
    assert settle(order_id=first.pk, at=timezone.now()).state == Order.State.SETTLED
    return second


def keys_of(ada: Buyer, path: str) -> list[str]:
    return [
        each["idempotency_key"]
        for each in ada.sandbox.requests()
        if each["method"] == "POST" and each["path"].endswith(path)
    ]


@pytest.mark.proves("paid-twice")
def test_one_subscription_lives_and_the_other_payment_goes_back_whole(ada: Buyer) -> None:
    second = both_paid(ada)
    ada.receive(*ada.events())
    second.refresh_from_db()
    assert (second.state, second.failure) == (Order.State.FAILED, Order.Failure.TWICE)
    assert (second.charged, second.refunded) == (second.quote.due, second.quote.due)
    assert refunds(ada) == [second.quote.due]
    assert [each.order_id for each in ada.subscriptions()] != [str(second.pk)]
    assert len(ada.subscriptions()) == 1
    assert ada.licence.tier.key == "team"


def test_staff_see_it_the_history_keeps_it_and_the_customer_is_told_once(ada: Buyer) -> None:
    second = both_paid(ada)
    for _ in range(3):
        settle(order_id=second.pk, at=timezone.now())
        ada.receive(*ada.events())
        give_back_left_behind(at=timezone.now())
    second.refresh_from_db()
    amount = f"${second.quote.due / 100:,.2f}"
    assert second.needs_staff == (
        f"Paid a second time: {amount} was given back, and the second subscription cancelled. "
        "Nothing is left to do."
    )
    told = Event.objects.filter(subject=f"order:{second.pk}").order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["order_accepted", "order_failed", "order_paid_twice", "payment_given_back"]
    assert Notice.objects.filter(kind="payment_given_back", subject=f"order:{second.pk}").count() == 1
    assert Notice.objects.filter(kind="receipt").count() == 1
    assert keys_of(ada, "/v1/refunds") == [f"order-{second.pk}-refund"]


def test_a_page_taken_for_lost_and_paid_after_another_purchase_is_given_back(ada: Buyer) -> None:
    late = ada.buy("team")
    close_failed(order_id=late.pk, failure="abandoned", words="", at=timezone.now())
    ada.with_card().buy("business")
    ada.pay_at_checkout(late)
    ada.receive(*ada.events())
    late.refresh_from_db()
    assert (late.failure, late.refunded) == (Order.Failure.ABANDONED, late.quote.due)
    assert ada.licence.tier.key == "business"
    assert [each.order_id for each in ada.subscriptions()] != [str(late.pk)]
    assert Invoice.objects.get(stripe_id=late.stripe_invoice_id).amount_paid == late.quote.due


def test_credit_that_the_second_payment_used_is_credit_again(ada: Buyer) -> None:
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.credited(5000)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 0
    second = settle(order_id=second.pk, at=timezone.now())
    assert (second.refunded, refunds(ada)) == (second.quote.total - 5000, [second.quote.total - 5000])
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 5000
    assert "$50.00 put back as credit" in second.needs_staff


def test_a_debt_that_the_second_payment_settled_stands_again(ada: Buyer) -> None:
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.credited(-30)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    second = settle(order_id=second.pk, at=timezone.now())
    assert second.refunded == second.charged == second.quote.total + 30
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == -30


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/v1/subscriptions/"), ("POST", "/v1/refunds"), ("POST", "/balance_transactions")],
)
@pytest.mark.parametrize("kind", ["500_before", "close_connection", "429", "409"])
def test_what_is_not_answered_is_asked_again_with_the_same_key(
    ada: Buyer, method: str, path: str, kind: str
) -> None:
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.credited(700)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    ada.fault(kind, method=method, path=path)
    assert settle(order_id=second.pk, at=timezone.now()).refunded is None
    assert "is being given back" in Order.objects.get(pk=second.pk).needs_staff
    assert give_back_left_behind(at=timezone.now() + LATER) == {"given_back": 1, "owed_back": 0}
    second.refresh_from_db()
    assert refunds(ada) == [second.refunded] == [second.charged]
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 700
    assert len(set(keys_of(ada, "/v1/refunds"))) == 1
    assert give_back_left_behind(at=timezone.now() + LATER) == {"given_back": 0, "owed_back": 0}


def test_decided_and_then_died_the_sweep_carries_on(ada: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    second = both_paid(ada)

    def dies(**_: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("billing.settling.give_back", dies)
        with pytest.raises(Died):
            settle(order_id=second.pk, at=timezone.now())
    assert set(Attempt.objects.filter(order=second, step="refund").values_list("outcome", flat=True)) == {
        "asked"
    }
    settle_left_behind(at=timezone.now() + LATER)
    give_back_left_behind(at=timezone.now() + LATER)
    assert refunds(ada) == [second.quote.due]


@pytest.mark.parametrize("kind", ["close_connection", "500_before"])
def test_when_the_key_is_too_old_our_mark_is_looked_for_first(ada: Buyer, kind: str) -> None:
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.credited(700)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    ada.fault(kind, method="POST", path="/v1/refunds")
    settle(order_id=second.pk, at=timezone.now())
    ada.fault(kind, method="POST", path="/balance_transactions")
    give_back_left_behind(at=timezone.now())
    later = ada.let_pass(hours=25)
    give_back_left_behind(at=later)
    second.refresh_from_db()
    assert refunds(ada) == [second.refunded] == [second.charged]
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 700


def test_what_staff_gave_back_at_stripe_by_hand_is_not_given_back_again(ada: Buyer) -> None:
    second = both_paid(ada)
    invoice = gateway.list_invoices(customer_id=ada.payer.stripe_id, since=second.accepted_at - LATER)[0]
    payment = gateway.fetch_invoice(invoice.stripe_id).payment_intent_id
    with gateway.client.asking() as v1:
        v1.refunds.create({"payment_intent": payment})
    second = settle(order_id=second.pk, at=timezone.now())
    assert refunds(ada) == [second.refunded] == [second.quote.due]


def test_what_stripe_refuses_to_give_back_is_left_to_staff_and_nothing_untrue_is_said(
    ada: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = both_paid(ada)

    def refuses(**_: Any) -> None:
        raise StripeRefused("Charge is disputed.", code="charge_disputed")

    monkeypatch.setattr(gateway, "refund_payment", refuses)
    second = settle(order_id=second.pk, at=timezone.now())
    assert (second.refunded, refunds(ada)) == (0, [])
    assert "refuses to undo it. refund: Charge is disputed." in second.needs_staff
    assert not Notice.objects.filter(kind="payment_given_back").exists()
    assert give_back_left_behind(at=timezone.now() + LATER) == {"given_back": 0, "owed_back": 0}


def test_where_the_first_subscription_ended_unheard_of_the_payment_is_no_second_one(ada: Buyer) -> None:
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    settle(order_id=first.pk, at=timezone.now())
    gateway.cancel_subscription(ada.subscriptions()[0].stripe_id)
    ada.pay_at_checkout(second)
    second = settle(order_id=second.pk, at=timezone.now())
    assert (second.state, ada.licence.tier.key) == (Order.State.SETTLED, "business")
    assert refunds(ada) == []


def test_once_it_is_to_be_given_back_it_is_never_applied_though_the_licence_is_free_again(ada: Buyer) -> None:
    second = both_paid(ada)
    ada.fault("500_before", method="POST", path="/v1/refunds")
    settle(order_id=second.pk, at=timezone.now())
    gateway.cancel_subscription(ada.subscriptions()[0].stripe_id)
    ada.receive(*ada.events())
    assert ada.licence.is_free
    second = settle(order_id=second.pk, at=timezone.now() + LATER)
    assert (second.state, refunds(ada)) == (Order.State.FAILED, [second.quote.due])
    assert ada.licence.is_free


def test_the_database_lets_no_given_back_order_settle(ada: Buyer) -> None:
    second = settle(order_id=both_paid(ada).pk, at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=second.pk).update(state=Order.State.SETTLED)


def test_the_next_purchase_is_free_to_go_on(ada: Buyer) -> None:
    settle(order_id=both_paid(ada).pk, at=timezone.now())
    assert ada.buy("business").state == Order.State.SETTLED
    assert len(ada.subscriptions()) == 1
