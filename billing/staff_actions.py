"""Settling an order by hand. It leaves an event with who and why."""

from __future__ import annotations

from datetime import datetime

from billing import settling
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Order
from licensing.history import Actor, entry, record


class UnableToSettle(Exception):
    """The payment processor gave no answer to go by; nothing has changed."""


def settle_by_hand(*, order: Order, actor: Actor, reason: str, at: datetime) -> Order:
    """Look at what the payment processor shows of `order` now, and apply it, as the sweep does.

    Safe to repeat: looking never charges. That a person asked, and why, is written first, so that it is on record even
    where the processor does not answer. Raises UnableToSettle.
    """
    record(
        entry(
            customer=order.customer_id,
            kind="order_asked_again",
            subject=order,
            at=at,
            actor=actor,
            before={"state": order.state},
            reason=reason,
        )
    )
    try:
        return settling.settle(order_id=order.pk, at=at)
    except StripeUnavailable as error:
        raise UnableToSettle(
            "The payment processor did not answer. Nothing has changed; try again later."
        ) from error
    except StripeRefused as error:
        raise UnableToSettle(f"The payment processor refused: {error} Nothing has changed.") from error
