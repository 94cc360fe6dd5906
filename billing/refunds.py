"""A refund of ours that fails after it was made: for up to 30 days a bank may send back what it cannot credit."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from billing import gateway
from billing.answers import RefundSeen
from billing.giving_back import DONE, FAILED, REFUND, REFUSED, STEPS, close, why_it_failed, words_for_staff
from billing.models import Attempt, Order
from licensing.history import STRIPE, entry, record
from licensing.licences import lock_customer
from licensing.notices import owe


def note_failed_refund(refund: RefundSeen, *, at: datetime) -> None:
    """Note that a refund of ours, as Stripe shows it now, did not arrive: the customer is owed its amount again.

    What went back is reckoned anew from all refunds of the payment, so that what staff gave back instead counts.
    Nothing else is tried by itself: the card is gone, and whether money becomes credit is the customer's to say. Staff
    are told what to do, and whoever was told that it went back is told that it did not. Safe to repeat; a refund that
    is not ours is left alone. Raises StripeUnavailable.
    """
    attempt = _attempt_at(refund)
    if attempt is None or attempt.outcome == REFUSED:
        return
    there = [seen for seen in gateway.list_refunds(refund.payment_intent_id) if not seen.has_failed]
    back = sum(seen.amount for seen in there)
    with transaction.atomic():
        lock_customer(attempt.order.customer_id)
        order = Order.objects.select_for_update(of=("self",)).select_related("quote").get(pk=attempt.order_id)
        attempt.refresh_from_db()
        if attempt.outcome == REFUSED:
            return
        if is_back := bool(there) and back >= (order.charged or 0):
            attempt.outcome, attempt.answer = DONE, {"refund": there[0].stripe_id, "amount": str(back)}
        else:
            attempt.outcome = REFUSED
            attempt.answer = {"refund": refund.stripe_id, "code": FAILED, "words": why_it_failed(refund)}
        attempt.save(update_fields=["outcome", "answer"])
        if order.refunded is not None and not is_back:
            _take_word_back(order, back=back, why=why_it_failed(refund), at=at)
    close(order, at=at)


def _attempt_at(refund: RefundSeen) -> Attempt | None:
    """The step that made a refund: by Stripe's answer to it, or where that was never heard, by our mark."""
    ours = Q(answer__refund=refund.stripe_id)
    with suppress(ValueError):
        ours |= Q(order=UUID(refund.order_id))
    return Attempt.objects.select_related("order").filter(ours, step=REFUND).first()


def _take_word_back(order: Order, *, back: int, why: str, at: datetime) -> None:
    """Of a closed order less went back than was noted, and perhaps said."""
    before, order.refunded = order.refunded, back
    order.needs_staff = words_for_staff(order, 0, list(order.attempts.filter(step__in=STEPS)))
    order.save(update_fields=["refunded", "needs_staff"])
    record(
        entry(
            customer=order.customer_id,
            kind="refund_failed",
            subject=order,
            at=at,
            actor=STRIPE,
            before={"refunded": before},
            after={"refunded": back, "currency": order.quote.currency},
            reason=why,
        )
    )
    owe(customer=order.customer_id, kind="refund_failed", subject=order, at=at)
