"""Which of its states a quote's page is in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from billing.models import Order, Quote
from licensing.models import Licence


class State(StrEnum):
    """Each has its own template, `quotes/_<state>.html`."""

    OPEN = "open"
    BUSY = "busy"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    PAYING = "paying"
    ASKING = "asking"
    SETTLED = "settled"
    FAILED = "failed"
    GIVEN_BACK = "given_back"


# In these the page offers to pay, or a quote to pay by.
OFFERING = (State.OPEN, State.EXPIRED, State.OUTDATED, State.FAILED)


def state_of(
    quote: Quote, order: Order | None, licence: Licence, *, at: datetime
) -> tuple[State, Order | None]:
    """The state, and where another order stands in the way, that order. `order`: the quote's own. One query at most."""
    if order is not None:
        return _state_of_order(order), None
    if (quote.licence_id, quote.licence_version) != (licence.pk, licence.version):
        return State.OUTDATED, None
    if quote.is_expired(at=at):
        return State.EXPIRED, None
    other = Order.objects.filter(customer_id=quote.customer_id, state=Order.State.PENDING).first()
    return (State.BUSY if other else State.OPEN), other


def _state_of_order(order: Order) -> State:
    if order.state == Order.State.SETTLED:
        return State.SETTLED
    if order.is_pending:
        return State.PAYING if order.pay_url else State.ASKING
    return State.GIVEN_BACK if order.was_paid_twice else State.FAILED
