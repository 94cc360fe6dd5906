"""What we say before a feature goes: what, why, when, what to take along, and the ways to go on; and if it stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.models import Licence, Notice, PlannedChange
from licensing.sunsets.planning import ANNOUNCED, CALLED_OFF, OPEN, REMINDER, REMINDERS, WITHDRAWN
from licensing.sunsets.terms import sunset_terms
from licensing.terms import TierTerms, edition_terms
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import rows_of
from portal.mails.turns import is_the_turn
from portal.pages.values import feature_words


@dataclass(frozen=True)
class AboutChange:
    """A planned change, and the tier that it takes something from."""

    change: PlannedChange
    tier: TierTerms

    @property
    def licence(self) -> Licence:
        licence: Licence = self.change.licence
        return licence

    @property
    def is_open(self) -> bool:
        """Still meant to happen, on a day that is known."""
        return (
            self.change.state in OPEN
            and self.change.takes_effect_at is not None
            and self.change.sunset.is_open
            and self.licence.ended_at is None
            and self.licence.tier_id == self.change.tier_id
        )


class _ChangeKind(Kind[AboutChange]):
    """There is no opt-out: what somebody loses they are told."""

    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutChange]:
        """One query; terms and sunsets are kept in the process."""
        changes = rows_of(notices, PlannedChange.objects.select_related("sunset", "licence__price", "tier"))
        return {
            number: AboutChange(change, edition_terms(change.tier.edition_id).tier_by_id(change.tier_id))
            for number, change in changes.items()
        }

    def facts(self, about: AboutChange, notice: Notice, at: datetime) -> dict[str, Any]:
        """What is lost in their tier's own words; what they pay stays, and is said all the same."""
        change, licence, tier = about.change, about.licence, about.tier
        feature = edition_terms(change.tier.edition_id).feature(change.feature_key)
        assert feature is not None, "the tier gives it"
        price = tier.price_by_id(licence.price_id)
        return {
            "feature": feature.name,
            "lost": feature_words(feature, tier.value(feature.key)),
            "tier": tier,
            "takes_effect_at": change.takes_effect_at,
            "sunset": sunset_terms(change.sunset_id),
            "because": change.sunset.withdrawn_because,
            "price": price,
            "amount": price.amount(licence.seats) if price else 0,
            "upgrade_url": link("upgrade"),
            "plan_url": link("plan"),
            "billing_url": link("billing"),
        }


class SunsetAnnounced(_ChangeKind):
    """Said once; and again, as another notice, where it reached nobody."""

    key = ANNOUNCED

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        """While it is meant to happen, and this is the notice that the day is counted from."""
        return about.is_open and about.change.notice_id == notice.pk


class SunsetReminder(_ChangeKind):
    """Thirty, seven and one day before; only the nearest is said."""

    key = REMINDER

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        when = about.change.takes_effect_at
        return (
            about.is_open
            and when is not None
            and is_the_turn(notice.period, when=when, turns=REMINDERS, at=at)
        )


class SunsetWithdrawn(_ChangeKind):
    """It stays after all, or is back."""

    key = WITHDRAWN

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        return about.change.why == CALLED_OFF and about.licence.tier_id == about.change.tier_id
