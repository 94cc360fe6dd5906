"""What each kind of event makes us look at. A handler gets an id and the time, fetches, and applies what it sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from billing import gateway
from billing.invoices import keep_invoice
from billing.models import Order, Payer
from billing.payers import refresh_payer
from billing.settling import settle
from billing.subscriptions import follow

Handler = Callable[[str, datetime], None]


def look_at_checkout(session_id: str, at: datetime) -> None:
    order = Order.objects.filter(stripe_session_id=session_id).first()
    if order is not None:
        settle(order_id=order.pk, at=at)


def look_at_subscription(subscription_id: str, at: datetime) -> None:
    """What was bought goes first, so that the period it brings is not taken for a renewal."""
    _settle_marked(gateway.fetch_subscription(subscription_id).order_id, at=at)
    follow(subscription_id=subscription_id, at=at)


def look_at_invoice(invoice_id: str, at: datetime) -> None:
    invoice = gateway.fetch_invoice(invoice_id)
    keep_invoice(invoice)
    _settle_marked(invoice.order_id, at=at)
    if invoice.subscription_id:
        follow(subscription_id=invoice.subscription_id, at=at)


def look_at_payer(customer_id: str, at: datetime) -> None:
    payer = Payer.objects.filter(stripe_id=customer_id).first()
    if payer is not None:
        refresh_payer(payer)


def _settle_marked(mark: str, *, at: datetime) -> None:
    """Settle the order that a mark at Stripe names, where it names one of ours: a failed one may be paid late."""
    try:
        order = Order.objects.filter(pk=uuid.UUID(mark)).only("state").first()
    except ValueError:
        return
    if order is not None and order.state != Order.State.SETTLED:
        settle(order_id=order.pk, at=at)


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
    "customer.updated": (look_at_payer, "object_id"),
    "payment_method.attached": (look_at_payer, "stripe_customer_id"),
    "payment_method.updated": (look_at_payer, "stripe_customer_id"),
    "payment_method.detached": (look_at_payer, "stripe_customer_id"),
}
