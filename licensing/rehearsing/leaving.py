"""What announced sunsets are going to take, be a draft published or not: told apart from what the draft does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from licensing.models import Sunset
from licensing.terms import NOT_INCLUDED, TierTerms


@dataclass(frozen=True)
class Announced:
    """An open sunset of a feature. `tier_key` is empty where it takes it from every tier; `on` is the day in UTC."""

    feature_key: str
    tier_key: str
    on: str


def announced(product_id: int, *, at: datetime) -> list[Announced]:
    """The sunsets of features that were open at `at`, the first announced in front. One query."""
    found = Sunset.objects.filter(
        Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), product=product_id, announced_at__lte=at
    ).exclude(feature_key="")
    rows = found.order_by("announced_at", "pk").values_list("feature_key", "tier_key", "announced_at")
    return [Announced(feature, tier, f"{since:%Y-%m-%d}") for feature, tier, since in rows if since]


def leaving(tier: TierTerms, sunsets: Sequence[Announced]) -> dict[str, str]:
    """Feature → when it was announced that it goes, for whoever holds `tier`, given as its edition was published: what
    was shared in later no sunset touches.
    """
    return {
        sunset.feature_key: sunset.on
        for sunset in reversed(sunsets)
        if sunset.tier_key in ("", tier.key) and tier.value(sunset.feature_key) not in (NOT_INCLUDED, False)
    }
