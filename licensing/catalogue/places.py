"""Where what a tier gives stands among a feature's values, also in a draft in which not everything fits yet."""

from __future__ import annotations

from licensing.models import Feature
from licensing.terms import NOT_INCLUDED, FeatureTerms, TierTerms


def place(feature: FeatureTerms, tier: TierTerms) -> float | None:
    """More is better; not included is 0 or less. None where the value fits no feature of that kind."""
    value = tier.value(feature.key)
    fits: dict[str, bool] = {
        Feature.Kind.SWITCH: value is True,
        Feature.Kind.LIMIT: value is None or (type(value) is int and value >= 0),
        Feature.Kind.LEVEL: value in [key for key, _ in feature.levels],
    }
    if value is not NOT_INCLUDED and not fits.get(feature.kind, False):
        return None
    return feature.rank(value)


def at_least(feature: FeatureTerms, tier: TierTerms, other: TierTerms) -> bool | None:
    """Whether `tier` gives at least as much of a feature as `other`. None where that cannot be said."""
    mine, theirs = place(feature, tier), place(feature, other)
    return None if mine is None or theirs is None else mine >= theirs
