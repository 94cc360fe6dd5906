"""Subscriptions: begun, changed, cancelled, looked at."""

from __future__ import annotations

from datetime import datetime

import stripe

from billing.answers import SubscriptionSeen
from billing.gateway import client
from billing.reading import read_subscription

SUBSCRIPTION = ["default_payment_method"]


def create_subscription(
    *,
    customer_id: str,
    price_id: str,
    quantity: int,
    order_id: str,
    idempotency_key: str,
) -> SubscriptionSeen:
    """Start to pay with the customer's card on file. Unpaid, it stays incomplete and grants nothing.

    The card is not named: put another way, the same question asked again after a change of card would be another one.
    """
    with client.asking() as v1:
        return read_subscription(
            v1.subscriptions.create(
                {
                    "customer": customer_id,
                    "items": [{"price": price_id, "quantity": quantity}],
                    "payment_behavior": "allow_incomplete",
                    "metadata": {"order": order_id},
                    "expand": SUBSCRIPTION,
                    **client.tax(),
                },
                client.key(idempotency_key),
            ).to_dict()
        )


def mark_subscription(*, subscription_id: str, order_id: str) -> None:
    """Put our mark on the subscription, so that the invoice of the coming change carries it. Safe to repeat.

    A pending update takes no metadata, and an invoice keeps what its subscription's metadata was when it was made.
    """
    with client.asking() as v1:
        marked = v1.subscriptions.update(subscription_id, {"metadata": {"order": order_id}})
        client.see(marked, id=subscription_id)


def change_subscription(
    *, subscription_id: str, item_id: str, price_id: str, quantity: int, at: datetime, idempotency_key: str
) -> SubscriptionSeen:
    """Change price and seats at the quoted instant, applied only if paid."""
    with client.asking() as v1:
        return read_subscription(
            v1.subscriptions.update(
                subscription_id,
                {
                    "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                    "proration_behavior": "always_invoice",
                    "proration_date": client.seconds(at),
                    "payment_behavior": "pending_if_incomplete",
                },
                client.key(idempotency_key),
            ).to_dict()
        )


def set_renewal_price(
    *, subscription_id: str, item_id: str, price_id: str, quantity: int, idempotency_key: str
) -> SubscriptionSeen:
    """Let the next renewal charge another price of the same interval. What is paid stays paid: nothing is prorated,
    and nothing is charged now.
    """
    with client.asking() as v1:
        return read_subscription(
            v1.subscriptions.update(
                subscription_id,
                {
                    "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                    "proration_behavior": "none",
                    "expand": SUBSCRIPTION,
                },
                client.key(idempotency_key),
            ).to_dict()
        )


def set_cancels_at_period_end(*, subscription_id: str, cancels: bool) -> SubscriptionSeen:
    """Absolute, and so safe to repeat without a key."""
    with client.asking() as v1:
        return read_subscription(
            v1.subscriptions.update(
                subscription_id, {"cancel_at_period_end": cancels, "expand": SUBSCRIPTION}
            ).to_dict()
        )


def cancel_subscription(subscription_id: str) -> None:
    """End it now. One that has ended already is no fault."""
    with client.asking() as v1:
        try:
            client.see(v1.subscriptions.cancel(subscription_id), id=subscription_id)
        except stripe.InvalidRequestError as error:
            if error.http_status != 404 and error.code != "resource_missing":
                raise


def fetch_subscription(subscription_id: str) -> SubscriptionSeen:
    with client.asking() as v1:
        return read_subscription(
            v1.subscriptions.retrieve(subscription_id, {"expand": SUBSCRIPTION}).to_dict()
        )


def subscriptions_page(after: str) -> tuple[tuple[SubscriptionSeen, ...], str]:
    """Up to a hundred of all subscriptions that have not ended, newest first."""
    with client.asking() as v1:
        return client.page(v1.subscriptions.list(client.hundred_after(after)), read_subscription)
