"""An edition as TOML. The same terms always give the same text, so the text's hash stands for the terms."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from licensing.models import Edition, Product
from licensing.terms import NO_LIMIT, EditionTerms, FeatureTerms, PriceTerms, TierTerms, read_edition

INTERVALS = ("month", "year")


def dump(edition: Edition) -> str:
    """The edition and its product's presentation as TOML; `load_draft` makes the same edition of it again."""
    return f"{_product(edition.product)}\n{terms_text(read_edition(edition))}"


def terms_text(terms: EditionTerms) -> str:
    """The terms alone as TOML: what the stored hash of a published edition is taken of.

    How a product presents itself (its tagline, its accent colour) is no term and may change; it is not in here.
    """
    parts = [_table("[edition]", {"key": terms.key, "name": terms.name, "rationale": terms.rationale})]
    parts += [_feature(feature) for feature in terms.features]
    parts += [_tier(tier, terms) for tier in terms.tiers]
    return "\n".join(parts)


def draft_hash(edition: Edition) -> str:
    """The hash of an edition's terms as they stand: the one that publishing stores, where they do not change before."""
    return hashlib.sha256(terms_text(read_edition(edition)).encode()).hexdigest()


def lookup_key(*, tier_key: str, edition_key: str, interval: str, currency: str) -> str:
    """How a price is found at the payment processor, in every environment: team-2026-01-year-usd."""
    return f"{tier_key}-{edition_key}-{interval}-{currency.lower()}"


def _product(product: Product) -> str:
    fields = ("key", "name", "vendor", "tagline", "support_email", "accent")
    return _table("[product]", {field: getattr(product, field) for field in fields})


def _feature(feature: FeatureTerms) -> str:
    fields: dict[str, Any] = {
        "key": feature.key,
        "name": feature.name,
        "kind": feature.kind,
        "group": feature.group,
        "unit": feature.unit,
        "monthly": feature.monthly,
        "levels": [list(level) for level in feature.levels],
        "about": feature.about,
        "shared": feature.shared,
    }
    always = ("key", "name", "kind", "group")
    return _table("[[features]]", {k: v for k, v in fields.items() if k in always or v})


def _tier(tier: TierTerms, terms: EditionTerms) -> str:
    fields: dict[str, Any] = {"key": tier.key, "name": tier.name, "rank": tier.rank, "tagline": tier.tagline}
    if tier.trial_days or tier.prices:
        fields["trial_days"] = tier.trial_days or 0
    fields["min_seats"] = tier.min_seats
    if tier.max_seats is not None:
        fields["max_seats"] = tier.max_seats
    parts = [_table("[[tiers]]", fields)]
    gives = {f.key: tier.gives[f.key] for f in terms.features if f.key in tier.gives}
    if gives:
        parts.append(_table("[tiers.gives]", gives))
    for claim in tier.claims:
        parts.append(_table("[[tiers.claims]]", {"feature": claim.feature_key, "text": claim.text}))
    for interval in INTERVALS:
        amounts = {price.currency: price for price in tier.prices if price.interval == interval}
        if amounts:
            parts.append(_table(f"[tiers.prices.{interval}]", {c: amounts[c] for c in sorted(amounts)}))
    return "\n".join(parts)


def _table(head: str, fields: dict[str, Any]) -> str:
    return "".join(f"{line}\n" for line in [head, *(f"{key} = {_value(v)}" for key, v in fields.items())])


def _value(value: Any) -> str:
    """One TOML value. JSON's strings, numbers, booleans and lists are written the same way in TOML."""
    if value is None:
        return _value(NO_LIMIT)
    if isinstance(value, PriceTerms):
        return str(value.unit_amount) if value.per_seat else f"{{ flat = {value.unit_amount} }}"
    if isinstance(value, str) and "\n" in value:
        return _text(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _text(value: str) -> str:
    """A string of several lines, readable in the file. TOML drops the line break after the opening quotes."""
    lines = [
        json.dumps(line, ensure_ascii=False)[1:-1].replace("\x7f", "\\u007f") for line in value.split("\n")
    ]
    return '"""\n' + "\n".join(lines) + '"""'
