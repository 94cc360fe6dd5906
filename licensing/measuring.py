"""Which of two values of a feature gives more, also where the two are of editions that describe it differently.

Everything that calls something a gain or a loss asks here, so that no two pages say different things of one change.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from licensing.models import Feature
from licensing.terms import NOT_INCLUDED, FeatureTerms

SWITCH, LEVEL = Feature.Kind.SWITCH, Feature.Kind.LEVEL


class Measure(Enum):
    """How one value stands beside another. UNLIKE: nothing measures both, so neither can stand in for the other."""

    MORE = "more"
    LESS = "less"
    SAME = "same"
    UNLIKE = "unlike"


def measure(feature: FeatureTerms | None, value: Any, *, than: Any, of: FeatureTerms | None) -> Measure:
    """How `value` of `feature` stands beside the value `than` of the feature `of`; None is a feature that is not there.

    Worked examples:

    * 0 projects, not included → MORE: what is included counts for more than what is not, whatever it is
    * no limit (None), 20 projects → MORE; 20 projects, 20 projects → SAME
    * a switch that is on, 20 projects → MORE; a switch that is on, no limit → SAME: a switch has no limit either
    * 20 projects, 99 GB → UNLIKE; so are a monthly count and one that never starts again, and a number and a level
    * "phone", "mail" → by the scale that has both; where none has, or two scales have them the other way round, UNLIKE
    """
    if feature is None or of is None or not _is_given(value) or not _is_given(than):
        return _measured(feature is not None and _is_given(value), of is not None and _is_given(than))
    if not is_comparable(feature, of):
        return Measure.UNLIKE
    if feature.kind == LEVEL:
        return _levels(value, than, scales=(feature, of))
    return _measured(_amount(feature, value), _amount(of, than))


def is_kinder(feature: FeatureTerms, value: Any, *, than: Any, of: FeatureTerms | None) -> bool:
    """Whether `value` of `feature` gives more than the value `than` of the feature `of`."""
    return measure(feature, value, than=than, of=of) is Measure.MORE


def is_comparable(feature: FeatureTerms, other: FeatureTerms) -> bool:
    """Whether values of the two can be measured by each other at all."""
    if LEVEL in (feature.kind, other.kind):
        return feature.kind == other.kind
    same_unit = (feature.unit, feature.monthly) == (other.unit, other.monthly)
    return same_unit or SWITCH in (feature.kind, other.kind)


def _is_given(value: Any) -> bool:
    return value is not NOT_INCLUDED and value is not False


def _amount(feature: FeatureTerms, value: float | None) -> float:
    return float("inf") if feature.kind == SWITCH or value is None else value


def _levels(value: Any, than: Any, *, scales: tuple[FeatureTerms, FeatureTerms]) -> Measure:
    if value == than:
        return Measure.SAME
    known = (scale for scale in scales if {value, than} <= dict(scale.levels).keys())
    found = {_measured(scale.rank(value), scale.rank(than)) for scale in known}
    return found.pop() if len(found) == 1 else Measure.UNLIKE


def _measured(one: float, other: float) -> Measure:
    if one == other:
        return Measure.SAME
    return Measure.MORE if one > other else Measure.LESS
