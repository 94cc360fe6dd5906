"""What announced sunsets do to this customer: what goes, when, why, what to take along, and how to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from licensing.sharing import in_force
from licensing.standing import Standing
from licensing.sunsets.terms import SunsetTerms, sunset_terms
from portal.pages.values import feature_words

SHOWN_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Planned:
    """`when` is None while there is no day, because the mail that tells of it has not been delivered."""

    name: str
    words: str
    is_done: bool
    when: datetime | None
    sunset: SunsetTerms


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
        if feature is not None and change.is_announced and not long_gone:
            found.append(
                Planned(
                    name=feature.name,
                    words=feature_words(feature, before.value(feature.key)),
                    is_done=change.is_done,
                    when=change.takes_effect_at,
                    sunset=sunset_terms(change.sunset_id),
                )
            )
    return sorted(found, key=lambda one: (one.when is None, one.when or standing.at))
