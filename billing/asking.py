"""Asking Stripe to move money: an attempt with its idempotency key is committed before the question goes out.

"Asked" without an answer is the unknown outcome. It is asked again with the same key; Stripe keeps keys for 24 hours,
so after 20 we look for our own mark instead, and never ask anew. What was never asked is not asked late, and not for a
licence that is no longer the quoted one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.http import urlencode

from billing import brakes, gateway
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Attempt, Order, Payer, Subscription
from billing.prices import stripe_price_id
from billing.quotes import quantity_of
from licensing.licences import lock_live_licence

KEYS_LAST = gateway.KEYS_LAST
# An order that could not be put to Stripe within this time is given up: nobody waits for it any more.
ASK_WITHIN = timedelta(hours=1)
CHECKOUT_LASTS = timedelta(hours=1)
Answer = dict[str, str]


class NotAsked(Exception):
    """Stripe was not asked, and will not be. `failure` is the order's; empty where it was closed already."""

    def __init__(self, failure: str = "") -> None:
        super().__init__(failure)
        self.failure = failure


def ask(order: Order, *, at: datetime) -> None:
    """Send what a pending order has not been answered on.

    Raises StripeUnavailable (unknown), StripeRefused (no) or NotAsked (it may not be asked any more).
    """
    payer = Payer.objects.get(customer_id=order.customer_id)
    price_id = _price_id(order, at=at)
    if order.way == Order.Way.CHECKOUT:
        _step(order, "checkout", lambda key: _open_checkout(order, payer, price_id, key), at=at)
        return
    asked = set(order.attempts.values_list("step", flat=True))
    subscription = Subscription.objects.filter(licence_id=order.quote.licence_id).first()
    if "create" in asked or (not asked and subscription is None):
        _step(order, "create", lambda key: _create(order, payer, price_id, key), at=at)
    elif subscription is not None:
        _step(order, "mark", lambda key: _mark(order, subscription), at=at)
        _step(order, "change", lambda key: _change(order, subscription, price_id, key), at=at)
    elif not asked.intersection(Attempt.CHARGING):
        raise NotAsked(Order.Failure.CHANGED)


def _price_id(order: Order, *, at: datetime) -> str:
    """A no to the question for the price is no answer to the one that charges: where that was asked, it is unknown."""
    try:
        return stripe_price_id(order.quote.price, at=at)
    except StripeRefused as refusal:
        if charging_attempt(order) is not None:
            raise StripeUnavailable(
                "The price of an order that was asked for is not to be found."
            ) from refusal
        raise


def charging_attempt(order: Order) -> Attempt | None:
    """The one step of the order that charges, if Stripe was asked for it."""
    return Attempt.objects.filter(order=order, step__in=Attempt.CHARGING).first()


def attempts_of(order: Order) -> list[tuple[str, str]]:
    """What Stripe was asked so far and answered; a look that began before this changed has seen too little."""
    return list(Attempt.objects.filter(order=order).values_list("step", "outcome"))


def _step(order: Order, step: str, question: Callable[[str], Answer], *, at: datetime) -> None:
    attempt = _attempt(order, step, at=at)
    if attempt.outcome == Attempt.Outcome.REFUSED:
        raise refusal_of(attempt)
    if attempt.outcome == Attempt.Outcome.DONE or at - attempt.first_asked_at > KEYS_LAST:
        return
    try:
        answer = question(attempt.idempotency_key)
    except StripeRefused as refusal:
        words = {"code": refusal.code, "words": str(refusal), "declined": "yes" if refusal.declined else ""}
        _close(attempt, Attempt.Outcome.REFUSED, words)
        raise
    _close(attempt, Attempt.Outcome.DONE, answer)


def refusal_of(attempt: Attempt) -> StripeRefused:
    """Stripe's no to a refused attempt, as it was heard."""
    answer = attempt.answer
    return StripeRefused(
        answer.get("words", ""), code=answer.get("code", ""), declined=bool(answer.get("declined"))
    )


def _attempt(order: Order, step: str, *, at: datetime) -> Attempt:
    """The attempt at a step, committed before Stripe hears of it. Raises NotAsked.

    Under the customer's lock, so that an order is either closed or asked for, and never closed while it is asked for.
    """
    with transaction.atomic():
        licence = lock_live_licence(order.customer_id)
        if not Order.objects.select_for_update().get(pk=order.pk).is_pending:
            raise NotAsked
        attempt = Attempt.objects.filter(order=order, step=step).first()
        if attempt and attempt.outcome != Attempt.Outcome.ASKED:
            return attempt
        may_charge = brakes.may_charge(
            order.customer_id, anew=attempt is None and step in Attempt.CHARGING, at=at
        )
        if attempt and may_charge:
            return attempt
        if attempt:
            raise NotAsked
        if at - order.accepted_at > ASK_WITHIN:
            raise NotAsked(Order.Failure.ABANDONED)
        if (licence.pk, licence.version) != (order.quote.licence_id, order.quote.licence_version):
            raise NotAsked(Order.Failure.CHANGED)
        if may_charge:
            return Attempt.objects.create(
                order=order, step=step, idempotency_key=f"order-{order.pk}-{step}", first_asked_at=at
            )
    # Outside, so that whoever was parked just now stays parked.
    raise NotAsked(Order.Failure.STOPPED)


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
    waiting = Order.objects.filter(pk=order.pk, state=Order.State.PENDING)
    if not waiting.update(stripe_session_id=seen.stripe_id, pay_url=seen.url):
        with suppress(StripeRefused):
            gateway.expire_checkout(seen.stripe_id)
    return {"session": seen.stripe_id}


def _create(order: Order, payer: Payer, price_id: str, key: str) -> Answer:
    seen = gateway.create_subscription(
        customer_id=payer.stripe_id,
        price_id=price_id,
        quantity=quantity_of(order.quote.price, seats=order.quote.seats),
        order_id=str(order.pk),
        idempotency_key=key,
    )
    return {"subscription": seen.stripe_id, "invoice": seen.latest_invoice_id}


def _mark(order: Order, subscription: Subscription) -> Answer:
    gateway.mark_subscription(subscription_id=subscription.stripe_id, order_id=str(order.pk))
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
