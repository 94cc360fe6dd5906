"""Where what a tier gives stands among a feature's values, also in a draft in which not everything fits yet."""

from __future__ import annotations

from typing import Any

from licensing.models import Feature
from licensing.terms import NOT_INCLUDED, FeatureTerms, TierTerms


def fits(value: Any, feature: FeatureTerms) -> bool:
    """Whether a tier can give `value` of a feature of that kind."""
    match feature.kind:
        case Feature.Kind.SWITCH:
            return value is True
        case Feature.Kind.LIMIT:
            return value is None or (type(value) is int and value >= 0)
    return value in [key for key, _ in feature.levels]


def wanted(feature: FeatureTerms) -> str:
    """What fits, to follow a value that does not: "a limit is a whole number from 0, or no limit"."""
    match feature.kind:
        case Feature.Kind.SWITCH:
            return "a switch is yes, or not given at all"
        case Feature.Kind.LIMIT:
            return "a limit is a whole number from 0, or no limit"
    levels = ", ".join(key for key, _ in feature.levels)
    return f"its levels are {levels}" if levels else "it has no levels yet"


def place(feature: FeatureTerms, tier: TierTerms) -> float | None:
    """More is better; not included is 0 or less. None where the value fits no feature of that kind."""
    value = tier.value(feature.key)
    if value is not NOT_INCLUDED and not fits(value, feature):
        return None
    return feature.rank(value)


def at_least(feature: FeatureTerms, tier: TierTerms, other: TierTerms) -> bool | None:
    """Whether `tier` gives at least as much of a feature as `other`. None where that cannot be said."""
    mine, theirs = place(feature, tier), place(feature, other)
    return None if mine is None or theirs is None else mine >= theirs
