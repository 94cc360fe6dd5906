"""Asking Stripe to move money: an attempt with its idempotency key is committed before the question goes out.

"Asked" without an answer is the unknown outcome. It is asked again with the same key; Stripe keeps keys for 24 hours,
so after 20 we look for our own mark instead, and never ask anew.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.http import urlencode

from billing import gateway
from billing.answers import StripeRefused
from billing.models import Attempt, Order, Payer, Subscription
from billing.prices import stripe_price_id
from billing.quotes import quantity_of

KEYS_LAST = timedelta(hours=20)
CHECKOUT_LASTS = timedelta(hours=1)
Answer = dict[str, str]


def ask(order: Order, *, at: datetime) -> None:
    """Send what a pending order has not been answered on. Raises StripeUnavailable (unknown) or StripeRefused (no)."""
    payer = Payer.objects.get(customer_id=order.customer_id)
    price_id = stripe_price_id(order.quote.price, at=at)
    if order.way == Order.Way.CHECKOUT:
        _step(order, "checkout", lambda key: _open_checkout(order, payer, price_id, key), at=at)
        return
    subscription = Subscription.objects.filter(licence_id=order.quote.licence_id).first()
    if subscription is None:
        _step(order, "create", lambda key: _create(order, payer, price_id, key), at=at)
        return
    _step(order, "mark", lambda key: _mark(order, subscription, key), at=at)
    _step(order, "change", lambda key: _change(order, subscription, price_id, key), at=at)


def answer_of(order: Order, step: str) -> Answer:
    """What Stripe answered to a step of this order; empty where it has not (yet)."""
    attempt = Attempt.objects.filter(order=order, step=step, outcome=Attempt.Outcome.DONE).first()
    return attempt.answer if attempt else {}


def is_unanswered(order: Order) -> bool:
    """Whether some step was asked and never answered."""
    return Attempt.objects.filter(order=order, outcome=Attempt.Outcome.ASKED).exists()


def _step(order: Order, step: str, question: Callable[[str], Answer], *, at: datetime) -> None:
    attempt, _ = Attempt.objects.get_or_create(
        order=order,
        step=step,
        defaults={"idempotency_key": f"order-{order.pk}-{step}", "first_asked_at": at},
    )
    if attempt.outcome == Attempt.Outcome.DONE or at - attempt.first_asked_at > KEYS_LAST:
        return
    try:
        answer = question(attempt.idempotency_key)
    except StripeRefused as refusal:
        _close(attempt, Attempt.Outcome.REFUSED, {"code": refusal.code, "words": str(refusal)})
        raise
    _close(attempt, Attempt.Outcome.DONE, answer)


def _close(attempt: Attempt, outcome: Attempt.Outcome, answer: Answer) -> None:
    attempt.outcome, attempt.answer = outcome, answer
    attempt.save(update_fields=["outcome", "answer"])


def _open_checkout(order: Order, payer: Payer, price_id: str, key: str) -> Answer:
    seen = gateway.create_checkout(
        customer_id=payer.stripe_id,
        price_id=price_id,
        quantity=quantity_of(order.quote.price, seats=order.quote.seats),
        order_id=str(order.pk),
        return_url=order.return_url,
        cancel_url=f"{order.return_url}?{urlencode({'left': 1})}",
        expires_at=order.accepted_at + CHECKOUT_LASTS,
        idempotency_key=key,
    )
    Order.objects.filter(pk=order.pk).update(stripe_session_id=seen.stripe_id, pay_url=seen.url)
    return {"session": seen.stripe_id}


def _create(order: Order, payer: Payer, price_id: str, key: str) -> Answer:
    seen = gateway.create_subscription(
        customer_id=payer.stripe_id,
        price_id=price_id,
        quantity=quantity_of(order.quote.price, seats=order.quote.seats),
        order_id=str(order.pk),
        payment_method_id=payer.payment_method_id,
        idempotency_key=key,
    )
    return {"subscription": seen.stripe_id, "invoice": seen.latest_invoice_id}


def _mark(order: Order, subscription: Subscription, key: str) -> Answer:
    gateway.mark_subscription(
        subscription_id=subscription.stripe_id, order_id=str(order.pk), idempotency_key=key
    )
    return {}


def _change(order: Order, subscription: Subscription, price_id: str, key: str) -> Answer:
    seen = gateway.change_subscription(
        subscription_id=subscription.stripe_id,
        item_id=subscription.stripe_item_id,
        price_id=price_id,
        quantity=quantity_of(order.quote.price, seats=order.quote.seats),
        at=order.quote.quoted_at,
        idempotency_key=key,
    )
    return {"subscription": seen.stripe_id, "invoice": seen.latest_invoice_id}
