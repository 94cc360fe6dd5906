"""Making drafts: from a file, or as a copy of an edition."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction

from licensing.catalogue.faults import DraftInTheWay, UnableToLoad
from licensing.catalogue.namesakes import namesake
from licensing.catalogue.reading import read_catalogue
from licensing.catalogue.writing import lookup_key, terms_text
from licensing.models import Claim, Edition, Feature, Grant, Price, Product, Tier
from licensing.terms import EditionTerms, read_edition


def load_draft(*, source: bytes | str, at: datetime, replaceable: Container[str] | None = None) -> Edition:
    """Make the draft that `source` (TOML) describes, replacing an earlier draft of the same key.

    `replaceable` are the keys of drafts that may be replaced; None: any. Where that edition is published already with
    the very same terms, nothing happens and it is returned. The product's presentation in the file is applied whenever
    a draft is written. Raises UnableToLoad with every fault, among them that the edition is published with other terms;
    and DraftInTheWay where it may not replace one.
    """
    file = read_catalogue(source)
    with transaction.atomic():
        product = _product(file.product)
        edition = _locked(product, file.edition.key)
        if edition is not None and edition.published_at is not None:
            if terms_text(read_edition(edition)) == terms_text(file.edition):
                return edition
            raise UnableToLoad(
                [
                    f"The edition {edition.key} was published on {edition.published_at:%d %B %Y} with other terms and "
                    f"never changes; give the new terms a key of their own ({at:%Y-%m})."
                ]
            )
        if not product._state.adding and (taken := namesake(product=product, name=file.edition.name)):
            raise UnableToLoad([f"[edition]: {taken}"])
        _save(product)
        if edition is not None and replaceable is not None and edition.key not in replaceable:
            words = f"There is a draft {edition.key} ({edition.name}) of {product} already. Loading replaces all of it."
            raise DraftInTheWay(edition.key, [words])
        return _write(product=product, terms=file.edition, edition=edition)


def draft_from(*, edition: Edition, key: str, name: str) -> Edition:
    """Copy an edition into a new draft, the usual start of a change of terms. Its rationale is left to be written.

    Raises UnableToLoad where the product has an edition of that key already or a published one of that name, or key or
    name do not do.
    """
    terms = read_edition(edition)
    tiers = tuple(
        replace(
            tier,
            prices=tuple(
                replace(
                    price,
                    lookup_key=lookup_key(
                        tier_key=tier.key, edition_key=key, interval=price.interval, currency=price.currency
                    ),
                )
                for price in tier.prices
            ),
        )
        for tier in terms.tiers
    )
    with transaction.atomic():
        if _locked(edition.product, key) is not None:
            raise UnableToLoad([f"There is an edition {key} of {edition.product} already."])
        if taken := namesake(product=edition.product, name=name):
            raise UnableToLoad([taken])
        copy = replace(terms, key=key, name=name, rationale="", tiers=tiers)
        return _write(product=edition.product, terms=copy, edition=None)


def _product(fields: dict[str, str]) -> Product:
    """The product with the file's presentation, not yet saved. Locked, so that two loads wait for each other."""
    product = Product.objects.select_for_update().filter(key=fields["key"]).first() or Product()
    for name, value in fields.items():
        setattr(product, name, value)
    return product


def _locked(product: Product, key: str) -> Edition | None:
    if product._state.adding:
        return None
    return Edition.objects.select_for_update().filter(product=product, key=key).first()


def _save(product: Product) -> None:
    _check([(f"The product {product.key!r}", product)])
    product.save()


def _write(*, product: Product, terms: EditionTerms, edition: Edition | None) -> Edition:
    """Write `terms` as the rows of a draft, in place of whatever rows `edition` has."""
    edition = edition or Edition(product=product, key=terms.key)
    edition.name, edition.rationale = terms.name, terms.rationale
    tiers = {
        t.key: Tier(
            edition=edition, key=t.key, name=t.name, rank=t.rank, tagline=t.tagline, trial_days=t.trial_days,
            min_seats=t.min_seats, max_seats=t.max_seats,
        )
        for t in terms.tiers
    }  # fmt: skip
    features = {
        f.key: Feature(
            edition=edition, key=f.key, name=f.name, kind=f.kind, group=f.group, unit=f.unit, monthly=f.monthly,
            levels=[list(level) for level in f.levels], about=f.about, shared=f.shared,
            position=position,
        )
        for position, f in enumerate(terms.features, start=1)
    }  # fmt: skip
    prices = [
        Price(
            tier=tiers[t.key], currency=p.currency, interval=p.interval, unit_amount=p.unit_amount,
            per_seat=p.per_seat, lookup_key=p.lookup_key,
        )
        for t in terms.tiers
        for p in t.prices
    ]  # fmt: skip
    grants = [
        Grant(tier=tiers[t.key], feature=features[key], value=value)
        for t in terms.tiers
        for key, value in t.gives.items()
    ]
    claims = [
        Claim(tier=tiers[t.key], feature=features[c.feature_key], text=c.text, position=position)
        for t in terms.tiers
        for position, c in enumerate(t.claims, start=1)
    ]
    _check(
        [
            ("The edition", edition),
            *((f"The tier {key!r}", tier) for key, tier in tiers.items()),
            *((f"The feature {key!r}", feature) for key, feature in features.items()),
            *((f"The price {price.lookup_key}", price) for price in prices),
            *((f"The claim of {c.tier.key!r} about {c.feature.key!r}", c) for c in claims),
        ]
    )
    edition.save()
    edition.tiers.all().delete()
    edition.features.all().delete()
    _refuse_taken_lookup_keys(prices)
    Tier.objects.bulk_create(tiers.values())
    Feature.objects.bulk_create(features.values())
    Price.objects.bulk_create(prices)
    Grant.objects.bulk_create(grants)
    Claim.objects.bulk_create(claims)
    return edition


def _check(rows: list[tuple[str, models.Model]]) -> None:
    """What the columns cannot hold, told by name instead of by the database."""
    faults = []
    for name, row in rows:
        # Parents have no row yet; that they fit is seen to by `_write`.
        parents = [field.name for field in row._meta.fields if field.is_relation]
        try:
            row.clean_fields(exclude=parents)
        except ValidationError as error:
            faults += [f"{name}: {field}: {' '.join(words)}" for field, words in error.message_dict.items()]
    if faults:
        raise UnableToLoad(faults)


def _refuse_taken_lookup_keys(prices: list[Price]) -> None:
    taken = Price.objects.filter(lookup_key__in=[price.lookup_key for price in prices])
    others = taken.values_list("lookup_key", "tier__edition__product__name")
    if faults := [f"The lookup key {key} belongs to a price of {name} already." for key, name in others]:
        raise UnableToLoad(faults)
