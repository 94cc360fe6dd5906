"""Who is touched, told when, and what becomes void. Sets of 1,000; safe to run twice, late, or on two machines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from licensing.history import CLOCK, entry, record
from licensing.models import Feature, Grant, Licence, Notice, PlannedChange, Price, Sunset, UsageReading
from licensing.noticeclock import NoticeClock
from licensing.notices import notice, owe_all
from licensing.reminders import owe_reminders
from licensing.sunsets.batches import BATCH, locked
from licensing.sunsets.days import day_named
from licensing.sunsets.ramp import day_for
from licensing.sunsets.terms import sunset_terms

# One turn of the sweep does so many sets of each thing, and the next takes on from there; a click does one.
SETS = 20
# Whoever uses the thing is told so long before the others.
USERS_LEAD = timedelta(days=7)
Kind, State = PlannedChange.Kind, PlannedChange.State
OPEN = (State.WAITING, State.DEFERRED)
# The kinds of notices, by what the sunset does.
ANNOUNCED = {Kind.FEATURE_LOSS: "sunset_announced", Kind.EDITION_SUNSET: "edition_ending"}
REMINDER = {Kind.FEATURE_LOSS: "sunset_reminder", Kind.EDITION_SUNSET: "edition_ending_reminder"}
WITHDRAWN = {Kind.FEATURE_LOSS: "sunset_withdrawn", Kind.EDITION_SUNSET: "edition_stays"}
REMINDERS = (timedelta(days=1), timedelta(days=7), timedelta(days=30))
MOVED = "The licence is no longer on a tier that gives it."
CALLED_OFF = "The plan was withdrawn."


def plan_open(*, at: datetime, sets: int = SETS) -> int:
    """Give every live licence that an open sunset touches its planned change, where it has none: of each sunset at most
    `sets` of 1,000. How many were made.
    """
    sunsets = Sunset.objects.filter(announced_at__isnull=False, withdrawn_at=None)
    return sum(_plan(sunset, at=at, sets=sets) for sunset in sunsets)


def touched_by(sunset: Sunset) -> QuerySet[Licence]:
    """Live licences of open customers on a tier that gives the feature, or of the edition that ends."""
    found = Licence.objects.filter(product=sunset.product_id, ended_at=None, customer__closed_at=None)
    if sunset.edition_id:
        found = found.filter(edition=sunset.edition_id)
    else:
        giving = Grant.objects.filter(tier=OuterRef("tier"), feature__key=sunset.feature_key)
        found = found.filter(Exists(giving.exclude(value=False)))
    return found.filter(tier__key=sunset.tier_key) if sunset.tier_key else found


def in_use(feature_key: str, *, at: datetime) -> Subquery:
    """Of a licence: how much of the feature its customer uses by the newest reading; None where there is none."""
    readings = UsageReading.objects.filter(
        customer=OuterRef("customer"), feature_key=feature_key, read_at__lte=at
    )
    return Subquery(readings.order_by("-read_at", "-pk").values("value")[:1])


def is_counted(sunset: Sunset) -> bool:
    """Whether the use of what goes is counted at all: a limit's is, a switch's and a level's is not."""
    return Feature.objects.filter(
        edition__product=sunset.product_id, key=sunset.feature_key, kind=Feature.Kind.LIMIT
    ).exists()


def _plan(sunset: Sunset, *, at: datetime, sets: int) -> int:
    """Several hands at once make no change twice: it is unique, and what is there already is passed over."""
    known = PlannedChange.objects.filter(sunset=sunset, licence=OuterRef("pk"), tier=OuterRef("tier"))
    missing = (
        touched_by(sunset)
        .filter(~Exists(known))
        .annotate(in_use=in_use(sunset.feature_key, at=at))
        .select_related("customer")
        .order_by("pk")
    )
    counted = is_counted(sunset)
    made, last = 0, 0
    for _ in range(sets):
        batch = list(missing.filter(pk__gt=last)[:BATCH])
        PlannedChange.objects.bulk_create(
            (_change(sunset, licence, counted=counted, at=at) for licence in batch),
            ignore_conflicts=True,
        )
        made += len(batch)
        if len(batch) < BATCH:
            break
        last = batch[-1].pk
    return made


def _change(sunset: Sunset, licence: Any, *, counted: bool, at: datetime) -> PlannedChange:
    """Users first, where use is counted at all; what nobody counts, and a whole edition, everybody may be using."""
    uses_it = bool(licence.in_use) or not counted
    announced_at = sunset.announced_at or at
    day = day_for(sunset=sunset, customer_id=licence.customer_id)
    return PlannedChange(
        sunset=sunset,
        customer=licence.customer,
        licence=licence,
        tier_id=licence.tier_id,
        kind=sunset.kind,
        feature_key=sunset.feature_key,
        usage=licence.in_use,
        tell_at=announced_at if uses_it else announced_at + USERS_LEAD,
        planned_at=datetime.combine(day, time(), tzinfo=licence.customer.zone),
    )


def tell_due(*, at: datetime, sets: int = SETS) -> int:
    """Owe the announcement to whoever's time to hear has come, and name them their day: at most `sets` of 1,000. How
    many.
    """
    clock, told = NoticeClock.read(), 0
    untold = PlannedChange.objects.filter(
        state__in=OPEN, notice=None, told_at=None, tell_at__lte=at
    ).select_related("customer", "licence__price")
    for _ in range(sets):
        with transaction.atomic():
            batch, last = locked(untold.order_by("tell_at", "pk"))
            _tell(batch, clock, at=at)
        told += len(batch)
        if last is None:
            break
    return told


