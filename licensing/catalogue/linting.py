"""Looks terms over as a careful colleague would, before anybody buys on them.

A pure function: terms in, findings out. What must be mended keeps a draft from being published; the rest is for the
author to look at. The order of the tiers is that of their ranks: the step below a tier is the one before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from statistics import median

from licensing.catalogue.places import at_least, place
from licensing.catalogue.uses import A_YEAR, TierUse
from licensing.models import Feature
from licensing.staff_words import given_words
from licensing.terms import EditionTerms, FeatureTerms, PriceTerms, TierTerms

# As many columns as stand beside each other on our widest page with room to be read.
MOST_TIERS = 5
# How far a step's rise in one currency may be from what it is in the others: a quarter more, or less.
TOLERANCE = Fraction(5, 4)


class Severity(StrEnum):
    MEND = "mend"
    LOOK = "look"

    @property
    def words(self) -> str:
        return "must be mended" if self is Severity.MEND else "look at this"


@dataclass(frozen=True)
class Finding:
    """What one rule has found: a sentence that names tier and feature, and what would mend it."""

    severity: Severity
    rule: str
    words: str
    mend: str

    def __str__(self) -> str:
        return f"{self.words} {self.mend}"


def lint(
    terms: EditionTerms, *, uses: Mapping[str, TierUse] | None = None, at: datetime | None = None
) -> list[Finding]:
    """Everything worth a word, what must be mended first. Values that fit no feature are left to the other rules.

    `uses` (tier key → who holds it) and `at` are needed for unused tiers alone; without them none is found.
    """
    found = [finding for rule in RULES for finding in rule(terms)]
    if uses is not None and at is not None:
        found += _unused(terms, uses, at)
    return sorted(found, key=lambda finding: finding.severity is not Severity.MEND)


def _contains_the_lower(terms: EditionTerms) -> Iterator[Finding]:
    """Core features, limits and levels never shrink on the way up. Another switch may go, if that is meant."""
    for lower, higher in pairwise(terms.tiers):
        for feature in terms.features:
            if at_least(feature, higher, lower) is not False:
                continue
            may_go = feature.group != Feature.Group.CORE and feature.kind == Feature.Kind.SWITCH
            less, more = _said(feature, higher), _said(feature, lower)
            yield Finding(
                Severity.LOOK if may_go else Severity.MEND,
                "contains-the-lower",
                f"{higher.name} gives less of {feature.name} than {lower.name} below it: {less}, not {more}.",
                f"Give {higher.name} at least as much.",
            )


def _room_for_the_lower(terms: EditionTerms) -> Iterator[Finding]:
    for lower, higher in pairwise(terms.tiers):
        if higher.max_seats is not None and higher.max_seats < (lower.max_seats or higher.max_seats + 1):
            yield Finding(
                Severity.MEND,
                "contains-the-lower",
                f"{higher.name} ends at {higher.max_seats} seats, and {lower.name} below it has room for more.",
                f"Let {higher.name} hold at least as many.",
            )


def _step_names_its_benefit(terms: EditionTerms) -> Iterator[Finding]:
    for lower, tier in pairwise(terms.tiers):
        if not tier.is_free and not tier.claims:
            yield Finding(
                Severity.MEND,
                "step-names-its-benefit",
                f"{tier.name} claims nothing, so nobody is told what its price buys.",
                f"Claim at least one thing that {lower.name} does not give, or gives less of.",
            )


def _claims_are_true(terms: EditionTerms) -> Iterator[Finding]:
    for lower, tier in zip([None, *terms.tiers], terms.tiers, strict=False):
        for claim in tier.claims:
            feature = terms.feature(claim.feature_key)
            if feature is None or (mine := place(feature, tier)) is None:
                continue
            said = f"{tier.name} claims “{claim.text}”"
            if mine <= 0:
                words = f"{said}, and does not include {feature.name}."
            elif lower is not None and at_least(feature, lower, tier):
                words = f"{said}, and {lower.name} gives as much of {feature.name}: {_said(feature, lower)}."
            else:
                yield from _numbers_agree(said, claim.text, feature, tier)
                continue
            yield Finding(Severity.MEND, "claim-is-true", words, "Make it true, or take the claim away.")


def _numbers_agree(said: str, text: str, feature: FeatureTerms, tier: TierTerms) -> Iterator[Finding]:
    """A claim that was left behind by its limit still names the old number."""
    named, given = _numbers(text), _numbers(_said(feature, tier))
    if named and given and not named & given:
        yield Finding(
            Severity.LOOK,
            "claim-is-true",
            f"{said}, and of {feature.name} it gives: {_said(feature, tier)}.",
            "See whether the number in the claim is the one that is meant.",
        )


def _numbers(text: str) -> set[int]:
    found = re.findall(r"(\d[\d,]*)(\s+million)?", text)
    return {int(digits.replace(",", "")) * (1_000_000 if million else 1) for digits, million in found}


def _claims_differ(terms: EditionTerms) -> Iterator[Finding]:
    by_text: dict[str, list[str]] = {}
    for tier in terms.tiers:
        for claim in tier.claims:
            by_text.setdefault(claim.text.strip().casefold(), []).append(tier.name)
    for names in by_text.values():
        if len(names) > 1:
            yield Finding(
                Severity.LOOK,
                "claims-differ",
                f"{' and '.join(names)} make a claim in the very same words.",
                "Say what the higher one adds.",
            )


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
                if price.interval == interval and under.unit_amount
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


def _given_by_somebody(terms: EditionTerms) -> Iterator[Finding]:
    for feature in terms.features:
        places = [place(feature, tier) for tier in terms.tiers]
        if places and all(found is not None and found <= 0 for found in places):
            yield Finding(
                Severity.LOOK,
                "given-by-nobody",
                f"No tier includes {feature.name}.",
                "Give it with a tier, or take the feature out.",
            )


def _few_tiers(terms: EditionTerms) -> Iterator[Finding]:
    if len(terms.tiers) > MOST_TIERS:
        yield Finding(
            Severity.LOOK,
            "too-many-tiers",
            f"There are {len(terms.tiers)} tiers. More than {MOST_TIERS} do not fit beside each other on a page, so "
            "nobody compares them all.",
            "Leave one out, or make two of them one.",
        )


def _unused(terms: EditionTerms, uses: Mapping[str, TierUse], at: datetime) -> Iterator[Finding]:
    """What has been on sale for a year, and nobody wanted while others were held."""
    if not any(use.holders for use in uses.values()):
        return
    for tier in terms.tiers:
        use = uses.get(tier.key)
        if use is None or use.holders or use.held_lately:
            continue
        if use.sold_since is not None and use.sold_since <= at - A_YEAR:
            yield Finding(
                Severity.LOOK,
                "unused",
                f"Nobody holds {tier.name}, and nobody has for a year.",
                "Leave it out, or give people a reason to choose it.",
            )


def _both_prices(lower: TierTerms, higher: TierTerms) -> Iterator[tuple[PriceTerms, PriceTerms]]:
    """Each price of the higher tier with that of the lower one in the same currency and interval."""
    for price in higher.prices:
        under = lower.price(currency=price.currency, interval=price.interval)
        if under is not None:
            yield price, under


def _in(price: PriceTerms) -> str:
    return f"in {price.currency} by the {price.interval}"


def _said(feature: FeatureTerms, tier: TierTerms) -> str:
    return given_words(feature, tier.value(feature.key))


RULES: tuple[Callable[[EditionTerms], Iterator[Finding]], ...] = (
    _contains_the_lower,
    _room_for_the_lower,
    _step_names_its_benefit,
    _claims_are_true,
    _claims_differ,
    _prices_rise,
    _year_is_no_dearer,
    _steps_in_proportion,
    _not_dominated,
    _given_by_somebody,
    _few_tiers,
)
