"""What notices of sunsets are about: a planned change, and the tier that it touches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from licensing.models import Licence, Notice, PlannedChange
from licensing.sunsets.planning import CALLED_OFF, OPEN, REMINDERS
from licensing.terms import TierTerms, edition_terms
from portal.mails.subjects import rows_of
from portal.mails.turns import is_the_turn


@dataclass(frozen=True)
class AboutChange:
    """A planned change, and the tier that it takes something from, or that its licence leaves."""

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

    def is_announced_by(self, notice: Notice) -> bool:
        """While it is meant to happen, and this is the notice that the day is counted from."""
        return self.is_open and self.change.notice_id == notice.pk

    def is_reminded_by(self, notice: Notice, *, at: datetime) -> bool:
        """While it is meant to happen, and no nearer reminder has its turn."""
        when = self.change.takes_effect_at
        return (
            self.is_open
            and when is not None
            and is_the_turn(notice.period, when=when, turns=REMINDERS, at=at)
        )

    @property
    def is_called_off(self) -> bool:
        return self.change.why == CALLED_OFF and self.licence.tier_id == self.change.tier_id


def changes_about(notices: Sequence[Notice]) -> Mapping[int, AboutChange]:
    """Notice number → what it is about. One query; terms are kept in the process."""
    changes = rows_of(notices, PlannedChange.objects.select_related("sunset", "licence__price", "tier"))
    return {
        number: AboutChange(change, edition_terms(change.tier.edition_id).tier_by_id(change.tier_id))
        for number, change in changes.items()
    }
