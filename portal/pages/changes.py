"""What changed from one edition to the next, tier by tier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from licensing.grandfathering import PRICE, Difference, differences
from licensing.models import Edition, Feature
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, TierTerms, edition_terms
from portal.pages.promises import price_words
from portal.pages.values import feature_name, value_words


@dataclass(frozen=True)
class Change:
    """One term as it was and as it is. `is_better` for whoever comes now."""

    name: str
    was: str
    now: str
    is_better: bool


@dataclass(frozen=True)
class TierChanges:
    """What is different in one tier; `is_new` where there was none of its kind before."""

    tier: TierTerms
    changes: list[Change]
    is_new: bool


@dataclass(frozen=True)
class Yours:
    """What an edition means for one customer, in a sentence, and what there is of it, line by line."""

    words: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chapter:
    """One published edition with what it changed. `is_first` has nothing before it; `yours` is for whoever is
    signed in.
    """

    terms: EditionTerms
    published_at: datetime
    rationale: str
    tiers: list[TierChanges]
    gone: list[TierTerms]
    is_first: bool
    yours: Yours | None = None


def history(product_id: int, *, currency: str) -> list[Chapter]:
    """Every published edition of a product, newest first; prices in one currency. One query."""
    rows = Edition.objects.filter(product_id=product_id, published_at__isnull=False)
    published = [
        (edition_terms(pk), at)
        for pk, at in rows.order_by("published_at", "pk").values_list("pk", "published_at")
        if at is not None
    ]
    first = [_chapter(None, *published[0], currency=currency)] if published else []
    later = [
        _chapter(before, terms, at, currency=currency) for (before, _at), (terms, at) in pairwise(published)
    ]
    return [*first, *later][::-1]


def _chapter(before: EditionTerms | None, terms: EditionTerms, at: datetime, *, currency: str) -> Chapter:
    if before is None:
        return Chapter(terms, at, terms.rationale, [], [], is_first=True)
    tiers = [_tier(before, terms, tier, currency=currency) for tier in terms.tiers]
    gone = [tier for tier in before.tiers if terms.tier(tier.key) is None]
    changed = [one for one in tiers if one.changes or one.is_new]
    return Chapter(terms, at, terms.rationale, changed, gone, is_first=False)


def _tier(before: EditionTerms, terms: EditionTerms, tier: TierTerms, *, currency: str) -> TierChanges:
    was = before.tier(tier.key)
    if was is None:
        return TierChanges(tier, [], is_new=True)
    found = differences(held=before, today=terms, tier_key=tier.key, currency=currency)
    changes = [_change(one) for one in found if one.kind != "same"]
    return TierChanges(tier, [*changes, *_for_newcomers(was, tier, currency=currency)], is_new=False)


def _for_newcomers(was: TierTerms, now: TierTerms, *, currency: str) -> Iterator[Change]:
    """What no holder keeps: prices for an interval in which the tier was not sold, and how long it is lent."""
    for price in () if was.is_free else now.prices:
        if price.currency == currency and was.price(currency=currency, interval=price.interval) is None:
            yield Change(_("Price"), _price(NOT_INCLUDED), price_words(price), is_better=True)
    if was.trial_days != now.trial_days:
        days = (was.trial_days or 0, now.trial_days or 0)
        yield Change(_("Trial"), *map(_days, days), is_better=days[1] > days[0])


def _days(count: int) -> str:
    if not count:
        return _("none")
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _change(one: Difference) -> Change:
    better = one.kind == "kept_worse"
    if one.feature_key == PRICE:
        return Change(_("Price"), _price(one.held), _price(one.today), better)
    described = one.today_feature or one.feature
    assert described is not None
    return Change(
        feature_name(described), _value(one.feature, one.held), _value(one.today_feature, one.today), better
    )


def _price(price: PriceTerms | object) -> str:
    return price_words(price) if isinstance(price, PriceTerms) else _("none")


def _value(feature: FeatureTerms | None, value: object) -> str:
    if feature is None or value is NOT_INCLUDED:
        return _("not included")
    return _("included") if feature.kind == Feature.Kind.SWITCH else value_words(feature, value)
