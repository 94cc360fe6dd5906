"""What the clock does to exceptions: it ends them, and we say so in good time."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from licensing.licences import lock_customer
from licensing.models import Waiver
from licensing.reminders import owe_reminders
from licensing.waivers.steps import run_out

REMINDERS = (timedelta(days=3),)


def close_due(*, at: datetime) -> int:
    """Tidy up what is over by the clock: what ran its time, and what nobody answered in time. The number done."""
    due = Waiver.objects.filter(ended_at=None, ends_at__lte=at, customer__closed_at=None)
    done = 0
    for customer_id in due.order_by("ends_at").values_list("customer_id", flat=True).distinct():
        with transaction.atomic():
            lock_customer(customer_id)
            done += run_out(Waiver.objects.filter(customer=customer_id), at=at)
    return done


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
