"""For how many people a change makes room, beside those there was room for."""

from __future__ import annotations

from licensing.terms import TierTerms


def room_for(tier: TierTerms, *, seats: int) -> int | None:
    """How many people a licence has room for: the seats paid for; what is free, as many as its tier takes.

    None where there is no bound.
    """
    return tier.max_seats if tier.is_free else seats


def room_gained(*, before: int | None, after: int | None, people: int) -> int:
    """For how many more than before there is room; negative for fewer, 0 where either has no bound.

    Seats that none of the `people` (invitations included) takes up are nothing to lose. Worked examples:

    * from 3 seats to 5 → 2; from 3 seats to 1, for 3 people → −2
    * from 3 seats to 1, for one person → 0: they never had anybody on the other two
    """
    if before is None or after is None or people <= after < before:
        return 0
    return after - before
