"""The day of a planned change: by the ramp, by the notice clock, and for a paid licence that leaves its edition, with a
renewal.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from licensing.models import Licence, NoticeRule, PlannedChange
from licensing.noticeclock import Earliest, NoticeClock
from licensing.periods import renewal_from

# A notice may be on its way for this long before the day it names has to move.
SLACK = timedelta(days=3)
# Which rules of the clock a change has to keep. Whoever leaves an edition may lose features and pay more.
RULES = {
    PlannedChange.Kind.FEATURE_LOSS: (NoticeRule.Kind.FEATURE_LOSS,),
    PlannedChange.Kind.EDITION_SUNSET: (
        NoticeRule.Kind.EDITION_SUNSET,
        NoticeRule.Kind.FEATURE_LOSS,
        NoticeRule.Kind.PRICE_RISE,
    ),
}


def earliest(kind: str, clock: NoticeClock, *, country: str, zone: tzinfo, told_at: datetime) -> Earliest:
    """When a planned change of `kind` may take effect: by the longest of the rules that it has to keep. Raises
    NoPolicy.
    """
    return max(
        (
            clock.earliest(kind=rule, country=country, zone=zone, told_at=told_at)
            for rule in RULES[PlannedChange.Kind(kind)]
        ),
        key=lambda found: found.at,
    )


def earliest_of(change: PlannedChange, clock: NoticeClock, *, told_at: datetime) -> Earliest:
    """The same for its customer."""
    customer = change.customer
    return earliest(change.kind, clock, country=customer.country, zone=customer.zone, told_at=told_at)


def day_named(change: PlannedChange, clock: NoticeClock, *, at: datetime) -> Earliest:
    """The day that a notice owed now names: no earlier than planned, and with time for the mail to arrive."""
    found = earliest_of(change, clock, told_at=at + SLACK)
    return replace(
        found,
        at=day_from(change, max(found.at, change.planned_at, change.takes_effect_at or change.planned_at)),
    )


def day_from(change: PlannedChange, since: datetime) -> datetime:
    """The first moment at or after `since` at which it can take effect."""
    return renewal_of(change.licence, since) if change.kind == PlannedChange.Kind.EDITION_SUNSET else since


def renewal_of(licence: Licence, since: datetime) -> datetime:
    """The licence's first renewal at or after `since`; `since` itself where it is free. `price` is read along."""
    if licence.price is None or licence.period_start is None or licence.period_end is None:
        return since
    return renewal_from(
        start=licence.period_start,
        end=licence.period_end,
        interval=licence.price.interval,
        since=since,
    )
