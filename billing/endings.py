"""How a paid licence came to its end, as the history has it, and whether what was once bought is held still."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from billing.models import Order, Quote
from billing.subscriptions import BEFORE_APPLIED
from licensing.history import subject_of
from licensing.models import Event, Licence

MOVED, CANCELLED, ENDED = KINDS = ("licence_moved", "licence_cancelled", "licence_ended")


class Why(StrEnum):
    """Why it ended. Who wished what was cancelled or ended at Stripe is not known here: that is `OTHER`."""

    UNPAID = "unpaid"
    ASKED = "asked"
    BEFORE_APPLIED = "before_applied"
    OTHER = "other"


@dataclass(frozen=True)
class Ending:
    """`edition_id` and `tier_id` are what was held until then."""

    at: datetime
    why: Why
    edition_id: int
    tier_id: int


class Past:
    """What one licence went through, oldest first: moves, cancellations, ends."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._events = list(events)

    def last_end(self) -> Ending | None:
        """How it ended the last time."""
        ends = [place for place, event in enumerate(self._events) if event.kind == ENDED]
        return self._ending(ends[-1]) if ends else None

    def end_of(self, order: Order) -> Ending | None:
        """How what a settled order brought ended; None where it did not, or something else was bought first."""
        is_ours = False
        for place, event in enumerate(self._events):
            if is_ours and event.kind == ENDED:
                return self._ending(place)
            if event.kind == MOVED:
                is_ours = event.reason == f"Order {order.pk}"
        return None

    def _ending(self, place: int) -> Ending:
        cancelled = [event for event in self._events[:place] if event.kind == CANCELLED]
        end = self._events[place]
        return Ending(
            at=end.at,
            why=_why(end, cancelled[-1] if cancelled else None),
            edition_id=end.before["edition"],
            tier_id=end.before["tier"],
        )


def pasts_of(licences: Iterable[Licence]) -> dict[int, Past]:
    """Licence number → its past. One query."""
    licences = list(licences)
    found: dict[str, list[Event]] = {subject_of(licence): [] for licence in licences}
    customers = {licence.customer_id for licence in licences}
    for event in Event.objects.filter(customer_id__in=customers, subject__in=found, kind__in=KINDS).order_by(
        "pk"
    ):
        found[event.subject].append(event)
    return {licence.pk: Past(found[subject_of(licence)]) for licence in licences}


def is_held_as_bought(quote: Quote, licence: Licence) -> bool:
    """Whether `licence` is what `quote` made it."""
    return licence.ended_at is None and (licence.price_id, licence.seats) == (quote.price_id, quote.seats)


def _why(end: Event, cancelled: Event | None) -> Why:
    before = end.before
    if end.reason == BEFORE_APPLIED:
        return Why.BEFORE_APPLIED
    if before["state"] == Licence.State.PAST_DUE:
        return Why.UNPAID
    # Members cancel to the end of the period only; what ended sooner was ended by somebody else.
    is_on_its_day = bool(before["period_end"]) and end.at >= datetime.fromisoformat(before["period_end"])
    is_theirs = cancelled is not None and cancelled.actor_id is not None
    return Why.ASKED if before["cancels_at_period_end"] and is_on_its_day and is_theirs else Why.OTHER
