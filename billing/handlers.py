"""What each kind of event makes us look at. A handler gets an id and the time, fetches, and applies what it sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime

from django.db.models import Q

from billing import gateway
from billing.invoices import keep_invoice
from billing.models import Order, Payer
from billing.payers import refresh_payer
from billing.refunds import note_failed_refund
from billing.settling import settle
from billing.subscriptions import follow

Handler = Callable[[str, datetime], None]


def look_at_checkout(session_id: str, at: datetime) -> None:
    order = Order.objects.filter(stripe_session_id=session_id).first()
    if order is not None:
        settle(order_id=order.pk, at=at)


def look_at_subscription(subscription_id: str, at: datetime) -> None:
    seen = gateway.fetch_subscription(subscription_id)
    _settle_first(mark=seen.order_id, customer_id=seen.customer_id, at=at)
    follow(subscription_id=subscription_id, at=at)


def look_at_invoice(invoice_id: str, at: datetime) -> None:
    invoice = gateway.fetch_invoice(invoice_id)
    keep_invoice(invoice, at=at)
    _settle_first(mark=invoice.order_id, customer_id=invoice.customer_id, at=at)
    if invoice.subscription_id:
        follow(subscription_id=invoice.subscription_id, at=at)


def look_at_refund(refund_id: str, at: datetime) -> None:
    seen = gateway.fetch_refund(refund_id)
    if seen.has_failed:
        note_failed_refund(seen, at=at)


def look_at_payer(customer_id: str, at: datetime) -> None:
    payer = Payer.objects.filter(stripe_id=customer_id, customer__erased_at=None).first()
    if payer is not None:
        refresh_payer(payer)


def _settle_first(*, mark: str, customer_id: str, at: datetime) -> None:
    """Settle what the customer bought before their subscription is followed: the period that a purchase brings is no
    renewal. The order that the mark names is looked at even if it failed, because it may be paid late.
    """
    waiting = Q(customer__payer__stripe_id=customer_id, state=Order.State.PENDING)
    with suppress(ValueError):
        waiting |= Q(pk=uuid.UUID(mark)) & ~Q(state=Order.State.SETTLED)
    for order_id in Order.objects.filter(waiting).values_list("pk", flat=True):
        settle(order_id=order_id, at=at)


def _open_checkouts(session_ids: Iterable[str]) -> set[str]:
    """Of Stripe's checkout sessions, those of orders that are not settled."""
    found = Order.objects.filter(stripe_session_id__in=list(session_ids)).exclude(state=Order.State.SETTLED)
    return set(found.values_list("stripe_session_id", flat=True))


def _known_payers(customer_ids: Iterable[str]) -> set[str]:
    """Of Stripe's customers, those who pay here."""
    return set(Payer.objects.filter(stripe_id__in=list(customer_ids)).values_list("stripe_id", flat=True))


# Handlers that have nothing to do for most ids, and how to learn at once for which of many they have.
CONCERNS: dict[Handler, Callable[[Iterable[str]], set[str]]] = {
    look_at_checkout: _open_checkouts,
    look_at_payer: _known_payers,
}

# Event type → (handler, the field of the stored event that it is about).
HANDLERS: dict[str, tuple[Handler, str]] = {
    **{
        f"checkout.session.{kind}": (look_at_checkout, "object_id")
        for kind in ("completed", "expired", "async_payment_succeeded", "async_payment_failed")
    },
    **{
        f"customer.subscription.{kind}": (look_at_subscription, "object_id")
        for kind in ("created", "updated", "deleted", "pending_update_applied", "pending_update_expired")
    },
    **{
        f"invoice.{kind}": (look_at_invoice, "object_id")
        for kind in ("finalized", "paid", "payment_failed", "payment_action_required", "voided", "updated")
    },
    "invoice.marked_uncollectible": (look_at_invoice, "object_id"),
    "refund.failed": (look_at_refund, "object_id"),
    "charge.refund.updated": (look_at_refund, "object_id"),
    "customer.updated": (look_at_payer, "object_id"),
    "payment_method.attached": (look_at_payer, "stripe_customer_id"),
    "payment_method.updated": (look_at_payer, "stripe_customer_id"),
    "payment_method.detached": (look_at_payer, "stripe_customer_id"),
}
