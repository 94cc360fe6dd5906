"""What staff do to an order by hand. Each leaves an event with who and why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from billing import settling
from billing.answers import StripeRefused, StripeUnavailable
from billing.models import Order
from licensing.history import Actor, entry, record
from licensing.licences import lock_customer


class UnableToSettle(Exception):
    """The payment processor gave no answer to go by; nothing has changed."""


class UnableToClear(ValueError):
    """The order does not wait for a person."""


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


def clear_order(*, order: Order, actor: Actor, reason: str, at: datetime) -> Order:
    """Take an order off the queue of those that need a person; `reason` says what was done about it.

    Raises UnableToClear where it is not on the queue, or somebody has cleared it already.
    """
    with transaction.atomic():
        lock_customer(order.customer_id)
        order = Order.objects.select_for_update().get(pk=order.pk)
        if not order.needs_staff:
            raise UnableToClear(
                "This order does not wait for a person, or somebody has dealt with it already."
            )
        before, order.needs_staff = order.needs_staff, ""
        order.save(update_fields=["needs_staff"])
        record(
            entry(
                customer=order.customer_id,
                kind="order_cleared",
                subject=order,
                at=at,
                actor=actor,
                before={"needs_staff": before},
                reason=reason,
            )
        )
    return order
