"""Who holds which tier, in whatever edition of the product, for those who decide which tiers there should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min

from licensing.models import Event, Licence, Tier

A_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class TierUse:
    """`holders`: live licences. `held_lately`: somebody had it within the last year. `sold_since`: None: not yet."""

    holders: int
    held_lately: bool
    sold_since: datetime | None


def uses_of(*, product_id: int, at: datetime) -> dict[str, TierUse]:
    """Tier key → its use. Three queries; one more, over a year's history, where nobody holds a tier that was sold."""
    tiers = Tier.objects.filter(edition__product_id=product_id)
    live = Licence.objects.filter(product_id=product_id, ended_at=None)
    holders = dict(live.values_list("tier__key").annotate(held=Count("pk")))
    published = tiers.filter(edition__published_at__isnull=False).order_by()
    sold = dict(published.values_list("key").annotate(first=Min("edition__published_at")))
    lately = set(holders) | _held_lately(product_id, sold.keys() - holders.keys(), since=at - A_YEAR)
    return {
        key: TierUse(holders.get(key, 0), key in lately, sold.get(key))
        for key in tiers.order_by("key").values_list("key", flat=True).distinct()
    }


def _held_lately(product_id: int, keys: Iterable[str], *, since: datetime) -> set[str]:
    """Which of these tiers a licence was on when it ended, or before it moved, after `since`."""
    named = dict(Tier.objects.filter(edition__product_id=product_id, key__in=keys).values_list("pk", "key"))
    if not named:
        return set()
    ended = Licence.objects.filter(tier__in=named, ended_at__gt=since).values_list("tier", flat=True)
    moved = Event.objects.filter(at__gt=since, before__tier__in=[*named])
    return {named[pk] for pk in {*ended, *moved.order_by().values_list("before__tier", flat=True).distinct()}}
