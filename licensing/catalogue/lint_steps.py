"""What a draft is looked over for in the steps from tier to tier: what each gives, and what it claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from licensing.catalogue.findings import Finding, Severity
from licensing.catalogue.places import at_least, place, wanted
from licensing.models import Feature
from licensing.staff_words import given_words, grant_words
from licensing.terms import EditionTerms, FeatureTerms, TierTerms


def values_fit(terms: EditionTerms) -> Iterator[Finding]:
    """What a tier gives is of its feature's kind."""
    for tier in terms.tiers:
        for feature in terms.features:
            if place(feature, tier) is None:
                given = grant_words(tier.value(feature.key))
                yield Finding(
                    Severity.MEND,
                    "value-fits",
                    f"{tier.name} gives “{given}” of {feature.name}, and {wanted(feature)}.",
                    "Write a value that fits.",
                )


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


def _said(feature: FeatureTerms, tier: TierTerms) -> str:
    return given_words(feature, tier.value(feature.key))


RULES: tuple[Callable[[EditionTerms], Iterator[Finding]], ...] = (
    values_fit,
    _contains_the_lower,
    _room_for_the_lower,
    _step_names_its_benefit,
    _claims_are_true,
    _claims_differ,
)
