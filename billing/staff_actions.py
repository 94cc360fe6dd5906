"""What staff do to an order by hand. It leaves an event with who and why."""

from __future__ import annotations

from datetime import datetime

from billing import orders
from billing.models import Order
from licensing.history import Actor, entry, record


def settle_by_hand(*, order: Order, actor: Actor, reason: str, at: datetime) -> Order:
    """Ask the payment processor about `order` now and finish it, as the sweep does.

    Safe to repeat: nothing is ever charged by asking. That a person asked, and why, is written first, so that it is
    on record even where the processor does not answer. Raises billing.gateway.StripeUnavailable.
    """
    record(
        entry(
            customer=order.customer_id,
            kind="order_asked_again",
            subject=order,
            at=at,
            actor=actor,
            before={"state": order.state, "needs_staff": order.needs_staff},
            reason=reason,
        )
    )
    return orders.settle(order_id=order.pk, at=at)
