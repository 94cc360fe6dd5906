"""Following Stripe after the purchase: renewals, failed payments and their recovery, cancelling, the end."""

from __future__ import annotations

import pytest
from django.utils import timezone

from billing.cancellation import UnableToCancel, cancel_at_period_end, undo_cancellation
from billing.handlers import look_at_invoice
from billing.models import Invoice, Subscription
from licensing.models import Event, Licence, Notice
from tests.billing.conftest import Buyer


@pytest.fixture
def holder(ada: Buyer) -> Buyer:
    ada.with_card().buy("team")
    ada.receive(*ada.events())
    return ada


def test_a_renewal_moves_the_period_and_lists_the_invoice(holder: Buyer) -> None:
    end = holder.licence.period_end
    at = holder.let_pass(days=32)
    holder.receive(*holder.events(), at=at)
    assert holder.licence.period_start == end
    assert len(holder.sandbox.charges()) == 2
    assert Invoice.objects.filter(customer=holder.customer, status="paid").count() == 2
    assert Event.objects.filter(kind="licence_renewed").count() == 1
    paid_with = set(Invoice.objects.values_list("paid_with", flat=True))
    assert paid_with == {holder.payer.payment_method_id}, "so that its receipt names the card"


def receipts(holder: Buyer) -> int:
    return Notice.objects.filter(customer=holder.customer, kind="renewal_receipt").count()


def test_a_paid_renewal_owes_its_receipt_once_and_a_purchase_does_not(holder: Buyer) -> None:
    assert receipts(holder) == 0, "the purchase has a receipt of its own"
    at = holder.let_pass(days=32)
    for _ in range(2):
        holder.receive(*holder.events(), at=at)
    assert receipts(holder) == 1
    look_at_invoice(Invoice.objects.latest("issued_at").stripe_id, at)
    assert receipts(holder) == 1


def test_a_renewal_that_is_paid_late_owes_its_receipt_when_it_is_paid(holder: Buyer) -> None:
    holder.with_card("pm_card_chargeCustomerFail")
    holder.receive(*holder.events(), at=holder.let_pass(days=32))
    assert receipts(holder) == 0
    holder.with_card()
    holder.receive(*holder.events(), at=holder.let_pass(days=4))
    assert receipts(holder) == 1


@pytest.mark.proves("failed-payments")
def test_a_failed_renewal_is_past_due_and_says_so_once(holder: Buyer) -> None:
    holder.with_card("pm_card_chargeCustomerFail")
    at = holder.let_pass(days=32)
    holder.receive(*holder.events(), at=at)
    holder.receive(*holder.events(), at=at)
    assert holder.licence.state == Licence.State.PAST_DUE
    assert holder.licence.tier.key == "team"
    assert Notice.objects.filter(kind="payment_failed").count() == 1


def test_before_anybody_is_told_of_a_failed_payment_its_invoice_is_known(holder: Buyer) -> None:
    """Stripe’s word of the subscription may come before that of the invoice."""
    holder.with_card("pm_card_chargeCustomerFail")
    at = holder.let_pass(days=32)
    changed = [event for event in holder.events() if event["type"] == "customer.subscription.updated"]
    holder.receive(changed[-1], at=at)
    told = Notice.objects.get(kind="payment_failed")
    owed = Invoice.objects.get(stripe_id=told.period)
    assert owed.owed == owed.amount_due > 0
    assert owed.next_try(at=at)


def test_a_recovered_payment_makes_it_active_again(holder: Buyer) -> None:
    holder.with_card("pm_card_chargeCustomerFail")
    holder.receive(*holder.events(), at=holder.let_pass(days=32))
    holder.with_card()
    at = holder.let_pass(days=4)
    holder.receive(*holder.events(), at=at)
    assert holder.licence.state == Licence.State.ACTIVE
    assert holder.licence.past_due_since is None


@pytest.mark.proves("failed-payments")
def test_a_payment_that_never_comes_ends_in_the_free_tier_of_the_same_edition(holder: Buyer) -> None:
    edition = holder.licence.edition_id
    holder.with_card("pm_card_chargeCustomerFail")
    at = holder.let_pass(days=32)
    for _ in range(5):
        holder.receive(*holder.events(), at=at)
        at = holder.let_pass(days=8)
    holder.receive(*holder.events(), at=at)
    assert holder.licence.is_free
    assert holder.licence.edition_id == edition
    assert not Subscription.objects.exists()
    assert Notice.objects.filter(kind="licence_ended").count() == 1


