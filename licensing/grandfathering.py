"""What an old customer keeps: the terms they hold beside the terms sold today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from licensing.measuring import Measure, measure
from licensing.models import Feature
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, TierTerms

PRICE = "price"
# How many seats a tier takes at most and at least. No feature's key has a point.
MOST_SEATS, FEWEST_SEATS = SEATS = ("seats.most", "seats.fewest")
Kind = Literal["kept_better", "kept_worse", "same"]

# What nothing measures is kept: whoever gives it up does not get it back.
_KINDS: dict[Measure, Kind] = {
    Measure.MORE: "kept_better",
    Measure.UNLIKE: "kept_better",
    Measure.LESS: "kept_worse",
    Measure.SAME: "same",
}


@dataclass(frozen=True)
class Difference:
    """One term as held and as sold today.

    `feature_key` is a feature's key, or "price"; then both values are PriceTerms. A side that does not have it is
    NOT_INCLUDED: for a price that means free as held, no longer sold today. `feature` is the feature as the side
    that has it describes it (held before today), for its unit and its levels' words, and `today_feature` as today's
    terms do, None where they do not know it; both are None for a price. One of SEATS is
    described and valued like a limit; the fewer the fewest seats are, the better. `kind` is from the holder's point of
    view.
    """

    feature_key: str
    name: str
    held: Any
    today: Any
    kind: Kind
    feature: FeatureTerms | None = None
    today_feature: FeatureTerms | None = None

    @property
    def is_gone(self) -> bool:
        """Whether today's tier does not have it at all."""
        return self.today is NOT_INCLUDED


def differences(
    *,
    held: EditionTerms,
    today: EditionTerms,
    tier_key: str,
    currency: str | None = None,
    interval: str | None = None,
) -> list[Difference]:
    """Compare one tier as held and as sold today: first its prices, then its seats, where it takes more or fewer, then
    every feature of either edition, in order.

    `currency` and `interval` narrow the prices to those that concern one customer. Prices and features that did not
    change are returned too, as "same". Where today's edition has no tier of that key, all that was held counts as kept.

    Worked examples, from Team of March 2025 held while January 2026 is sold:

    * $19 a seat, today $23: a lower price is better for its holder → kept_better
    * 50,000 API calls, today 40,000 → kept_better
    * single sign-on, today not included → kept_better
    * 1 million rows, today 2 million → kept_worse
    * 20 projects, today 20 → same
    * no limit (None), today any number → kept_better; not included, today 0 → kept_worse: what is included counts
      for more than what is not
    * 20 projects, today 99 GB → kept_better: nothing sold today is what is held
    * at most 50 seats, today 5 → kept_better; from 2 seats on, today from 1 → kept_worse

    Raises KeyError where the held edition has no such tier.
    """
    mine = held.tier(tier_key)
    if mine is None:
        raise KeyError(tier_key)
    theirs = today.tier(tier_key)
    found = list(_prices(mine, theirs, currency=currency, interval=interval))
    found += _seats(mine, theirs) if theirs else ()
    keys = [f.key for f in held.features] + [f.key for f in today.features if held.feature(f.key) is None]
    for key in keys:
        before, after = held.feature(key), today.feature(key)
        feature = before or after
        assert feature is not None
        a, b = mine.value(key), theirs.value(key) if theirs else NOT_INCLUDED
        if a is NOT_INCLUDED and b is NOT_INCLUDED:
            continue
        found.append(Difference(key, feature.name, a, b, _kind(before, a, after, b), feature, after))
    return found


def compare(*, old: EditionTerms, new: EditionTerms) -> dict[str, list[Difference]]:
    """What a change of terms alters, tier by tier, for the people who decide on it: tier key → differences.

    Tiers in which nothing differs are left out. A tier only in `new` is not a change for anybody and is left out too.
    """
    found = {
        tier.key: [d for d in differences(held=old, today=new, tier_key=tier.key) if d.kind != "same"]
        for tier in old.tiers
    }
    return {tier_key: changed for tier_key, changed in found.items() if changed}


def _prices(
    mine: TierTerms, theirs: TierTerms | None, *, currency: str | None, interval: str | None
) -> Iterator[Difference]:
    """Lower is better; a price by the seat and a flat one are compared at one seat."""

    def concerns(price: PriceTerms) -> bool:
        return currency in (None, price.currency) and interval in (None, price.interval)

    for price in filter(concerns, mine.prices):
        now = theirs.price(currency=price.currency, interval=price.interval) if theirs else None
        kind = _kind_of(now.unit_amount, price.unit_amount) if now else "kept_better"
        yield Difference(PRICE, "Price", price, now or NOT_INCLUDED, kind)
    if mine.is_free and theirs:
        for price in filter(concerns, theirs.prices):
            yield Difference(PRICE, "Price", NOT_INCLUDED, price, "kept_better")


def _seats(mine: TierTerms, theirs: TierTerms) -> Iterator[Difference]:
    no_end = float("inf")
    if mine.max_seats != theirs.max_seats:
        kind = _kind_of(mine.max_seats or no_end, theirs.max_seats or no_end)
        limit = _limit_of_seats(MOST_SEATS, _("Most seats"))
        yield Difference(limit.key, limit.name, mine.max_seats, theirs.max_seats, kind, limit, limit)
    if mine.min_seats != theirs.min_seats:
        kind = _kind_of(theirs.min_seats, mine.min_seats)
        limit = _limit_of_seats(FEWEST_SEATS, _("Fewest seats"))
        yield Difference(limit.key, limit.name, mine.min_seats, theirs.min_seats, kind, limit, limit)


def _limit_of_seats(key: str, name: str) -> FeatureTerms:
    return FeatureTerms(key, name, Feature.Kind.LIMIT, "", "seats", monthly=False, levels=(), about="")


def _kind(before: FeatureTerms | None, held: Any, after: FeatureTerms | None, today: Any) -> Kind:
    return _KINDS[measure(before, held, than=today, of=after)]


def _kind_of(held: float, today: float) -> Kind:
    if held == today:
        return "same"
    return "kept_better" if held > today else "kept_worse"
