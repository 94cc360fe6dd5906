"""How many seats a team takes up, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from licensing.models import Customer
from licensing.standing import standing_of


@dataclass(frozen=True)
class Seats:
    """`limit` is None where people are not counted."""

    members: int
    invited: int
    limit: int | None

    @property
    def taken(self) -> int:
        """An open invitation holds a seat, so that whoever accepts it finds one."""
        return self.members + self.invited

    @property
    def is_full(self) -> bool:
        return self.limit is not None and self.taken >= self.limit

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.taken)


def seats_of(customer: Customer, *, at: datetime) -> Seats:
    """Count a team's seats: three queries.

    The limit of a paid licence is the seats paid for, whatever trial lies over it; of a free one the most that the
    tier in force allows (a running trial's while it lasts). Who is in stays in when the limit falls.
    """
    standing = standing_of(customer, at=at)
    limit = standing.feels_like.max_seats if standing.licence.is_free else standing.licence.seats
    return Seats(members=customer.members.count(), invited=_invited(customer, at=at), limit=limit)


def people_of(customer: Customer, *, at: datetime) -> int:
    """How many a team is, open invitations included: two queries."""
    return customer.members.count() + _invited(customer, at=at)


def _invited(customer: Customer, *, at: datetime) -> int:
    open_ones = customer.invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=at)
    return int(open_ones.count())
