"""Looks terms over as a careful colleague would, before anybody buys on them.

A pure function: terms in, findings out. What must be mended keeps a draft from being published; the rest is for the
author to look at. The order of the tiers is that of their ranks: the step below a tier is the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from licensing.catalogue import lint_prices, lint_steps
from licensing.catalogue.findings import Finding, Severity
from licensing.catalogue.places import place
from licensing.catalogue.uses import A_YEAR, TierUse
from licensing.terms import EditionTerms

# As many columns as stand beside each other on our widest page with room to be read.
MOST_TIERS = 5


def lint(
    terms: EditionTerms, *, uses: Mapping[str, TierUse] | None = None, at: datetime | None = None
) -> list[Finding]:
    """Everything worth a word, what must be mended first. A value that fits no feature is told of by one rule alone.

    `uses` (tier key → who holds it) and `at` are needed for unused tiers alone; without them none is found.
    """
    found = [finding for rule in RULES for finding in rule(terms)]
    if uses is not None and at is not None:
        found += _unused(terms, uses, at)
    return sorted(found, key=lambda finding: finding.severity is not Severity.MEND)


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


RULES = (*lint_steps.RULES, *lint_prices.RULES, _given_by_somebody, _few_tiers)
