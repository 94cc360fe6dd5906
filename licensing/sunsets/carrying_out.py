"""What is due takes effect, each for one customer under the locks, and only with its delivered notice."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from licensing.deliveries import told_at
from licensing.history import CLOCK, entry, record
from licensing.licences import lock_customer
from licensing.models import Licence, PlannedChange
from licensing.noticeclock import NoticeClock
from licensing.sunsets.following import deferral, settle
from licensing.sunsets.moving import take_effect
from licensing.sunsets.planning import OPEN, Kind, State

LIMIT = 1000
# A paid licence leaves its edition with a renewal, and that is billing's to see to.
WITHOUT_MONEY = Q(kind=Kind.FEATURE_LOSS) | Q(licence__price=None)


def carry_out_due(*, at: datetime) -> int:
    """Carry out up to 1,000 changes whose day has come, but those that a renewal carries. How many took effect."""
    clock = NoticeClock.read()
    due = PlannedChange.objects.filter(
        WITHOUT_MONEY,
        state__in=OPEN,
        takes_effect_at__lte=at,
        told_at__isnull=False,
        sunset__withdrawn_at=None,
    ).order_by("takes_effect_at", "pk")
    return sum(_carry_out(number, clock, at=at) for number in list(due.values_list("pk", flat=True)[:LIMIT]))


def _carry_out(number: int, clock: NoticeClock, *, at: datetime) -> bool:
    with transaction.atomic():
        change = judged(number, clock, at=at)
        if change is None or not is_due(change, by=at):
            return False
        if change.kind == Kind.EDITION_SUNSET:
            if change.licence.price_id is not None:
                return False
            take_effect(change, licence=change.licence, at=at)
        else:
            _retire(change, at=at)
    return True


def judged(number: int, clock: NoticeClock, *, at: datetime) -> PlannedChange | None:
    """An open change judged once more, with everything locked: a mail may have come back, a licence moved, a plan been
    withdrawn. None where it does not stand any more. Inside a transaction only.
    """
    found = PlannedChange.objects.get(pk=number)
    lock_customer(found.customer_id)
    licence = Licence.objects.select_for_update(of=("self",)).select_related("price").get(pk=found.licence_id)
    change = (
        PlannedChange.objects.select_for_update(of=("self",))
        .select_related("customer", "sunset", "tier")
        .get(pk=number)
    )
    change.licence = licence
    is_held = licence.ended_at is None and licence.tier_id == change.tier_id
    if change.state not in OPEN or not is_held or not change.sunset.is_open:
        return None
    before = (change.state, change.takes_effect_at)
    assert change.notice_id is not None, "who was told was told by a notice"
    settle(change, clock, told=told_at([change.notice_id], at=at).get(change.notice_id), at=at)
    if before != (change.state, change.takes_effect_at):
        record(deferral(change, before=before, at=at))
    change.save(update_fields=["planned_at", "told_at", "earliest_at", "takes_effect_at", "state", "why"])
    return change


def is_due(change: PlannedChange, *, by: datetime) -> bool:
    """Whether it was told, and its day has come by then."""
    return change.told_at is not None and change.takes_effect_at is not None and change.takes_effect_at <= by


def _retire(change: PlannedChange, *, at: datetime) -> None:
    change.state, change.done_at, change.why = State.DONE, at, ""
    change.save(update_fields=["state", "done_at", "why"])
    record(
        entry(
            customer=change.customer_id,
            kind="feature_retired",
            subject=change,
            at=at,
            actor=CLOCK,
            before={"feature": change.feature_key},
            after={"feature": None},
            reason=change.sunset.reason,
        )
    )
