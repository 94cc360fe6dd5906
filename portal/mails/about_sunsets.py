"""What we say before a feature goes: what, why, when, what to take along, and the ways to go on; and if it stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from licensing.models import Notice, PlannedChange
from licensing.sunsets.planning import ANNOUNCED, REMINDER, WITHDRAWN
from licensing.sunsets.terms import sunset_terms
from licensing.terms import edition_terms
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.planned_changes import AboutChange, changes_about
from portal.pages.planned import paid_ahead_words
from portal.pages.values import feature_words

OURS = PlannedChange.Kind.FEATURE_LOSS


class _ChangeKind(Kind[AboutChange]):
    """There is no opt-out: what somebody loses they are told."""

    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutChange]:
        return changes_about(notices)

    def facts(self, about: AboutChange, notice: Notice, at: datetime) -> dict[str, Any]:
        """What is lost in their tier's own words; that what they pay stays; and that nothing of a paid year comes back
        by itself.
        """
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
            "paid_ahead": paid_ahead_words(
                licence, interval=price.interval if price else "", leaves_at=change.takes_effect_at
            ),
            "may_cancel": price is not None and not licence.cancels_at_period_end,
            "upgrade_url": link("upgrade"),
            "plan_url": link("plan"),
            "billing_url": link("billing"),
        }


class SunsetAnnounced(_ChangeKind):
    """Said once; and again, as another notice, where it reached nobody."""

    key = ANNOUNCED[OURS]

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        return about.is_announced_by(notice)


class SunsetReminder(_ChangeKind):
    """Thirty, seven and one day before; only the nearest is said."""

    key = REMINDER[OURS]

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        return about.is_reminded_by(notice, at=at)


class SunsetWithdrawn(_ChangeKind):
    """It stays after all, or is back."""

    key = WITHDRAWN[OURS]

    def is_true(self, about: AboutChange, notice: Notice, at: datetime) -> bool:
        return about.is_called_off
