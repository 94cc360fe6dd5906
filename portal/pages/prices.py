"""The price list: what is sold today, in one currency and interval, and every feature side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.numbers import get_territory_currencies
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from licensing.models import Feature, Product
from licensing.terms import NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms, TierTerms

INTERVALS = ("month", "year")
GROUPS = (
    (Feature.Group.CORE, _("Core"), _("what everybody works with")),
    (Feature.Group.EXTENDED, _("Extended"), _("for teams that plan together")),
    (Feature.Group.PREMIUM, _("Premium"), _("for control and proof")),
)


@dataclass(frozen=True)
class Front:
    """What the pages say of the product; part of the key under which a rendered page is kept."""

    name: str
    vendor: str
    tagline: str
    support_email: str
    accent: str
    promises_public: bool

    @classmethod
    def of(cls, product: Product) -> Front:
        return cls(
            product.name,
            product.vendor,
            product.tagline,
            product.support_email,
            product.accent,
            product.promises_public,
        )


@dataclass(frozen=True)
class Column:
    """One tier on the price list. `saved_a_year`: what paying by the year saves against twelve months."""

    tier: TierTerms
    price: PriceTerms | None
    saved_a_year: int


@dataclass(frozen=True)
class Cell:
    value: Any
    tier: TierTerms
    is_included: bool


@dataclass(frozen=True)
class Comparison:
    """One group of features: rows of (feature, one cell a tier)."""

    key: str
    name: str
    about: str
    rows: list[tuple[FeatureTerms, list[Cell]]]


def columns(edition: EditionTerms, *, currency: str, interval: str) -> list[Column]:
    """The tiers, lowest first, with their price in `currency` for one `interval`."""
    return [_column(tier, currency=currency, interval=interval) for tier in edition.tiers]


def _column(tier: TierTerms, *, currency: str, interval: str) -> Column:
    price = tier.price(currency=currency, interval=interval)
    monthly = tier.price(currency=currency, interval="month")
    saved = 12 * monthly.unit_amount - price.unit_amount if price and monthly and interval == "year" else 0
    return Column(tier, price, max(saved, 0))


def comparison(edition: EditionTerms) -> list[Comparison]:
    """Every feature of the edition by group; a tier that does not give it says so."""
    return [
        Comparison(
            group,
            str(name),
            str(about),
            [(f, _cells(f, edition.tiers)) for f in edition.features if f.group == group],
        )
        for group, name, about in GROUPS
        if any(f.group == group for f in edition.features)
    ]


def _cells(feature: FeatureTerms, tiers: Sequence[TierTerms]) -> list[Cell]:
    found = [(tier.value(feature.key), tier) for tier in tiers]
    return [Cell(value, tier, value is not NOT_INCLUDED and value is not False) for value, tier in found]


def currency_of(request: HttpRequest, edition: EditionTerms) -> str:
    """The currency asked for in the address, else the customer's own, else the one of the reader's region."""
    asked = request.GET.get("currency", "").upper()
    if asked in edition.currencies:
        return asked
    member = getattr(request, "member", None)
    if member and member.customer.currency in edition.currencies:
        return str(member.customer.currency)
    return currency_for(request.headers.get("Accept-Language", ""), sold=edition.currencies)


def currency_for(accept_language: str, *, sold: Sequence[str]) -> str:
    """The currency of the region a browser speaks of first, where it is sold; else dollars, else the first sold.

    >>> currency_for("de-AT,de;q=0.8", sold=["EUR", "JPY", "USD"])
    'EUR'
    >>> currency_for("ja", sold=["EUR", "JPY", "USD"])
    'JPY'
    """
    for part in accept_language.split(","):
        region = _region(part.split(";")[0].strip())
        current = get_territory_currencies(region) if region else []
        if here := next((currency for currency in current if currency in sold), ""):
            return here
    return "USD" if "USD" in sold or not sold else sold[0]


def _region(tag: str) -> str:
    """The region of a language tag; of a bare language, the one where most of its speakers live."""
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return ""
    if locale.territory:
        return locale.territory
    likely = get_global("likely_subtags").get(locale.language, "")
    return likely.rpartition("_")[2] if "_" in likely else ""
