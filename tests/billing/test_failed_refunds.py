"""A refund that fails weeks after it was made: noted once, said to staff and to whoever was told that it went back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from billing import gateway
from billing.invariants import violations
from billing.models import Attempt, Order, StripeEvent
from billing.reconcile import reconcile
from billing.settling import settle
from billing.tasks import give_back_left_behind
from licensing.history import COMMAND
from licensing.models import Event, Notice
from tests.billing.conftest import Buyer
from tests.billing.test_paid_twice import LATER, both_paid, pages, refunds

KINDS = ("refund.failed", "charge.refund.updated")


def given_back(ada: Buyer) -> Order:
    """A second payment that went back, with everything heard of it."""
    second = settle(order_id=both_paid(ada).pk, at=timezone.now())
    ada.receive(*ada.events())
    return second


def fails(ada: Buyer, order: Order) -> list[dict[str, Any]]:
    """The bank sends the order's refund back; what Stripe tells of it."""
    known = len(ada.events())
    refund = Attempt.objects.get(order=order, step="refund").answer["refund"]
    ada.sandbox.control("refunds/fail", refund=refund, reason="lost_or_stolen_card")
    return ada.events()[known:]


def dollars(amount: int) -> str:
    return f"${amount / 100:,.2f}"


@pytest.mark.parametrize("kind", KINDS)
def test_staff_are_told_what_to_do_and_whoever_was_told_is_told_the_new_truth(ada: Buyer, kind: str) -> None:
    second = given_back(ada)
    ada.receive(*(event for event in fails(ada, second) if event["type"] == kind))
    second.refresh_from_db()
    assert (second.charged, second.refunded) == (second.quote.due, 0)
    assert second.needs_staff == (
        f"Paid a second time; {dollars(second.quote.due)} came back to your balance at Stripe. Pay it another way. "
        "refund: The refund has failed: lost or stolen card."
    )
    event = Event.objects.get(kind="refund_failed")
    assert (event.before["refunded"], event.after["refunded"]) == (second.quote.due, 0)
    assert Notice.objects.filter(kind="refund_failed", subject=f"order:{second.pk}").count() == 1
    assert violations() == []


def test_however_often_and_in_whatever_order_it_is_told_it_is_noted_once(ada: Buyer) -> None:
    second = given_back(ada)
    told = fails(ada, second)
    ada.receive(*reversed(told))
    for number, event in enumerate(told):
        ada.receive({**event, "id": f"evt_again_{number}"})
    give_back_left_behind(at=timezone.now() + LATER)
    settle(order_id=second.pk, at=timezone.now())
    assert Event.objects.filter(kind="refund_failed").count() == 1
    assert Notice.objects.filter(kind="refund_failed").count() == 1
    assert refunds(ada) == [second.quote.due], "nothing else was given back by itself"
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 0


def test_the_event_is_not_believed_that_says_a_refund_failed(ada: Buyer) -> None:
    second = given_back(ada)
    (told,) = [event for event in ada.events() if event["type"] == "refund.created"]
    told["data"]["object"]["status"] = "failed"
    ada.receive({**told, "id": "evt_forged", "type": "refund.failed"})
    second.refresh_from_db()
    assert second.refunded == second.quote.due
    assert not Notice.objects.filter(kind="refund_failed").exists()


def test_what_staff_gave_back_anew_before_we_heard_of_it_is_counted_until_it_fails_too(ada: Buyer) -> None:
    second = given_back(ada)
    told = fails(ada, second)
    with gateway.client.asking() as v1:
        v1.refunds.create(
            {"payment_intent": gateway.fetch_invoice(second.stripe_invoice_id).payment_intent_id}
        )
    ada.receive(*told)
    second.refresh_from_db()
    assert second.refunded == second.quote.due
    assert not Notice.objects.filter(kind="refund_failed").exists()
    ada.receive(*fails(ada, second))
    second.refresh_from_db()
    assert second.refunded == 0
    assert Notice.objects.filter(kind="refund_failed").count() == 1


@pytest.mark.parametrize("answered", [True, False])
def test_failed_before_anybody_was_told_only_the_truth_is_said(ada: Buyer, answered: bool) -> None:
    """While the balance cannot be put right yet; the refund's answer has come, or was lost."""
    first, second = pages(ada)
    ada.pay_at_checkout(first)
    ada.credited(700)
    ada.pay_at_checkout(second)
    settle(order_id=first.pk, at=timezone.now())
    if not answered:
        ada.fault("close_connection", method="POST", path="/v1/refunds")
    ada.fault("500_before", method="POST", path="/balance_transactions")
    settle(order_id=second.pk, at=timezone.now())
    if answered:
        told = fails(ada, second)
    else:
        with gateway.client.asking() as v1:
            (refund,) = v1.refunds.list({"limit": 100}).data
        ada.sandbox.control("refunds/fail", refund=refund.id)
        told = [event for event in ada.events() if event["type"] in KINDS]
    ada.receive(*told)
    for _ in range(2):
        give_back_left_behind(at=timezone.now() + LATER)
    second.refresh_from_db()
    assert second.refunded == 0
    assert "came back to your balance at Stripe" in second.needs_staff
    assert gateway.fetch_payer(ada.payer.stripe_id).credit == 700
    assert not Notice.objects.filter(kind="refund_failed").exists(), "they were never told that it went back"
    assert violations() == []


def test_a_refund_that_is_not_ours_is_left_alone(ada: Buyer) -> None:
    second = given_back(ada)
    payment = ada.sandbox.charges()[0]["payment_intent"]
    with gateway.client.asking() as v1:
        theirs = v1.refunds.create({"payment_intent": payment, "amount": 100, "metadata": {"order": "A-17"}})
    ada.sandbox.control("refunds/fail", refund=theirs.id)
    ada.receive(*ada.events())
    second.refresh_from_db()
    assert second.refunded == second.quote.due
    assert not StripeEvent.objects.exclude(error="").exists()


def test_told_by_nobody_the_night_finds_it(ada: Buyer) -> None:
    second = given_back(ada)
    fails(ada, second)
    reconcile(actor=COMMAND, at=ada.let_pass(hours=1))
    second.refresh_from_db()
    assert second.refunded == 0
    assert Notice.objects.filter(kind="refund_failed").count() == 1
