"""What a customer may do at a moment, and why: feature → value, with its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.standing import Standing
from licensing.terms import FeatureTerms


@dataclass(frozen=True)
class Entitlement:
    """`value` as in a Grant, or NOT_INCLUDED. `source` is "tier" or "trial"; `until` is set for what is on loan."""

    feature: FeatureTerms
    value: Any
    source: str
    until: datetime | None = None


def entitlements(standing: Standing) -> dict[str, Entitlement]:
    """Every feature of the held edition, and of the trial's, with the better of both values. No query."""
    held = {
        feature.key: Entitlement(feature, standing.tier.value(feature.key), "tier")
        for feature in standing.edition.features
    }
    if standing.trial is None or standing.trial_edition is None or standing.trial_tier is None:
        return held
    for feature in standing.trial_edition.features:
        lent = standing.trial_tier.value(feature.key)
        own = held.get(feature.key)
        if own is None or is_better(feature, lent, than=own.value):
            held[feature.key] = Entitlement(feature, lent, "trial", standing.trial.ends_at)
    return held


def is_better(feature: FeatureTerms, value: Any, *, than: Any) -> bool:
    """Whether `value` gives more than `than`, by the feature's own order. A level it does not know is never less."""
    try:
        return feature.rank(value) > feature.rank(than)
    except (KeyError, ValueError):
        return False
