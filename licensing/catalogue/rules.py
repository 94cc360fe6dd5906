"""The rules that published terms keep. Each small function looks at one thing and says in sentences what is broken."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError

from licensing.catalogue.findings import Severity
from licensing.catalogue.linting import lint
from licensing.catalogue.namesakes import namesake
from licensing.catalogue.writing import lookup_key
from licensing.models import Claim, Edition, Feature, Grant, Tier
from licensing.money import charge_step, is_known
from licensing.terms import EditionTerms, FeatureTerms, TierTerms, is_level, read_edition

LONGEST_TRIAL_DAYS = 365


def broken_rules(edition: Edition) -> list[str]:
    """Everything that keeps a draft from being published, as whole sentences; empty where it may be."""
    terms = read_edition(edition)
    return [
        *_words(edition),
        *_name(edition),
        *_positions(edition),
        *_levels(edition),
        *_strangers(edition),
        *_free_tier(terms),
        *(fault for feature in terms.features for fault in _feature(feature)),
        *(fault for tier in terms.tiers for fault in _tier(tier)),
        *(fault for tier in terms.tiers for fault in _prices(tier, terms)),
        *_same_prices(terms),
        *(str(finding) for finding in lint(terms) if finding.severity is Severity.MEND),
    ]


def _words(edition: Edition) -> Iterator[str]:
    if not edition.rationale.strip():
        yield "The edition has no rationale; customers read there why the terms are as they are."
    rows: list[Edition | Tier | Feature] = [edition, *edition.tiers.all(), *edition.features.all()]
    for row in rows:
        try:
            row.clean_fields()
        except ValidationError as error:
            for field, words in error.message_dict.items():
                yield f"The {row._meta.verbose_name} {row.key}: {field}: {' '.join(words)}"


def _name(edition: Edition) -> Iterator[str]:
    if taken := namesake(product=edition.product, name=edition.name):
        yield taken


def _positions(edition: Edition) -> Iterator[str]:
    """The order of features and of claims is part of the terms' text, so it must be certain."""
    seen: dict[int, str] = {}
    for feature in edition.features.order_by("position", "key"):
        if feature.position in seen:
            yield f"The features {seen[feature.position]} and {feature.key} both stand at position {feature.position}."
        seen[feature.position] = feature.key
    for tier in edition.tiers.all():
        positions = list(tier.claims.values_list("position", flat=True))
        for position in sorted({p for p in positions if positions.count(p) > 1}):
            yield f"The tier {tier.key} has more than one claim at position {position}."


def _levels(edition: Edition) -> Iterator[str]:
    """Terms are read without what is no level, so that is looked for in the rows."""
    for key, levels in edition.features.values_list("key", "levels"):
        odd = [level for level in levels if not is_level(level)] if isinstance(levels, list) else [levels]
        for level in odd:
            yield f"The feature {key}: a level is a pair of a key and its words, not {level!r}."


def _strangers(edition: Edition) -> Iterator[str]:
    grants = Grant.objects.filter(tier__edition=edition).exclude(feature__edition=edition)
    for tier, feature in grants.values_list("tier__key", "feature__key"):
        yield f"The tier {tier} gives the feature {feature} of another edition."
    claims = Claim.objects.filter(tier__edition=edition).exclude(feature__edition=edition)
    for tier, feature in claims.values_list("tier__key", "feature__key"):
        yield f"The tier {tier} claims something about the feature {feature} of another edition."


def _free_tier(terms: EditionTerms) -> Iterator[str]:
    free = [tier for tier in terms.tiers if tier.is_free]
    if not terms.tiers:
        yield "The edition has no tiers."
    elif not free:
        yield "No tier is free; the lowest must be, because that is where a licence goes when it is not paid for."
    elif len(free) > 1:
        yield f"Only one tier may be free, and these are: {', '.join(tier.key for tier in free)}."
    elif free[0] is not terms.tiers[0]:
        yield f"The free tier {free[0].key} must have the lowest rank."
    if len(terms.tiers) == 1 and free:
        yield "The edition has no tier to upgrade to."


def _feature(feature: FeatureTerms) -> Iterator[str]:
    name = f"The feature {feature.key}"
    if feature.kind == Feature.Kind.LEVEL:
        keys = [key for key, words in feature.levels if key and words]
        if not keys or len(keys) < len(feature.levels):
            yield f"{name} needs levels, each with a key and words."
        if len(set(keys)) < len(keys):
            yield f"{name} has two levels with the same key."
    elif feature.levels:
        yield f"{name} is no level, so it has no levels."
    if feature.kind == Feature.Kind.LIMIT:
        if not feature.unit:
            yield f"{name} is a limit and needs a unit, in the plural: projects, GB."
    elif feature.unit or feature.monthly:
        yield f"{name} is no limit, so it has no unit and is not counted by the month."


def _tier(tier: TierTerms) -> Iterator[str]:
    name = f"The tier {tier.key}"
    if tier.min_seats < 1:
        yield f"{name} must begin at one seat or more."
    if tier.max_seats is not None and tier.max_seats < tier.min_seats:
        yield f"{name} ends at {tier.max_seats} seats, below the {tier.min_seats} it begins at."
    if tier.is_free and tier.trial_days is not None:
        yield f"{name} is free, so there is nothing to try."
    if tier.trial_days is not None and not 1 <= tier.trial_days <= LONGEST_TRIAL_DAYS:
        yield f"{name}: a trial lasts 1 to {LONGEST_TRIAL_DAYS} days, not {tier.trial_days}."


def _prices(tier: TierTerms, terms: EditionTerms) -> Iterator[str]:
    for price in tier.prices:
        name = f"The price of {tier.key} in {price.currency}, by the {price.interval},"
        if price.unit_amount <= 0:
            yield f"{name} must be more than nothing; a tier without prices is free."
        if not is_known(price.currency):
            yield f"{name} is in no currency that we know; write it as USD, EUR, JPY."
        elif price.unit_amount % (step := charge_step(price.currency)):
            yield f"{name} is {price.unit_amount}; cards are charged in steps; make it a multiple of {step}."
        if price.interval not in ("month", "year"):
            yield f"{name} must be by the month or by the year."
        wanted = lookup_key(
            tier_key=tier.key, edition_key=terms.key, interval=price.interval, currency=price.currency
        )
        if price.lookup_key != wanted:
            yield f"{name} has the lookup key {price.lookup_key!r} and must have {wanted!r}."
    if len({price.per_seat for price in tier.prices}) > 1:
        yield f"The prices of {tier.key} are partly by the seat and partly flat; they must all be one or the other."


def _same_prices(terms: EditionTerms) -> Iterator[str]:
    """Whoever pays in a currency and interval can move to every tier in it."""
    sold = {tier.key: {(p.currency, p.interval) for p in tier.prices} for tier in terms.tiers if tier.prices}
    everything = set().union(*sold.values())
    for tier_key, offered in sold.items():
        for currency, interval in sorted(everything - offered):
            yield f"The tier {tier_key} has no price in {currency} by the {interval}, and another tier has."
