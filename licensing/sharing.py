"""What later editions give to those who hold earlier ones, for nothing: the kinder of the two, and for good.

A feature that an edition marks as shared goes to holders of the same tier in earlier editions, where it gives more than
what they have. The best over all later editions counts, so that it never shrinks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from licensing.measuring import is_comparable, is_kinder
from licensing.models import Edition, Feature, Licence
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, TierTerms, edition_terms

SWITCH, LIMIT, LEVEL = Feature.Kind.SWITCH, Feature.Kind.LIMIT, Feature.Kind.LEVEL


@dataclass(frozen=True)
class InForce:
    """An edition as it is in force for those who hold it: its own terms, with what was shared since laid over.

    `shared` tells where a value came from, where it is not the edition's own: tier id → feature key → edition.
    """

    terms: EditionTerms
    shared: Mapping[int, Mapping[str, EditionTerms]]


@lru_cache(maxsize=256)
def in_force(edition_id: int, *, newest_id: int) -> InForce:
    """A published edition in force, while `newest_id` is the product's newest one. Kept in process by both.

    The first time that an edition is the newest, one query tells which there are. Raises Edition.DoesNotExist.
    """
    ids = _published_up_to(newest_id)
    later = ids[ids.index(edition_id) + 1 :] if edition_id in ids else ()
    return lay_over(edition_terms(edition_id), [edition_terms(one) for one in later])


@lru_cache(maxsize=256)
def _published_up_to(newest_id: int) -> tuple[int, ...]:
    """The product's published editions up to this one, oldest first."""
    newest = Edition.objects.filter(pk=newest_id).values("product")
    published = Edition.objects.filter(product__in=newest, published_at__isnull=False)
    ids = list(published.order_by("published_at", "pk").values_list("pk", flat=True))
    return tuple(ids[: ids.index(newest_id) + 1])


def lay_over(held: EditionTerms, later: Sequence[EditionTerms]) -> InForce:
    """`held` with what each of `later`, the oldest first, shares in."""
    found = InForce(held, {})
    for edition in later:
        for feature in edition.features:
            if feature.shared:
                found = _with(found, feature, edition)
    return found


def _with(found: InForce, feature: FeatureTerms, edition: EditionTerms) -> InForce:
    """`found` with one feature of a later edition laid over every tier that has more by it.

    A feature that cannot be measured by the edition's own cannot be said in its words either, and is left as it is.
    """
    own = found.terms.feature(feature.key)
    if own is not None and not is_comparable(own, feature):
        return found
    gains = {
        tier.id: theirs.value(feature.key)
        for tier in found.terms.tiers
        if (theirs := edition.tier(tier.key))
        and is_kinder(feature, theirs.value(feature.key), than=tier.value(feature.key), of=own)
    }
    if not gains:
        return found
    described = _described(own, feature, gains.values())
    terms = replace(
        found.terms,
        features=tuple(described if one.key == feature.key else one for one in found.terms.features)
        if own
        else (*found.terms.features, described),
        tiers=tuple(_tier(tier, described, gains) for tier in found.terms.tiers),
    )
    shared = {tier_id: {**found.shared.get(tier_id, {}), feature.key: edition} for tier_id in gains}
    return InForce(terms, {**found.shared, **shared})


def _described(own: FeatureTerms | None, other: FeatureTerms, gained: Any) -> FeatureTerms:
    """The feature as the edition has it, able to say what is gained."""
    if own is None:
        return other
    if own.kind == SWITCH:
        return replace(own, kind=other.kind, unit=other.unit, monthly=other.monthly)
    if own.kind == LEVEL and not set(gained) <= dict(own.levels).keys():
        unknown = tuple(level for level in own.levels if level[0] not in dict(other.levels))
        return replace(own, levels=(*unknown, *other.levels))
    return own


def _tier(tier: TierTerms, feature: FeatureTerms, gains: Mapping[int, Any]) -> TierTerms:
    """A tier with its value of `feature`, said in that feature's kind: a switch is a limit without end."""
    value = gains.get(tier.id, tier.value(feature.key))
    if value is NOT_INCLUDED:
        return tier
    return replace(tier, gives={**tier.gives, feature.key: value_said_by(feature, value)})


def value_said_by(feature: FeatureTerms, value: Any) -> Any:
    """A value that was given as a switch or a limit, said in the kind that `feature` has by what was shared in since: a
    switch that is on is a limit without end.
    """
    return None if feature.kind == LIMIT and value is True else value


@dataclass(frozen=True)
class Publications:
    """Which edition of a product was the newest, now and at any moment."""

    rows: tuple[tuple[int, datetime, int], ...]  # product, instant, edition; oldest first

    def newest(self, product_id: int, *, at: datetime | None = None) -> int:
        """The id of the newest edition; with `at`, of the one that was the newest then. Raises LookupError."""
        return [
            pk for product, since, pk in self.rows if product == product_id and (at is None or since <= at)
        ][-1]


def publications() -> Publications:
    """When each edition was published. One query."""
    published = Edition.objects.filter(published_at__isnull=False).order_by("published_at", "pk")
    rows = published.values_list("product_id", "published_at", "pk")
    return Publications(tuple((product, at, pk) for product, at, pk in rows if at is not None))


def terms_held(licence: Licence) -> EditionTerms:
    """The edition that a live licence holds, as it is in force now. One query."""
    newest_id = publications().newest(licence.product_id)
    return in_force(licence.edition_id, newest_id=newest_id).terms