def _tell(batch: list[PlannedChange], clock: NoticeClock, *, at: datetime) -> None:
    notices = _owed(((change, "") for change in batch), ANNOUNCED, at=at)
    events = []
    for change in batch:
        named = day_named(change, clock, at=at)
        change.notice_id, change.takes_effect_at = notices[change.pk], named.at
        events.append(
            entry(
                customer=change.customer,
                kind="change_planned",
                subject=change,
                at=at,
                actor=CLOCK,
                after={**what_goes(change), "takes_effect_at": change.takes_effect_at.isoformat()},
                reason=f"{named.days} days of notice: {named.source}",
            )
        )
    PlannedChange.objects.bulk_update(batch, ["notice", "takes_effect_at"])
    record(*events)


def what_goes(change: PlannedChange) -> dict[str, Any]:
    """As an event keeps it."""
    if change.kind == Kind.EDITION_SUNSET:
        return {"edition": sunset_terms(change.sunset_id).edition_id}
    return {"feature": change.feature_key}


def _owed(
    wanted: Iterable[tuple[PlannedChange, str]], kinds: dict[PlannedChange.Kind, str], *, at: datetime
) -> dict[int, int]:
    """Owe the notice of `kinds` about each change, in its period. Change number → notice number."""
    rows = [
        notice(
            customer=change.customer_id, kind=kinds[Kind(change.kind)], subject=change, at=at, period=period
        )
        for change, period in wanted
    ]
    owe_all(rows)
    found = Notice.objects.filter(
        customer_id__in={row.customer_id for row in rows},
        kind__in=kinds.values(),
        subject__in=[row.subject for row in rows],
        period__in={row.period for row in rows},
    )
    return {int(subject.partition(":")[2]): pk for subject, pk in found.values_list("subject", "pk")}


def tell_again(changes: list[PlannedChange], clock: NoticeClock, *, at: datetime) -> None:
    """Owe the announcement once more, with a new day, as a notice of its own to whoever is in the team by then."""
    notices = _owed(((change, f"again:{at:%Y-%m-%d}") for change in changes), ANNOUNCED, at=at)
    for change in changes:
        change.notice_id = notices[change.pk]
        change.takes_effect_at = day_named(change, clock, at=at).at
    PlannedChange.objects.bulk_update(changes, ["notice", "takes_effect_at"])


def remind_due(*, at: datetime) -> int:
    """Owe what is due of the reminders before a day that is certain: thirty, seven and one day. No renewal carries the
    end of an edition for whoever has cancelled, and whoever pays by the year reads of it on the same days in the mails
    before that renewal. How many.
    """
    said_elsewhere = Q(licence__cancels_at_period_end=True) | Q(licence__price__interval=Price.Interval.YEAR)
    certain = PlannedChange.objects.filter(
        state__in=OPEN, told_at__isnull=False, customer__closed_at=None, sunset__withdrawn_at=None
    ).exclude(said_elsewhere, kind=Kind.EDITION_SUNSET)
    return sum(
        owe_reminders(
            certain.filter(kind=kind), kind=said, date_field="takes_effect_at", turns=REMINDERS, at=at
        )
        for kind, said in REMINDER.items()
    )


def void_moved(*, at: datetime) -> int:
    """A change is void where its licence has left the tier or ended; back on the tier, it waits again. How many."""
    here = Q(licence__ended_at=None, licence__tier=F("tier"), customer__closed_at=None)
    gone = PlannedChange.objects.filter(~here, state__in=OPEN)
    back = PlannedChange.objects.filter(here, state=State.VOID, why=MOVED, sunset__withdrawn_at=None)
    return _turn(gone, State.VOID, MOVED, at=at, sets=SETS) + _turn(back, State.WAITING, "", at=at, sets=SETS)


def void_withdrawn(*, at: datetime, sets: int = SETS) -> int:
    """What a withdrawn sunset planned is void, and the features that it took are back; whoever was told hears it: at
    most `sets` of 1,000. Who has moved to other terms has moved: what they lost before stays told as it was. How many.
    """
    is_past = Q(kind=Kind.EDITION_SUNSET) | ~Q(licence__tier=F("tier"))
    changes = PlannedChange.objects.filter(sunset__withdrawn_at__isnull=False).exclude(
        Q(state=State.VOID) | Q(is_past, state=State.DONE)
    )
    return _turn(changes, State.VOID, CALLED_OFF, at=at, sets=sets, say=WITHDRAWN)


def _turn(
    changes: QuerySet[PlannedChange],
    state: str,
    why: str,
    *,
    at: datetime,
    sets: int,
    say: dict[PlannedChange.Kind, str] | None = None,
) -> int:
    turned = 0
    for _ in range(sets):
        with transaction.atomic():
            batch, last = locked(changes.order_by("pk"))
            events = [
                entry(
                    customer=change.customer_id,
                    kind="planned_change_turned",
                    subject=change,
                    at=at,
                    actor=CLOCK,
                    before={**what_goes(change), "state": change.state},
                    after={**what_goes(change), "state": state},
                    reason=why,
                )
                for change in batch
            ]
            for change in batch:
                change.state, change.why = state, why
                # What Stripe was asked for a withdrawn plan is asked back first; until then it stays begun.
                if why != CALLED_OFF:
                    change.begun_at = None
            PlannedChange.objects.bulk_update(batch, ["state", "why", "begun_at"])
            record(*events)
            if say:
                _owed(((change, "") for change in batch if change.notice_id), say, at=at)
        turned += len(batch)
        if last is None:
            break
    return turned
