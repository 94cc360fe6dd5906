"""The facts that rules look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from licensing.standing import Standing
from licensing.terms import EditionTerms, TierTerms
from licensing.usage import Usage


@dataclass(frozen=True)
class Situation:
    """Gathered once at the door.

    `people` counts members and open invitations. `order_over_at`: when the order that is pending is over at the latest,
    where that is known. `trials_used` maps a tier's key to when it may be tried again;
    `addresses` are the owners' confirmed ones, for which that is so. `stopped` says why nothing can be paid now: for
    "everybody", for this "customer", or while the "books" are checked; empty where it can.
    """

    standing: Standing
    today: EditionTerms
    people: int
    usage: dict[str, Usage]
    trials_used: dict[str, datetime] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    order_pending: bool = False
    order_over_at: datetime | None = None
    stopped: str = ""

    @property
    def at(self) -> datetime:
        return self.standing.at


@dataclass(frozen=True)
class Change:
    """What somebody wants to move to."""

    tier: TierTerms
    edition: EditionTerms
    seats: int
    interval: str
