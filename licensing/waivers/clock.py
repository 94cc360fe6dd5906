"""What the clock does to exceptions: it ends them, and we say so in good time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, Q

from licensing.models import Waiver
from licensing.reminders import owe_reminders
from licensing.sweeping import in_batches
from licensing.waivers.sweeping import end_due

REMINDERS = (timedelta(days=3),)


def close_due(*, at: datetime) -> int:
    """Tidy up what is over by the clock: what ran its time, and what nobody answered in time. Batches of 1,000; the
    number done.
    """
    return in_batches(lambda: end_due(at=at))


def remind_due(*, at: datetime) -> int:
    """Owe a reminder for each exception that ends within three days, and was known for longer. How many were owed."""
    (turn,) = REMINDERS
    long_known = Q(granted_at__lte=F("ends_at") - turn, starts_at__lte=F("ends_at") - turn)
    live = Waiver.objects.filter(long_known, ended_at=None, customer__closed_at=None)
    return owe_reminders(
        live.exclude(kind=Waiver.Kind.PRICE),
        kind="waiver_reminder",
        date_field="ends_at",
        turns=REMINDERS,
        at=at,
    )
