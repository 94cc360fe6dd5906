"""For how many people a change makes room, beside those there was room for."""

from __future__ import annotations

from licensing.terms import TierTerms


def room_for(tier: TierTerms, *, seats: int) -> int | None:
    """How many people a licence has room for: the seats paid for; what is free, as many as its tier takes.

    None where there is no bound.
    """
    return tier.max_seats if tier.is_free else seats


def seats_gained(*, before: int | None, after: int | None) -> int:
    """How many more people there is room for; negative where there are fewer, 0 where either has no bound."""
    return after - before if before is not None and after is not None else 0
