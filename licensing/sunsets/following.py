"""What became of the announcements: a change has a day only once its notice is delivered, and moves with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from licensing.deliveries import told_at, undecided
from licensing.history import CLOCK, entry, record
from licensing.models import Event, Notice, PlannedChange
from licensing.noticeclock import NoticeClock
from licensing.sunsets.batches import locked
from licensing.sunsets.days import day_from, earliest_of
from licensing.sunsets.planning import OPEN, REMINDERS, State, tell_again

# A notice that reached nobody is said again after so long, to whoever is in the team by then.
AGAIN_AFTER = timedelta(days=7)
NOT_DELIVERED = "Its notice has not been delivered."
DELIVERED_LATE = "Its notice was delivered late."
PASSED = "The renewal passed without it."


def follow_notices(*, at: datetime) -> dict[str, int]:
    """Look at every announcement that is on its way.

    * delivered: the change may take effect from the notice clock's date on; where that is after its day, it is put off
    * not delivered, and so late that its day cannot be kept: put off, without a day, until it is delivered
    * came back from everybody, or nobody was there to hear: said again. A provider's silence is not taken for that:
      staff see it, and nobody gets the same mail every week because reports do not come in
    """
    clock = NoticeClock.read()
    counts = {"told": 0, "put_off": 0, "said_again": 0}
    untold = PlannedChange.objects.filter(state__in=OPEN, told_at=None, notice__isnull=False)
    untold = untold.select_related("customer", "notice", "licence__price").order_by("pk")
    last: int | None = 0
    while last is not None:
        with transaction.atomic():
            batch, last = locked(untold.filter(pk__gt=last))
            for what, count in _follow(batch, clock, at=at).items():
                counts[what] += count
    return counts


def put_off_passed(*, at: datetime) -> int:
    """A renewal has passed that should have carried the end of an edition, or the licence is paid by another interval
    now: its day is the next renewal, and known before the first reminder names it. How many.
    """
    passed = PlannedChange.objects.filter(
        kind=PlannedChange.Kind.EDITION_SUNSET,
        state__in=OPEN,
        begun_at=None,
        told_at__isnull=False,
        takes_effect_at__lte=at + max(REMINDERS),
        licence__price__isnull=False,
        licence__period_end__gt=F("takes_effect_at"),
    ).select_related("licence__price")
    turned = 0
    last: int | None = 0
    while last is not None:
        with transaction.atomic():
            batch, last = locked(passed.filter(pk__gt=last).order_by("pk"))
            events = []
            for change in batch:
                assert change.takes_effect_at is not None, "asked for above"
                before = (change.state, change.takes_effect_at)
                change.takes_effect_at = day_from(change, change.takes_effect_at)
                change.state, change.why = State.DEFERRED, change.why or PASSED
                events.append(deferral(change, before=before, at=at))
            PlannedChange.objects.bulk_update(batch, ["takes_effect_at", "state", "why"])
            record(*events)
        turned += len(batch)
    return turned


def _follow(batch: list[PlannedChange], clock: NoticeClock, *, at: datetime) -> dict[str, int]:
    heard = told_at([change.notice_id for change in batch if change.notice_id], at=at)
    on_their_way = undecided([change.notice_id for change in batch if change.notice_id])
    altered, events, again, put_off = [], [], [], 0
    for change in batch:
        before = (change.state, change.takes_effect_at)
        settle(change, clock, told=heard.get(change.notice_id or 0), at=at)
        if change.told_at is None and change.notice_id not in on_their_way and _is_over(change, at=at):
            again.append(change)
        if change.told_at or before != (change.state, change.takes_effect_at):
            altered.append(change)
        if before[0] != change.state or (change.told_at and before[1] != change.takes_effect_at):
            put_off += 1
            events.append(deferral(change, before=before, at=at))
    PlannedChange.objects.bulk_update(
        altered, ["planned_at", "told_at", "earliest_at", "takes_effect_at", "state", "why"]
    )
    record(*events)
    tell_again(again, clock, at=at)
    return {
        "told": sum(bool(change.told_at) for change in batch),
        "put_off": put_off,
        "said_again": len(again),
    }


def settle(change: PlannedChange, clock: NoticeClock, *, told: datetime | None, at: datetime) -> None:
    """Set what follows from having been told at `told`, or not yet. Not saved.

    A day only ever moves to later: put off without one, its plan becomes the day that the mail named, because the mail
    may turn out to have arrived in time after all.
    """
    earliest = earliest_of(change, clock, told_at=told or at).at
    if told is None:
        change.told_at = change.earliest_at = None
        if change.takes_effect_at is not None and earliest > change.takes_effect_at:
            change.planned_at = max(change.planned_at, change.takes_effect_at)
            change.takes_effect_at, change.state, change.why = None, State.DEFERRED, NOT_DELIVERED
        return
    change.told_at, change.earliest_at = told, earliest
    day = change.takes_effect_at or change.planned_at
    if earliest > day:
        change.state, change.why = State.DEFERRED, DELIVERED_LATE
    change.takes_effect_at = day_from(change, max(day, earliest))


def deferral(change: PlannedChange, *, before: tuple[str, datetime | None], at: datetime) -> Event:
    """The event that says it is put off, and until when."""
    state, day = before
    return entry(
        customer=change.customer_id,
        kind="change_put_off",
        subject=change,
        at=at,
        actor=CLOCK,
        before={"state": state, "takes_effect_at": day.isoformat() if day else None},
        after={
            "state": change.state,
            "takes_effect_at": change.takes_effect_at.isoformat() if change.takes_effect_at else None,
        },
        reason=change.why,
    )


def _is_over(change: PlannedChange, *, at: datetime) -> bool:
    """Whether its notice went as far as it goes, a while ago."""
    sent = change.notice
    return sent is not None and sent.state != Notice.State.WAITING and sent.owed_at <= at - AGAIN_AFTER
