"""What announcing a sunset would mean, tier by tier, from the licences as they stand: for staff, beforehand.

Amounts are the catalogue's, for one seat where a price is by the seat. A fixed number of queries, however many hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from licensing.models import Edition, Sunset
from licensing.offers import Row, gains_of, rows_between
from licensing.sunsets.planning import in_use, is_counted, touched_by
from licensing.terms import EditionTerms, PriceTerms, TierTerms, edition_terms


@dataclass(frozen=True)
class Payers:
    """How many licences pay `before`, and what the same tier costs them afterwards; None where it is not sold so."""

    licences: int
    before: PriceTerms
    after: PriceTerms | None


@dataclass(frozen=True)
class TierAhead:
    """What it means for the holders of one tier. `payers`, `loses` and `gains` are there where an edition ends and the
    tier has one to move to; `users` where a feature goes whose use is counted.
    """

    edition: EditionTerms
    tier: TierTerms
    licences: int
    after: TierTerms | None = None
    payers: tuple[Payers, ...] = ()
    loses: tuple[Row, ...] = ()
    gains: tuple[Row, ...] = ()
    users: int | None = None

    @property
    def free(self) -> int:
        return self.licences - sum(each.licences for each in self.payers)


def foresee(sunset: Sunset, *, at: datetime) -> list[TierAhead]:
    """Every tier that somebody would lose something on, the newest edition first. Empty where a draft does not say yet
    what goes, or nobody holds it.
    """
    if sunset.edition_id:
        return _an_edition_ends(sunset)
    return _a_feature_goes(sunset, at=at) if sunset.feature_key else []


def _an_edition_ends(sunset: Sunset) -> list[TierAhead]:
    counted: dict[int, dict[int | None, int]] = {}
    rows = touched_by(sunset).order_by().values_list("tier", "price").annotate(Count("pk"))
    for tier_id, price_id, count in rows:
        counted.setdefault(tier_id, {})[price_id] = count
    published = Edition.objects.filter(product=sunset.product_id, published_at__isnull=False)
    newest_id = published.order_by("-published_at", "-pk").values_list("pk", flat=True)[0]
    held = edition_terms(sunset.edition_id or 0)
    return [
        _moved(tier, held, counted[tier.id], sunset.replacement_id, newest_id=newest_id)
        for tier in held.tiers
        if tier.id in counted
    ]


def _moved(
    tier: TierTerms,
    held: EditionTerms,
    counted: dict[int | None, int],
    replacement_id: int | None,
    *,
    newest_id: int,
) -> TierAhead:
    """In force as the two editions are today, what later ones share in included: as customers are told it."""
    after = edition_terms(replacement_id).tier(tier.key) if replacement_id else None
    rows: tuple[Row, ...] = ()
    if replacement_id and after:
        rows = rows_between(held.id, tier.id, replacement_id, after.id, newest_id=newest_id, retired=())
    return TierAhead(
        edition=held,
        tier=tier,
        licences=sum(counted.values()),
        after=after,
        payers=tuple(
            Payers(
                counted[price.id],
                price,
                after.price(currency=price.currency, interval=price.interval) if after else None,
            )
            for price in tier.prices
            if price.id in counted
        ),
        loses=tuple(row for row in rows if row.change == "lose"),
        gains=tuple(gains_of(rows)),
    )


def _a_feature_goes(sunset: Sunset, *, at: datetime) -> list[TierAhead]:
    counted = is_counted(sunset)
    found = (
        touched_by(sunset).annotate(in_use=in_use(sunset.feature_key, at=at))
        if counted
        else touched_by(sunset)
    )
    users = Count("pk", filter=Q(in_use__gt=0)) if counted else Count("pk", filter=Q(pk=None))
    rows = (
        found.order_by("-edition__published_at", "tier__rank")
        .values_list("edition", "tier")
        .annotate(licences=Count("pk"), users=users)
    )
    return [
        TierAhead(
            edition=(edition := edition_terms(edition_id)),
            tier=edition.tier_by_id(tier_id),
            licences=licences,
            users=using if counted else None,
        )
        for edition_id, tier_id, licences, using in rows
    ]