@pytest.mark.proves("failed-payments")
def test_what_was_never_paid_can_be_paid_no_more_once_the_licence_has_ended(holder: Buyer) -> None:
    holder.with_card("pm_card_chargeCustomerFail")
    holder.receive(*holder.events(), at=holder.let_pass(days=32))
    owed = Invoice.objects.get(customer=holder.customer, status="open")
    for _ in range(5):
        holder.receive(*holder.events(), at=holder.let_pass(days=8))
    assert holder.licence.is_free
    holder.receive(*holder.events(), at=holder.let_pass(days=1))
    assert Invoice.objects.get(pk=owed.pk).status == "void"
    card = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123", "name": "Ada", "saved": ""}
    holder.fill_in(owed.hosted_url, **card)
    assert len(holder.charged()) == 1


def test_cancelling_keeps_what_was_paid_for_to_its_last_day(holder: Buyer) -> None:
    cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=timezone.now())
    assert holder.licence.cancels_at_period_end
    assert holder.licence.tier.key == "team"
    at = holder.let_pass(days=32)
    holder.receive(*holder.events(), at=at)
    assert holder.licence.is_free
    assert len(holder.sandbox.charges()) == 1


@pytest.fixture
def leaving_unpaid(holder: Buyer) -> Buyer:
    """The renewal was not paid, and then Ada cancels."""
    holder.with_card("pm_card_chargeCustomerFail")
    at = holder.let_pass(days=32)
    holder.receive(*holder.events(), at=at)
    cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=at)
    return holder


@pytest.mark.proves("cancelling")
def test_cancelling_while_an_invoice_is_open_leaves_it_open_and_tried_and_charges_nothing_beyond_it(
    leaving_unpaid: Buyer,
) -> None:
    ada = leaving_unpaid
    ada.with_card()
    ada.receive(*ada.events(), at=ada.let_pass(days=4))
    assert ada.licence.state == Licence.State.ACTIVE
    assert ada.licence.tier.key == "team"
    assert len(ada.charged()) == 2
    ada.receive(*ada.events(), at=ada.let_pass(days=60))
    assert ada.licence.is_free
    assert len(ada.charged()) == 2


@pytest.mark.proves("cancelling")
def test_a_cancelled_licence_that_stays_unpaid_ends_when_the_last_try_fails(leaving_unpaid: Buyer) -> None:
    ada, end = leaving_unpaid, leaving_unpaid.licence.period_end
    for _ in range(3):
        at = ada.let_pass(days=7)
        ada.receive(*ada.events(), at=at)
    assert at < end
    assert ada.licence.is_free
    ada.with_card()
    ada.receive(*ada.events(), at=ada.let_pass(days=60))
    assert len(ada.charged()) == 1


def test_undoing_a_cancellation_is_as_if_it_had_never_been(holder: Buyer) -> None:
    before = holder.licence
    cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=timezone.now())
    undo_cancellation(customer=holder.customer, actor=holder.actor, at=timezone.now())
    after = holder.licence
    assert (after.cancels_at_period_end, after.period_end) == (False, before.period_end)
    holder.receive(*holder.events(), at=holder.let_pass(days=32))
    assert holder.licence.tier.key == "team"


def test_a_free_plan_has_nothing_to_cancel(ada: Buyer) -> None:
    with pytest.raises(UnableToCancel):
        cancel_at_period_end(customer=ada.customer, actor=ada.actor, at=timezone.now())


def test_after_the_end_the_next_purchase_uses_the_card_that_stayed_on_file(holder: Buyer) -> None:
    cancel_at_period_end(customer=holder.customer, actor=holder.actor, at=timezone.now())
    at = holder.let_pass(days=32)
    holder.receive(*holder.events(), at=at)
    order = holder.accept(holder.quote("business", at=at), at=at)
    assert order.state == order.State.SETTLED
    assert holder.licence.tier.key == "business"
