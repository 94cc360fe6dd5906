"""Which of several reasons are worth telling."""

from __future__ import annotations

from collections.abc import Sequence

from licensing.reasons import Reason

# Each of these makes the others idle: cancelling asks for no seats, and of what is held nothing more need be said.
ENOUGH = {"leaving-is-cancelling", "tier-is-higher"}


def telling(reasons: Sequence[Reason]) -> list[Reason]:
    """The reasons without those that do not matter beside a stronger one."""
    return [reason for reason in reasons if reason.rule in ENOUGH] or list(reasons)
