"""Where the money of a second payment is: back, on its way back, or still owed to the customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from billing.giving_back import ASKED, CANCEL, CREDIT, REFUND, REFUSED, STEPS, amount_of, has_failed
from billing.models import Attempt, Order


@dataclass(frozen=True)
class SecondPayment:
    """Amounts are minor units. `on_card` and `as_credit` have come back; of a settled debt that stands again,
    `as_credit` is below zero.

    `bounced`: its refund was made, and the bank sent it back. `may_renew`: Stripe refused to end its subscription.
    `is_seen_to`: staff have dealt with what is still owed here, by other ways than this portal's.
    """

    on_card: int
    as_credit: int
    to_card: int
    to_credit: int
    owed_on_card: int
    owed_as_credit: int
    waits: bool
    bounced: bool
    may_renew: bool
    is_seen_to: bool

    @property
    def owed(self) -> int:
        """What has not come back and is not on its way."""
        return self.owed_on_card + self.owed_as_credit

    @property
    def credit(self) -> int:
        return max(self.as_credit, 0)

    @property
    def debt(self) -> int:
        """What of it had settled a debt that stands again."""
        return max(-self.as_credit, 0)


def second_payments(orders: Iterable[Order]) -> dict[UUID, SecondPayment]:
    """Of each order that was paid a second time, with its quote selected. One query."""
    orders = list(orders)
    steps: dict[UUID, dict[str, Attempt]] = {order.pk: {} for order in orders}
    for attempt in Attempt.objects.filter(order__in=steps, step__in=STEPS) if steps else ():
        steps[attempt.order_id][attempt.step] = attempt
    return {order.pk: _second_payment(order, steps[order.pk]) for order in orders}


def _second_payment(order: Order, steps: dict[str, Attempt]) -> SecondPayment:
    outcomes = {name: step.outcome for name, step in steps.items()}
    charged, from_credit = order.charged or 0, max(order.quote.total - (order.charged or 0), 0)
    on_card = amount_of(steps.get(REFUND)) if order.refunded is None else order.refunded
    owed_on_card = charged - on_card if outcomes.get(REFUND) == REFUSED else 0
    owed_as_credit = from_credit if outcomes.get(CREDIT) == REFUSED else 0
    return SecondPayment(
        on_card=on_card,
        as_credit=amount_of(steps.get(CREDIT)),
        to_card=charged if outcomes.get(REFUND) == ASKED else 0,
        to_credit=from_credit if outcomes.get(CREDIT) == ASKED else 0,
        owed_on_card=owed_on_card,
        owed_as_credit=owed_as_credit,
        waits=order.refunded is None,
        bounced=has_failed(steps.get(REFUND)),
        may_renew=outcomes.get(CANCEL) == REFUSED,
        is_seen_to=bool(owed_on_card + owed_as_credit) and not order.needs_staff,
    )
