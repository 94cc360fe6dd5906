"""How a feature's value, a count, an amount or a span of time is said to the reader at hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_compact_decimal, format_currency, format_decimal
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from licensing.models import Feature
from licensing.money import format_money, minor_digits
from licensing.terms import NOT_INCLUDED, FeatureTerms
from licensing.units import unit_for
from portal.reader import reader_locale

NOTHING = "–"
SMALL = (
    gettext_noop("none"), gettext_noop("one"), gettext_noop("two"), gettext_noop("three"), gettext_noop("four"),
    gettext_noop("five"), gettext_noop("six"), gettext_noop("seven"), gettext_noop("eight"), gettext_noop("nine"),
    gettext_noop("ten"),
)  # fmt: skip


def value_words(feature: FeatureTerms, value: Any) -> str:
    """A feature's value in a table's cell: "20", "50 GB", "no limit", "yes", a level's name, or "–"."""
    if value is NOT_INCLUDED or value is False:
        return NOTHING
    if feature.kind == Feature.Kind.SWITCH:
        return _("yes")
    if feature.kind == Feature.Kind.LEVEL:
        return feature.level_name(value) if value in dict(feature.levels) else str(value)
    if value is None:
        return _("no limit")
    unit = feature.unit
    said = not unit or unit.casefold() in feature.name.casefold()
    return count_words(value) if said else f"{count_words(value)} {unit_for(value, unit)}"


def feature_words(feature: FeatureTerms, value: Any) -> str:
    """A feature with its value, to stand in a list: "Projects without a limit", "Audit log: 90 days", "Approvals"."""
    if feature.kind == Feature.Kind.SWITCH:
        return feature.name
    if feature.kind == Feature.Kind.LIMIT and value is None:
        return _("%(feature)s without a limit") % {"feature": feature.name}
    said = {"feature": feature_name(feature), "value": value_words(feature, value)}
    return _("%(feature)s: %(value)s") % said


def feature_name(feature: FeatureTerms) -> str:
    """The name, with "a month" where it is counted anew each month."""
    if feature.monthly and "month" not in feature.name.casefold():
        return _("%(feature)s a month") % {"feature": feature.name}
    return feature.name


def count_words(count: int) -> str:
    """A count as it is best read: 40,000; from a million on "2 million", two digits after the point at most."""
    return _count_in(reader_locale(), count)


@lru_cache(maxsize=4096)
def _count_in(locale: str, count: int) -> str:
    if count >= 1_000_000:
        return format_compact_decimal(count, format_type="long", fraction_digits=2, locale=locale)
    return format_decimal(count, locale=locale)


def short_money(amount: int, currency: str) -> str:
    """An amount without its zeros after the point: $23, but $23.50. For price lists; sums are always whole."""
    return _short_money_in(reader_locale(), amount, currency)


@lru_cache(maxsize=4096)
def _short_money_in(locale: str, amount: int, currency: str) -> str:
    digits = minor_digits(currency)
    if digits == 0 or amount % 10**digits:
        return format_money(amount, currency, locale=locale)
    pattern = Locale.parse(locale).currency_formats["standard"].pattern
    whole = pattern.replace(".00", "")
    return format_currency(
        Decimal(amount // 10**digits), currency, whole, locale=locale, currency_digits=False
    ).replace("-", "−")


def small_number(count: int) -> str:
    """One to ten as words, to begin or stand in a sentence; figures above."""
    return _(SMALL[count]) if 0 <= count < len(SMALL) else count_words(count)


def span_words(span: timedelta) -> str:
    """A span, roughly: "5 months", "4 minutes"."""
    return format_timedelta(span, locale=reader_locale())


def ago_words(moment: datetime, *, at: datetime) -> str:
    """How long ago: "4 minutes ago"; "just now" within a minute."""
    if at - moment < timedelta(minutes=1):
        return _("just now")
    return format_timedelta(moment - at, add_direction=True, locale=reader_locale())


def per_interval(interval: str) -> str:
    return _("a year") if interval == "year" else _("a month")


def card_words(brand: str, last4: str) -> str:
    """A card as people know it: Visa ·· 4242."""
    return f"{brand.replace('_', ' ').title()} ·· {last4}" if last4 else ""
