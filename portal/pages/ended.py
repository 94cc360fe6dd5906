"""The paid tier that has ended and left the free one in its place, as My plan says it for a while after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.endings import Why, pasts_of
from licensing.standing import Standing
from licensing.terms import EditionTerms, edition_terms
from portal.pages.planned import SHOWN_AFTER


@dataclass(frozen=True)
class Ended:
    """`tier` is its name, and `sold_as` its key where it is sold today; else empty."""

    tier: str
    sold_as: str
    when: datetime
    why: Why


def ended(standing: Standing, *, today: EditionTerms) -> Ended | None:
    """None for whoever pays, never paid, or has known it for long. One query where the licence is free and was changed
    before; else none.
    """
    licence = standing.licence
    if not licence.is_free or not licence.version:
        return None
    ending = pasts_of([licence])[licence.pk].last_end()
    if ending is None or ending.at <= standing.at - SHOWN_AFTER:
        return None
    tier = edition_terms(ending.edition_id).tier_by_id(ending.tier_id)
    sold = today.tier(tier.key)
    return Ended(tier=tier.name, sold_as=sold.key if sold else "", when=ending.at, why=ending.why)
