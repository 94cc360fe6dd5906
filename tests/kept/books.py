"""What these proofs themselves know of what was promised: which plans were announced, which mails arrived when, and
which exceptions were made. What the product does is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from licensing.models import PlannedChange

QUIET = timedelta(days=2)
# What has to be waited for where a feature goes, and where a whole edition ends: the longest of these.
OF_A_FEATURE = ("feature_loss",)
OF_AN_EDITION = ("edition_sunset", "feature_loss", "price_rise")


@dataclass
class Plan:
    """A sunset that was announced: of a feature, or where that is empty, of the edition `ends`, whose holders go to
    `follows`. `tier` is empty where it is of all tiers.
    """

    feature: str
    tier: str
    first_on: date
    ends: int | None = None
    follows: int | None = None
    withdrawn_at: datetime | None = None


@dataclass
class Mail:
    """One announcement to one address: the day it names, and what is known of it. `is_quiet`: nobody will report it."""

    change: int
    sent_at: datetime
    named: datetime
    is_quiet: bool
    arrived_at: datetime | None = None
    reported_at: datetime | None = None

    def told_at(self, at: datetime) -> datetime | None:
        """When it counts as having arrived, as far as one could know it at `at`."""
        if self.is_quiet and self.reported_at is None:
            return self.sent_at if at >= self.sent_at + QUIET else None
        return self.arrived_at


@dataclass
class Exceptional:
    """More of a feature for one customer, as it was granted: under these terms, from one moment up to another."""

    customer: int
    feature: str
    worth: float
    begins_at: datetime
    ends_at: datetime
    edition: int
    measured: tuple[object, ...]

    def is_live(self, at: datetime) -> bool:
        return self.begins_at <= at < self.ends_at


@dataclass
class Books:
    """Plans by their number, mails by their delivery's. `days` is the notice by what happens and by country, "" being
    everywhere.
    """

    days: dict[tuple[str, str], int]
    plans: dict[int, Plan] = field(default_factory=dict)
    mails: dict[int, Mail] = field(default_factory=dict)
    exceptions: dict[int, Exceptional] = field(default_factory=dict)
    # The planned changes that have taken effect, and rightly: their numbers.
    done: set[int] = field(default_factory=set)

    def notice(self, plan: Plan, country: str = "") -> int:
        """Whole days between telling and the day."""
        kinds = OF_A_FEATURE if plan.feature else OF_AN_EDITION
        return max(self.days.get((kind, where), 0) for kind in kinds for where in ("", country))

    def wrong(
        self, change: PlannedChange, *, holds: int, took_effect_at: datetime, known_at: datetime
    ) -> Iterator[str]:
        """Why it may not take effect at a moment; nothing where it may. `holds` is the tier that is held then.

        What a renewal carries takes effect with the renewal, and what is known of it may be of before or of after.
        """
        plan = self.plans[change.sunset_id]
        zone = ZoneInfo(change.customer.time_zone)
        today = took_effect_at.astimezone(zone).date()
        if holds != change.tier_id:
            yield "its licence is on another tier"
        if plan.withdrawn_at is not None and plan.withdrawn_at <= known_at:
            yield "the plan was withdrawn"
        if today < plan.first_on:
            yield "before its first day"
        told = [
            (when, mail)
            for mail in self.mails.values()
            if mail.change == change.pk and (when := mail.told_at(known_at)) is not None
        ]
        days = self.notice(plan, change.customer.country)
        if not told:
            yield "nobody was told"
        elif not [mail for when, mail in told if (today - when.astimezone(zone).date()).days > days]:
            yield f"without its {days} days of notice"
        elif not [mail for _when, mail in told if mail.named <= took_effect_at]:
            yield "before the day that its mail named"
