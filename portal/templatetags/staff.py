"""What the pages of staff need in their templates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.db.models.options import Options
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from licensing.catalogue.places import place
from licensing.models import Customer
from licensing.staff_words import grant_words, kind_words, when
from licensing.terms import NOT_INCLUDED, FeatureTerms, TierTerms
from portal.empty_lists import EMPTY
from portal.pages.values import value_words

register = template.Library()


@register.simple_tag
def moment_for(value: datetime | None, customer: Customer) -> SafeString | str:
    """A time in the staff person's zone; pointed at, it also says how the customer reads it. A dash where none is."""
    if value is None:
        return "–"
    theirs = value.astimezone(customer.zone)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(),
        f"{theirs.day} {theirs:%b %Y, %H:%M} in {customer.time_zone}",
        when(value),
    )


@register.simple_tag
def zone_now(customer: Customer, at: datetime) -> str:
    """What the customer's clock shows: 18:00."""
    return f"{at.astimezone(customer.zone):%H:%M}"


@register.simple_tag
def my_zone() -> str:
    """The zone that this page's times are in."""
    return timezone.get_current_timezone_name()


@register.simple_tag
def nothing_here(options: Options[Any]) -> tuple[str, str]:
    """What an empty list of a model says: what would be here, and what to do next."""
    return EMPTY[options.label_lower]


@register.filter
def given(tier: TierTerms, feature: FeatureTerms) -> str:
    """What a tier gives of a feature, in words. A draft's value may fit no feature of that kind."""
    value = tier.value(feature.key)
    if place(feature, tier) is None:
        return f"{grant_words(value)} (does not fit)"
    return value_words(feature, value)


@register.filter
def gives(tier: TierTerms, feature: FeatureTerms) -> bool:
    """Whether a tier includes a feature at all."""
    return tier.value(feature.key) is not NOT_INCLUDED


@register.filter
def in_words(key: str) -> str:
    """A notice's key as people read it: trial_reminder → trial reminder."""
    return kind_words(key)


@register.filter
def thousands(number: int) -> str:
    """A count as people read it: 100,000."""
    return f"{number:,}"
