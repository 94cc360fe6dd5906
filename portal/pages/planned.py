"""What announced sunsets do to this customer: what goes, when, why, what to take along, and how to go on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from licensing.models import Licence
from licensing.periods import add_intervals
from licensing.sharing import in_force
from licensing.standing import Standing
from licensing.sunsets.terms import SunsetTerms, sunset_terms
from portal.pages.values import feature_words
from portal.templatetags.words import day, until

SHOWN_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Planned:
    """`when` is None while there is no day, because the mail that tells of it has not been delivered. `paid_ahead` says
    what becomes of a year's payment; empty where none reaches beyond the day.
    """

    name: str
    words: str
    is_done: bool
    when: datetime | None
    sunset: SunsetTerms
    paid_ahead: str


def planned(standing: Standing) -> list[Planned]:
    """Those that this customer has been told of, the soonest first; what is gone, for a month more. No query once a
    process knows the sunset.
    """
    found = []
    before = in_force(standing.edition.id, newest_id=standing.newest_id).terms.tier_by_id(standing.tier.id)
    for change in standing.changes:
        feature = standing.edition.feature(change.feature_key)
        long_gone = (
            change.is_done and change.takes_effect_at and change.takes_effect_at < standing.at - SHOWN_AFTER
        )
        is_ours = change.tier_id == standing.tier.id and change.is_announced
        if feature is not None and is_ours and not long_gone:
            found.append(
                Planned(
                    name=feature.name,
                    words=feature_words(feature, before.value(feature.key)),
                    is_done=change.is_done,
                    when=change.takes_effect_at,
                    sunset=sunset_terms(change.sunset_id),
                    paid_ahead=paid_ahead_words(
                        standing.licence, interval=standing.interval, leaves_at=change.takes_effect_at
                    ),
                )
            )
    return sorted(found, key=lambda one: (one.when is None, one.when or standing.at))


def paid_ahead_words(licence: Licence, *, interval: str, leaves_at: datetime | None) -> str:
    """What becomes of a year's payment when a feature leaves within that year: nothing comes back by itself. Empty for
    who pays by the month, while there is no day, and where no paid year reaches beyond it.
    """
    start, end = licence.period_start, licence.period_end
    if interval != "year" or leaves_at is None or start is None or end is None or leaves_at <= start:
        return ""
    if leaves_at < end and licence.state != Licence.State.PAST_DUE:
        return _("You have paid until %(end)s. For the rest of that time nothing comes back by itself.") % {
            "end": until(end)
        }
    if leaves_at < end:
        return _(
            "You pay by the year, and the payment of this year is open. Of it, nothing comes back by itself."
        )
    if leaves_at == end or licence.cancels_at_period_end:
        return ""
    renewal = _last_renewal(end, before=leaves_at)
    return _(
        "You pay by the year, and your plan renews on %(day)s, before that. Of what is charged then, nothing comes "
        "back by itself. Cancel before, and it is not charged."
    ) % {"day": day(renewal)}


def _last_renewal(first: datetime, *, before: datetime) -> datetime:
    """Of the yearly renewals from `first` on, the last one before a moment after it."""
    turns = (add_intervals(anchor=first, interval="year", count=count) for count in itertools.count())
    return max(itertools.takewhile(lambda turn: turn < before, turns))
