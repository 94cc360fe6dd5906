"""How staff read an exception’s state and its days. A credit has no end: only the question for it runs out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from licensing.models import Waiver
from licensing.promises import answer_by
from licensing.staff_words import day_words, in_zone, when

NO_END = "never: it is the customer’s"
NOT_YET = "–"

_STATES = {"waiting": "waits for approval", "coming": "begins later", "live": "holds"}
_OF_A_CREDIT = {**_STATES, "live": "granted", "used": "handed to Stripe"}


def state_words(waiver: Waiver, *, at: datetime) -> str:
    """A waiver's state as staff read it."""
    state = waiver.state(at=at)
    own = _OF_A_CREDIT if waiver.kind == Waiver.Kind.PRICE else _STATES
    return own.get(state) or str(Waiver.End(state).label)


def ends_words(waiver: Waiver) -> str:
    """When it ends, or ended; of a credit that was granted and not taken back, that it never does."""
    if waiver.kind != Waiver.Kind.PRICE:
        return when(waiver.ended_at or waiver.ends_at)
    if waiver.granted_at and waiver.end != Waiver.End.STAFF:
        return NO_END
    return when(waiver.ended_at) if waiver.ended_at else NOT_YET


def days_of(waiver: Waiver) -> Sequence[tuple[str, Any]]:
    """From when until when, as facts of an action's page. A question that waits says by when an answer is promised, and
    when it lapses without one.
    """
    asks = (
        [("An answer is promised by", answer_words(waiver))]
        if waiver.granted_at is None and waiver.ended_at is None
        else []
    )
    if waiver.kind != Waiver.Kind.PRICE:
        return [
            *asks,
            ("From", in_zone(waiver.begins_at, waiver.customer)),
            ("Until", in_zone(waiver.ends_at, waiver.customer)),
        ]
    if waiver.granted_at:
        return [("Granted", in_zone(waiver.granted_at, waiver.customer)), ("Runs out", NO_END)]
    return [*asks, ("Unanswered, the question lapses", in_zone(waiver.ends_at, waiver.customer))]


def answer_words(waiver: Waiver) -> str:
    """The day by which the policy promises an answer: the end of 24 Nov 2026 (UTC)."""
    return f"the end of {day_words(answer_by(waiver.asked_at).isoformat())} (UTC)"
