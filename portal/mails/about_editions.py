"""What we say of the end of an edition: when its holders move, what they will pay and what changes; that they have
moved; or that it goes on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.counting import of_this_month
from licensing.models import Notice, PlannedChange
from licensing.planned import Change, changes_of
from licensing.sharing import publications
from licensing.standing import less_retired
from licensing.sunsets.moving import HAS_MOVED, move_by
from licensing.sunsets.planning import ANNOUNCED, REMINDER, WITHDRAWN
from licensing.sunsets.terms import sunset_terms
from licensing.usage import DATA_KEPT, Usage
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.planned_changes import AboutChange, changes_about
from portal.mails.subjects import is_yearly, newest_usage, terms_in_force
from portal.pages.moving import Moving, moved_by, moving_by

OURS = PlannedChange.Kind.EDITION_SUNSET


@dataclass(frozen=True)
class AboutMove:
    """A planned change, and what is in force for its licence beside it."""

    planned: AboutChange
    changes: tuple[Change, ...]
    newest_id: int
    usage: Mapping[str, Usage]


class _MoveKind(Kind[AboutMove]):
    """There is no opt-out: what somebody will pay they are told."""

    audience = Audience.SPENDERS

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutMove]:
        """Four queries; terms and sunsets are kept in the process."""
        found = changes_about(notices)
        planned = changes_of(one.licence.pk for one in found.values())
        published = publications()
        usage = newest_usage((one.licence.customer_id for one in found.values()), at=at)
        return {
            number: AboutMove(
                one,
                planned.get(one.licence.pk, ()),
                published.newest(one.licence.product_id),
                usage.get(one.licence.customer_id, {}),
            )
            for number, one in found.items()
        }

    def facts(self, about: AboutMove, notice: Notice, at: datetime) -> dict[str, Any]:
        """What they pay now and then, and what they lose and gain, in their tier's own words."""
        change = about.planned.change
        return {
            "move": self.move(about, at=at),
            "data_kept": DATA_KEPT.text(None),
            "tier": about.planned.tier,
            "because": change.sunset.withdrawn_because,
            "upgrade_url": link("upgrade"),
            "plan_url": link("plan"),
            "billing_url": link("billing"),
        }

    def move(self, about: AboutMove, *, at: datetime) -> Moving | None:
        """As it is ahead, seen from `at`."""
        change, licence = about.planned.change, about.planned.licence
        edition, _tier = terms_in_force(licence, newest_id=about.newest_id)
        return moving_by(
            move_by(change),
            licence=licence,
            held=less_retired(edition, licence.tier_id, about.changes),
            newest_id=about.newest_id,
            changes=about.changes,
            usage=of_this_month(about.usage, licence=licence, editions=[edition], at=at),
        )


class EditionEnding(_MoveKind):
    """Said once; and again, as another notice, where it reached nobody."""

    key = ANNOUNCED[OURS]

    def is_true(self, about: AboutMove, notice: Notice, at: datetime) -> bool:
        return about.planned.is_announced_by(notice)


class EditionEndingReminder(_MoveKind):
    """Thirty, seven and one day before; only the nearest is said, and nothing to whoever has cancelled, or pays by the
    year: the mails before their renewal say it on the same days.
    """

    key = REMINDER[OURS]

    def is_true(self, about: AboutMove, notice: Notice, at: datetime) -> bool:
        licence = about.planned.licence
        return (
            not licence.cancels_at_period_end
            and not is_yearly(licence)
            and about.planned.is_reminded_by(notice, at=at)
        )


class EditionMoved(_MoveKind):
    """It has happened: what is paid from now on, and what has changed."""

    key = HAS_MOVED

    def is_true(self, about: AboutMove, notice: Notice, at: datetime) -> bool:
        return about.planned.licence.ended_at is None and self.move(about, at=at) is not None

    def move(self, about: AboutMove, *, at: datetime) -> Moving | None:
        """As it was; None where the licence has left since."""
        change, licence = about.planned.change, about.planned.licence
        if change.done_at is None:
            return None
        edition, _tier = terms_in_force(licence, newest_id=about.newest_id)
        return moved_by(
            sunset_terms(change.sunset_id),
            from_tier=change.tier_id,
            since=change.done_at,
            licence=licence,
            edition=edition,
            newest_id=about.newest_id,
            changes=about.changes,
            usage=of_this_month(about.usage, licence=licence, editions=[edition], at=at),
        )


class EditionStays(_MoveKind):
    """It goes on after all."""

    key = WITHDRAWN[OURS]

    def is_true(self, about: AboutMove, notice: Notice, at: datetime) -> bool:
        return about.planned.is_called_off
