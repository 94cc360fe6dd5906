"""The history of a licence is whole: each event begins where the one before it ended, and none is missing."""

from __future__ import annotations

from licensing.invariants import INVARIANTS, Violation, slices_of_customers, violations_among

OF_HISTORY = tuple(one for one in INVARIANTS if one.name in ("licence-version", "licence-history"))


def breaks_in_history() -> list[Violation]:
    return [
        broken
        for customers in slices_of_customers()
        for broken in violations_among(customers, invariants=OF_HISTORY)
    ]
