"""What is due takes effect, each for one customer under the locks, and only with its delivered notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from licensing.deliveries import told_at
from licensing.history import CLOCK, entry, record
from licensing.licences import lock_customer
from licensing.models import Licence, PlannedChange
from licensing.noticeclock import NoticeClock
from licensing.sunsets.following import deferral, settle
from licensing.sunsets.planning import OPEN, State

LIMIT = 1000


def carry_out_due(*, at: datetime) -> int:
    """Carry out up to 1,000 changes whose day has come. How many took effect."""
    clock = NoticeClock.read()
    due = PlannedChange.objects.filter(
        state__in=OPEN, takes_effect_at__lte=at, told_at__isnull=False, sunset__withdrawn_at=None
    ).order_by("takes_effect_at", "pk")
    return sum(_carry_out(number, clock, at=at) for number in list(due.values_list("pk", flat=True)[:LIMIT]))


def _carry_out(number: int, clock: NoticeClock, *, at: datetime) -> bool:
    """Judge once more, with everything locked: a mail may have come back, a licence moved, a plan been withdrawn."""
    with transaction.atomic():
        found = PlannedChange.objects.get(pk=number)
        lock_customer(found.customer_id)
        licence = Licence.objects.select_for_update().get(pk=found.licence_id)
        change = (
            PlannedChange.objects.select_for_update(of=("self",))
            .select_related("customer", "sunset")
            .get(pk=number)
        )
        is_held = licence.ended_at is None and licence.tier_id == change.tier_id
        if change.state not in OPEN or not is_held or not change.sunset.is_open:
            return False
        before = (change.state, change.takes_effect_at)
        assert change.notice_id is not None, "who was told was told by a notice"
        settle(change, clock, told=told_at([change.notice_id], at=at).get(change.notice_id), at=at)
        is_due = (
            change.told_at is not None and change.takes_effect_at is not None and change.takes_effect_at <= at
        )
        if is_due:
            change.state, change.done_at, change.why = State.DONE, at, ""
            record(
                entry(
                    customer=change.customer_id,
                    kind="feature_retired",
                    subject=licence,
                    at=at,
                    actor=CLOCK,
                    before={"feature": change.feature_key},
                    after={"feature": None},
                    reason=change.sunset.reason,
                )
            )
        elif before != (change.state, change.takes_effect_at):
            record(deferral(change, before=before, at=at))
        change.save(update_fields=["told_at", "earliest_at", "takes_effect_at", "state", "why", "done_at"])
    return is_due
