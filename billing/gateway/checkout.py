"""Stripe's hosted page for a first purchase."""

from __future__ import annotations

from datetime import datetime

from billing.answers import CheckoutSeen
from billing.gateway import client
from billing.reading import read_checkout


def create_checkout(
    *,
    customer_id: str,
    price_id: str,
    quantity: int,
    order_id: str,
    return_url: str,
    cancel_url: str,
    expires_at: datetime,
    idempotency_key: str,
) -> CheckoutSeen:
    """A hosted page for a first purchase. The customer's stored address decides tax, so the total is the quote's.

    Cards only: other means pay days later, and until then nobody could say what the customer has.
    """
    with client.asking() as v1:
        return read_checkout(
            v1.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer_id,
                    "client_reference_id": order_id,
                    "payment_method_types": ["card"],
                    "line_items": [{"price": price_id, "quantity": quantity}],
                    "success_url": return_url,
                    "cancel_url": cancel_url,
                    "expires_at": client.seconds(expires_at),
                    "metadata": {"order": order_id},
                    "subscription_data": {"metadata": {"order": order_id}},
                    **client.tax(),
                },
                client.key(idempotency_key),
            ).to_dict()
        )


def fetch_checkout(session_id: str) -> CheckoutSeen:
    with client.asking() as v1:
        return read_checkout(v1.checkout.sessions.retrieve(session_id).to_dict())


def expire_checkout(session_id: str) -> None:
    """Close the hosted page, so that nothing can be paid there any more. Raises StripeRefused where it is not open."""
    with client.asking() as v1:
        client.see(v1.checkout.sessions.expire(session_id), id=session_id, status="expired")
