"""What is counted by the month: when it starts again, and which readings are of the month that runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from licensing.models import Licence
from licensing.periods import add_intervals
from licensing.standing import Standing
from licensing.terms import EditionTerms
from licensing.usage import Usage


def starts_again(standing: Standing) -> datetime:
    """When monthly counts begin anew: the next monthly turn of the billing day, or of the day the licence began."""
    return next(turn for turn in _turns(standing.licence, at=standing.at) if turn > standing.at)


def usage_now(usage: Mapping[str, Usage], *, standing: Standing) -> dict[str, Usage]:
    """`usage` less the monthly counts that were read before they last started again: they say nothing of now."""
    editions = [one for one in (standing.edition, standing.trial_edition) if one is not None]
    return of_this_month(usage, licence=standing.licence, editions=editions, at=standing.at)


def of_this_month(
    usage: Mapping[str, Usage], *, licence: Licence, editions: Iterable[EditionTerms], at: datetime
) -> dict[str, Usage]:
    """The same for a licence at a moment. `editions` say what is counted by the month."""
    began = max((turn for turn in _turns(licence, at=at) if turn <= at), default=licence.started_at)
    monthly = {feature.key for edition in editions for feature in edition.features if feature.monthly}
    return {key: one for key, one in usage.items() if key not in monthly or one.read_at >= began}


def _turns(licence: Licence, *, at: datetime) -> list[datetime]:
    """The monthly turns around `at`, in order."""
    anchor = licence.period_start or licence.started_at
    months = (at.year - anchor.year) * 12 + at.month - anchor.month
    return [add_intervals(anchor=anchor, interval="month", count=months + more) for more in (-1, 0, 1, 2)]
