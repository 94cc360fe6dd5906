"""What staff do to a customer by hand that no other journey does. Each leaves an event with who and why."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from licensing.history import Actor, entry, record
from licensing.models import Customer, Trial, UsageReading
from licensing.trials import end_trial
from licensing.usage import record_reading


class UnableToEnd(ValueError):
    """The trial has ended already."""


def end_this_trial(*, trial: Trial, actor: Actor, reason: str, at: datetime) -> Trial:
    """End `trial` now, for a stated reason. What the customer held before is in force at once.

    Raises UnableToEnd where it has ended by itself or by another's hand: a trial started since is left alone.
    """
    with transaction.atomic():
        ended = end_trial(customer=trial.customer, end=Trial.End.STAFF, actor=actor, at=at, reason=reason)
        if ended is None or ended.pk != trial.pk:
            raise UnableToEnd("This trial has ended already.")
    return ended


def note_usage(
    *, customer: Customer, feature_key: str, value: int, actor: Actor, reason: str, at: datetime
) -> UsageReading:
    """Store a reading that a person made, in the feature's own unit, and why. Raises licensing.usage.UnableToRecord."""
    with transaction.atomic():
        reading = record_reading(customer=customer, feature_key=feature_key, value=value, at=at)
        record(
            entry(
                customer=customer,
                kind="usage_recorded",
                subject=reading,
                at=at,
                actor=actor,
                after={"feature": feature_key, "value": value},
                reason=reason,
            )
        )
    return reading
