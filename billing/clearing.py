"""Taking off a queue what waited for a person, once somebody has seen to it."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from django.db import transaction

from billing.models import BalanceCredit, Order, PriceMove
from licensing.history import Actor, entry, record
from licensing.licences import lock_customer

Row = TypeVar("Row", Order, BalanceCredit, PriceMove)
# What can wait, and the kind of event that says that it does no more.
EVENTS = {Order: "order_cleared", BalanceCredit: "credit_cleared", PriceMove: "price_move_cleared"}


class UnableToClear(ValueError):
    """It does not wait for a person."""


def clear(*, row: Row, actor: Actor, reason: str, at: datetime) -> Row:
    """Take it off its queue; `reason` says what was done about it.

    Raises UnableToClear where it is not on the queue, or somebody has cleared it already.
    """
    model = type(row)
    with transaction.atomic():
        lock_customer(row.customer_id)
        row = model.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if not row.needs_staff:
            raise UnableToClear("It does not wait for a person, or somebody has dealt with it already.")
        before, row.needs_staff = row.needs_staff, ""
        row.save(update_fields=["needs_staff"])
        record(
            entry(
                customer=row.customer_id,
                kind=EVENTS[model],
                subject=row,
                at=at,
                actor=actor,
                before={"needs_staff": before},
                reason=reason,
            )
        )
    return row
