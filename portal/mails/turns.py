"""Reminders come in turns: thirty, seven and one day before. After a silence only the nearest is worth sending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def turn_of(*, when: datetime, turns: Sequence[timedelta], at: datetime) -> timedelta | None:
    """The turn whose time it is for something due at `when`: the nearest begun. None: too early, or too late."""
    if when <= at:
        return None
    return min((turn for turn in turns if when - at <= turn), default=None)


def is_the_turn(period: str, *, when: datetime, turns: Sequence[timedelta], at: datetime) -> bool:
    """Whether a notice's `period` ("7d:2026-12-14") still names the day of `when`, and the turn whose time it is.

    A move of the date, or a nearer turn, makes it false: the sweep owes the right one by itself.
    """
    turn = turn_of(when=when, turns=turns, at=at)
    return turn is not None and period == f"{turn.days}d:{when:%Y-%m-%d}"
