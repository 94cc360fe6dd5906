"""What announced sunsets are going to do, be a draft published or not: told apart from what the draft does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from licensing.models import Sunset
from licensing.sharing import in_force
from licensing.standing import Standing
from licensing.sunsets.days import renewal_of
from licensing.terms import NOT_INCLUDED, TierTerms


@dataclass(frozen=True)
class Announced:
    """An open sunset of a feature. `tier_key` is empty where it takes it from every tier; `on` is the day in UTC."""

    feature_key: str
    tier_key: str
    on: str


@dataclass(frozen=True)
class Ending:
    """An open sunset of an edition, whose holders move to `replacement_id`. `tier_key` is empty where all of it ends;
    `on` is the day of its announcement in UTC.
    """

    sunset_id: int
    edition_id: int
    replacement_id: int
    tier_key: str
    on: str


@dataclass(frozen=True)
class Plans:
    """What is announced of one product, the first announced in front."""

    features: tuple[Announced, ...]
    endings: tuple[Ending, ...]


def announced(product_id: int, *, at: datetime) -> Plans:
    """The sunsets that were open at `at`. One query."""
    found = Sunset.objects.filter(
        Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), product=product_id, announced_at__lte=at
    ).order_by("announced_at", "pk")
    features, endings = [], []
    for sunset in found:
        on = f"{sunset.announced_at:%Y-%m-%d}"
        if sunset.feature_key:
            features.append(Announced(sunset.feature_key, sunset.tier_key, on))
        elif sunset.edition_id and sunset.replacement_id:
            endings.append(Ending(sunset.pk, sunset.edition_id, sunset.replacement_id, sunset.tier_key, on))
    return Plans(tuple(features), tuple(endings))


def ending_of(standing: Standing, endings: Sequence[Ending]) -> Ending | None:
    """The end that moves this customer on. Whoever pays and has cancelled has no renewal that would carry it."""
    licence = standing.licence
    if licence.cancels_at_period_end and licence.price_id:
        return None
    return next(
        (
            ending
            for ending in endings
            if ending.edition_id == licence.edition_id and ending.tier_key in ("", standing.tier.key)
        ),
        None,
    )


def moved_on(standing: Standing, ending: Ending) -> Standing:
    """The customer on the day on which `ending` has moved them. What was taken from the held tier, or leaves it, is no
    concern of the later one.
    """
    edition = in_force(ending.replacement_id, newest_id=standing.newest_id).terms
    tier = edition.tier(standing.tier.key)
    assert tier is not None, "it is not announced without"
    return replace(standing, edition=edition, tier=tier, changes=())


def day_of(standing: Standing, ending: Ending) -> datetime | None:
    """When they move, as they were told; None while there is no day."""
    for change in standing.changes:
        if change.sunset_id == ending.sunset_id and change.is_announced and change.takes_effect_at:
            return renewal_of(standing.licence, change.takes_effect_at)
    return None


def leaving(tier: TierTerms, sunsets: Sequence[Announced]) -> dict[str, str]:
    """Feature → when it was announced that it goes, for whoever holds `tier`, given as its edition was published: what
    was shared in later no sunset touches.
    """
    return {
        sunset.feature_key: sunset.on
        for sunset in reversed(sunsets)
        if sunset.tier_key in ("", tier.key) and tier.value(sunset.feature_key) not in (NOT_INCLUDED, False)
    }
