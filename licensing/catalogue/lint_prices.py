"""What a draft is looked over for in its prices, and in what they buy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from statistics import median

from licensing.catalogue.findings import Finding, Severity
from licensing.catalogue.places import at_least
from licensing.terms import EditionTerms, PriceTerms, TierTerms

# How far a step's rise in one currency may be from what it is in the others: a quarter more, or less.
TOLERANCE = Fraction(5, 4)


def _prices_rise(terms: EditionTerms) -> Iterator[Finding]:
    """Compared for as many people as the higher tier begins at."""
    for lower, higher in pairwise(tier for tier in terms.tiers if not tier.is_free):
        seats = higher.min_seats
        no_dearer = [
            _in(price)
            for price, under in _both_prices(lower, higher)
            if price.amount(seats) <= under.amount(seats)
        ]
        if no_dearer:
            yield Finding(
                Severity.MEND,
                "prices-rise",
                f"{higher.name} costs no more than {lower.name} below it {', '.join(no_dearer)}.",
                f"Raise the price of {higher.name}, or lower that of {lower.name}.",
            )


def _year_is_no_dearer(terms: EditionTerms) -> Iterator[Finding]:
    for tier in terms.tiers:
        dearer = []
        for year in (price for price in tier.prices if price.interval == "year"):
            month = tier.price(currency=year.currency, interval="month")
            if month and year.amount(tier.min_seats) > 12 * month.amount(tier.min_seats):
                dearer.append(year.currency)
        if dearer:
            yield Finding(
                Severity.MEND,
                "year-is-no-dearer",
                f"A year of {tier.name} costs more than twelve months of it in {', '.join(dearer)}.",
                "Lower the price of the year.",
            )


def _steps_in_proportion(terms: EditionTerms) -> Iterator[Finding]:
    """Of each step and interval, the one currency whose rise is farthest from that of the others."""
    for lower, higher in pairwise(tier for tier in terms.tiers if not tier.is_free):
        for interval in ("month", "year"):
            rises = {
                price.currency: Fraction(price.amount(higher.min_seats), under.amount(higher.min_seats))
                for price, under in _both_prices(lower, higher)
                if price.interval == interval and price.amount(higher.min_seats) and under.unit_amount
            }
            if len(rises) < 2:
                continue
            apart = {
                currency: rise / median(other for name, other in rises.items() if name != currency)
                for currency, rise in rises.items()
            }
            worst = max(
                apart, key=lambda currency: (max(apart[currency], 1 / apart[currency]), apart[currency])
            )
            if max(apart[worst], 1 / apart[worst]) > TOLERANCE:
                others = ", ".join(
                    f"{float(rise):.2f} in {name}" for name, rise in rises.items() if name != worst
                )
                yield Finding(
                    Severity.LOOK,
                    "steps-in-proportion",
                    f"From {lower.name} to {higher.name} the price by the {interval} is multiplied by "
                    f"{float(rises[worst]):.2f} in {worst}, and by {others}.",
                    f"See whether both prices in {worst} are meant.",
                )


def _not_dominated(terms: EditionTerms) -> Iterator[Finding]:
    """Nobody who compares would choose a tier where another gives at least as much for no more money."""
    for tier in terms.tiers:
        better = next((one for one in terms.tiers if one is not tier and _dominates(one, tier, terms)), None)
        if better is not None:
            yield Finding(
                Severity.LOOK,
                "dominated",
                f"Nobody has a reason to choose {tier.name}: {better.name} gives at least as much for no more money.",
                f"Let {tier.name} give something of its own, lower its price, or leave it out.",
            )


def _dominates(one: TierTerms, other: TierTerms, terms: EditionTerms) -> bool:
    """Of two that are the same in all, the lower one counts as the better."""

    def covers(a: TierTerms, b: TierTerms) -> bool:
        return all(at_least(feature, a, b) for feature in terms.features) and _costs_no_more(a, b)

    return covers(one, other) and (one.rank < other.rank or not covers(other, one))


def _costs_no_more(one: TierTerms, other: TierTerms) -> bool:
    """For every number of seats that `other` is sold for. What is linear need only be asked at both ends."""
    if one.min_seats > other.min_seats or (one.max_seats or 10**9) < (other.max_seats or 10**9):
        return False
    if one.is_free:
        return True
    ends = (other.min_seats, other.max_seats or 10**9)
    pairs = [(one.price(currency=price.currency, interval=price.interval), price) for price in other.prices]
    return bool(pairs) and all(
        mine is not None and mine.amount(seats) <= price.amount(seats)
        for mine, price in pairs
        for seats in ends
    )


def _both_prices(lower: TierTerms, higher: TierTerms) -> Iterator[tuple[PriceTerms, PriceTerms]]:
    """Each price of the higher tier with that of the lower one in the same currency and interval."""
    for price in higher.prices:
        under = lower.price(currency=price.currency, interval=price.interval)
        if under is not None:
            yield price, under


def _in(price: PriceTerms) -> str:
    return f"in {price.currency} by the {price.interval}"


RULES: tuple[Callable[[EditionTerms], Iterator[Finding]], ...] = (
    _prices_rise,
    _year_is_no_dearer,
    _steps_in_proportion,
    _not_dominated,
)
