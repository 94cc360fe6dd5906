"""What a customer may do at a moment, and why: feature → value, with its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from licensing.measuring import is_kinder
from licensing.sharing import value_said_by
from licensing.standing import Standing
from licensing.terms import FeatureTerms


@dataclass(frozen=True)
class Entitlement:
    """`value` as in a Grant, or NOT_INCLUDED. `source` is "tier", "edition" (a later edition shares it in), "waiver" or
    "trial"; of these `until` says when the last two end.
    """

    feature: FeatureTerms
    value: Any
    source: str
    until: datetime | None = None


def entitlements(standing: Standing) -> dict[str, Entitlement]:
    """Every feature of the held edition, and what lies over it, each with the best of all values. No query."""
    shared = standing.shared
    found = {
        feature.key: Entitlement(
            feature, standing.tier.value(feature.key), "edition" if feature.key in shared else "tier"
        )
        for feature in standing.edition.features
    }
    for laid in _laid_over(standing):
        own = found.get(laid.feature.key)
        if own is None or is_kinder(laid.feature, laid.value, than=own.value, of=own.feature):
            found[laid.feature.key] = laid
    return found


def _laid_over(standing: Standing) -> Iterator[Entitlement]:
    """What is laid over a licence, in this order; of equal values the one that came first counts. What later editions
    share in is in the held tier already (licensing/sharing.py), and so comes before all of it.
    """
    yield from _waivers(standing)
    yield from _trial(standing)


def _waivers(standing: Standing) -> Iterator[Entitlement]:
    """A waiver belongs to the customer, whatever tier they hold; of what their terms do not know it gives nothing."""
    for waived in standing.waivers:
        feature = standing.edition.feature(waived.feature_key)
        if feature is not None:
            yield Entitlement(feature, value_said_by(feature, waived.value), "waiver", waived.ends_at)


def _trial(standing: Standing) -> Iterator[Entitlement]:
    if standing.trial is None or standing.trial_edition is None or standing.trial_tier is None:
        return
    for feature in standing.trial_edition.features:
        yield Entitlement(feature, standing.trial_tier.value(feature.key), "trial", standing.trial.ends_at)


def is_better(feature: FeatureTerms, value: Any, *, than: Any) -> bool:
    """Whether `value` gives more than `than`, both of one feature."""
    return is_kinder(feature, value, than=than, of=feature)
