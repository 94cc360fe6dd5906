"""A published edition as plain values, read once per process: published terms never change, so they never go stale.

Everything that shows, compares, prices or grants reads these; the catalogue's rows are read here alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from licensing.models import Claim, Edition, Feature, Price, Product, Tier
from licensing.rows import ask, columns, instance
from licensing.units import unit_for

NO_LIMIT = "no limit"  # how a limit without end is written, in files and by people


@dataclass(frozen=True)
class PriceTerms:
    id: int
    currency: str
    interval: str
    unit_amount: int
    per_seat: bool
    lookup_key: str

    def amount(self, seats: int) -> int:
        """What one interval costs for `seats`, in minor units."""
        return self.unit_amount * (seats if self.per_seat else 1)


@dataclass(frozen=True)
class FeatureTerms:
    key: str
    name: str
    kind: str
    group: str
    unit: str
    monthly: bool
    levels: tuple[tuple[str, str], ...]
    about: str
    shared: bool = False

    def rank(self, value: Any) -> float:
        """Where `value` stands among this feature's values: more is better, not included is least.

        A switch: 0 or 1. A limit: its number, no limit is infinite. A level: its place in the list, from 1.
        """
        if value is NOT_INCLUDED or value is False:
            return 0 if self.kind != Feature.Kind.LIMIT else -1
        if self.kind == Feature.Kind.LIMIT:
            return float("inf") if value is None else value
        if self.kind == Feature.Kind.LEVEL:
            return 1 + [key for key, _ in self.levels].index(value)
        return 1

    def unit_of(self, count: int) -> str:
        """What `count` counts: dashboards, and of one dashboard; the feature's name where it has no unit."""
        return unit_for(count, self.unit) if self.unit else self.name

    def level_name(self, value: str) -> str:
        return dict(self.levels)[value]


class _NotIncluded:
    """The value of a feature that a tier does not give. Falsy, and never equal to a limit without end (None)."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "not included"


NOT_INCLUDED = _NotIncluded()


@dataclass(frozen=True)
class ClaimTerms:
    """What a customer gains by a tier, in words, and the feature that it is true by."""

    feature_key: str
    text: str


@dataclass(frozen=True)
class TierTerms:
    id: int
    key: str
    name: str
    rank: int
    tagline: str
    trial_days: int | None
    min_seats: int
    max_seats: int | None
    gives: dict[str, Any]
    prices: tuple[PriceTerms, ...]
    claims: tuple[ClaimTerms, ...] = ()

    @property
    def is_free(self) -> bool:
        return not self.prices

    def value(self, feature_key: str) -> Any:
        return self.gives.get(feature_key, NOT_INCLUDED)

    def price(self, *, currency: str, interval: str) -> PriceTerms | None:
        return next((p for p in self.prices if (p.currency, p.interval) == (currency, interval)), None)

    def takes(self, seats: int) -> bool:
        """Whether it can be had with so many seats."""
        return self.min_seats <= seats and (self.max_seats is None or seats <= self.max_seats)

    def price_by_id(self, price_id: int | None) -> PriceTerms | None:
        return next((p for p in self.prices if p.id == price_id), None)


@dataclass(frozen=True)
class EditionTerms:
    id: int
    product_id: int
    key: str
    name: str
    rationale: str
    features: tuple[FeatureTerms, ...]
    tiers: tuple[TierTerms, ...]

    def tier(self, key: str) -> TierTerms | None:
        return next((tier for tier in self.tiers if tier.key == key), None)

    def tier_by_id(self, tier_id: int) -> TierTerms:
        return next(tier for tier in self.tiers if tier.id == tier_id)

    def feature(self, key: str) -> FeatureTerms | None:
        return next((feature for feature in self.features if feature.key == key), None)

    @property
    def free_tier(self) -> TierTerms:
        """The lowest tier without a price; every edition has one (publishing demands it)."""
        return next(tier for tier in self.tiers if tier.is_free)

    @property
    def currencies(self) -> list[str]:
        return sorted({price.currency for tier in self.tiers for price in tier.prices})


def read_feature(feature: Feature) -> FeatureTerms:
    """Its row as plain values."""
    return FeatureTerms(
        feature.key, feature.name, feature.kind, feature.group, feature.unit, feature.monthly,
        read_levels(feature.levels), feature.about, feature.shared,
    )  # fmt: skip


def read_levels(levels: Any) -> tuple[tuple[str, str], ...]:
    """A feature's levels as it keeps them, without what is no level: a draft may hold anything."""
    return (
        tuple((level[0], level[1]) for level in levels if is_level(level)) if isinstance(levels, list) else ()
    )


def is_level(level: Any) -> bool:
    """Whether that is a level as a feature keeps it: ["email", "by email"]."""
    return isinstance(level, list) and len(level) == 2 and all(isinstance(part, str) for part in level)


def read_edition(edition: Edition) -> EditionTerms:
    """Read an edition, draft or published, from its rows: five queries."""
    grants: dict[int, dict[str, Any]] = {}
    for tier_id, key, value in Tier.objects.filter(edition=edition, grants__isnull=False).values_list(
        "pk", "grants__feature__key", "grants__value"
    ):
        grants.setdefault(tier_id, {})[key] = value
    prices: dict[int, list[PriceTerms]] = {}
    for price in Price.objects.filter(tier__edition=edition).order_by("currency", "interval"):
        prices.setdefault(price.tier_id, []).append(
            PriceTerms(
                price.pk, price.currency, price.interval, price.unit_amount, price.per_seat, price.lookup_key
            )
        )
    claims: dict[int, list[ClaimTerms]] = {}
    for tier_id, key, text in (
        Claim.objects.filter(tier__edition=edition)
        .order_by("position")
        .values_list("tier_id", "feature__key", "text")
    ):
        claims.setdefault(tier_id, []).append(ClaimTerms(key, text))
    return EditionTerms(
        id=edition.pk,
        product_id=edition.product_id,
        key=edition.key,
        name=edition.name,
        rationale=edition.rationale,
        features=tuple(
            read_feature(feature) for feature in edition.features.order_by("position")
        ),
        tiers=tuple(
            TierTerms(
                t.pk, t.key, t.name, t.rank, t.tagline, t.trial_days, t.min_seats, t.max_seats,
                grants.get(t.pk, {}), tuple(prices.get(t.pk, [])), tuple(claims.get(t.pk, [])),
            )
            for t in edition.tiers.order_by("rank")
        ),
    )  # fmt: skip


@lru_cache(maxsize=256)
def edition_terms(edition_id: int) -> EditionTerms:
    """The terms of a published edition. Raises Edition.DoesNotExist for a draft or an unknown one."""
    return read_edition(Edition.objects.get(pk=edition_id, published_at__isnull=False))


@dataclass(frozen=True)
class Storefront:
    """The product and the terms on sale today."""

    product: Product
    edition: EditionTerms
    published_at: datetime


_ON_SALE = f"""
SELECT edition.id, edition.published_at, {columns(Product, of="product")}
FROM licensing_edition edition JOIN licensing_product product ON product.id = edition.product_id
WHERE edition.published_at IS NOT NULL
ORDER BY edition.product_id, edition.published_at DESC, edition.id DESC
LIMIT 1
"""


def storefront() -> Storefront | None:
    """What is on sale now: the newest published edition. One query; None before the first is published."""
    rows = ask(_ON_SALE)
    if not rows:
        return None
    edition_id, published_at, *rest = rows[0]
    product = instance(Product, rest)
    assert product is not None, "an edition belongs to a product"
    return Storefront(product=product, edition=edition_terms(edition_id), published_at=published_at)
