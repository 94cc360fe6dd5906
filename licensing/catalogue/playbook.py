"""What staff may say of each tier: what it brings, what it does not, for whom it is, and why not to upgrade.

All of it is read from the terms, so that nobody at a telephone promises what the edition does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from licensing.catalogue.places import place
from licensing.models import Feature
from licensing.money import format_money
from licensing.staff_words import given_words
from licensing.terms import EditionTerms, TierTerms

LOCALE = "en"


@dataclass(frozen=True)
class Play:
    """One tier. `claims` are the edition's very texts; `lacks` are features that it does not include, with where they
    are; `reasons_not_to` are for whoever has the tier below.
    """

    tier: TierTerms
    claims: tuple[str, ...]
    lacks: tuple[str, ...]
    reasons_not_to: tuple[str, ...]


def playbook(terms: EditionTerms) -> list[Play]:
    """One play a tier, the lowest first."""
    return [
        Play(
            tier=tier,
            claims=tuple(claim.text for claim in tier.claims),
            lacks=tuple(_lacks(tier, terms)),
            reasons_not_to=tuple(_reasons_not_to(below, tier, terms)) if below else (),
        )
        for below, tier in zip([None, *terms.tiers], terms.tiers, strict=False)
    ]


def _lacks(tier: TierTerms, terms: EditionTerms) -> Iterator[str]:
    for feature in terms.features:
        if (place(feature, tier) or 0) > 0:
            continue
        later = (one for one in terms.tiers if one.rank > tier.rank and (place(feature, one) or 0) > 0)
        home = next(later, None)
        yield f"{feature.name}: {f'from {home.name} on' if home else 'in no tier'}"


def _reasons_not_to(below: TierTerms, tier: TierTerms, terms: EditionTerms) -> Iterator[str]:
    if enough := list(_enough(below, tier, terms)):
        yield f"{below.name} is enough for whoever needs no more than this: {', '.join(enough)}."
    if dearer := list(_dearer(below, tier)):
        yield f"It costs more than {below.name}: {', '.join(dearer)}."
    if tier.min_seats > 1:
        yield f"It begins at {tier.min_seats} seats; fewer people would pay for empty ones."
    missing = [feature.name for feature in terms.features if (place(feature, tier) or 0) <= 0]
    if missing:
        yield f"It does not help whoever comes for {_any_of(missing)}: it does not include that either."
    if not below.is_free:
        yield f"Whoever holds {below.name} on older terms gives those up, and does not get them back."


def _any_of(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def _enough(below: TierTerms, tier: TierTerms, terms: EditionTerms) -> Iterator[str]:
    """What the lower tier gives some of, and the higher one more."""
    for feature in terms.features:
        mine, more = place(feature, below), place(feature, tier)
        if mine is None or more is None or feature.kind == Feature.Kind.SWITCH or not 0 < mine < more:
            continue
        words = given_words(feature, below.value(feature.key))
        yield words if feature.unit else f"{words} ({feature.name})"


def _dearer(below: TierTerms, tier: TierTerms) -> Iterator[str]:
    """By the month, in every currency."""
    for price in tier.prices:
        under = below.price(currency=price.currency, interval=price.interval)
        if price.interval != "month" or (under and under.per_seat != price.per_seat):
            continue
        more = price.unit_amount - (under.unit_amount if under else 0)
        seat = " a seat" if price.per_seat else ""
        yield f"{format_money(more, price.currency, locale=LOCALE)}{seat} a month"
