"""How the pages of staff write times, and what a tier gives."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from licensing.models import Customer, Edition, Feature
from licensing.money import format_money
from licensing.terms import NO_LIMIT, NOT_INCLUDED, EditionTerms, FeatureTerms, PriceTerms
from licensing.units import unit_for

LOCALE = "en"


def when(value: datetime) -> str:
    """A time in the staff person's own zone, which is named: 25 Nov 2026, 17:00 UTC."""
    return _written(timezone.localtime(value))


def day_words(day: str) -> str:
    """A day that is kept as 2026-11-25, or begins a longer moment: 25 Nov 2026."""
    written = date.fromisoformat(day[:10])
    return f"{written.day} {written:%b %Y}"


def in_zone(value: datetime, customer: Customer) -> str:
    """The same, and how the customer reads it: 25 Nov 2026, 17:00 UTC (18:00 in Europe/Berlin)."""
    here, there = timezone.localtime(value), value.astimezone(customer.zone)
    if here.utcoffset() == there.utcoffset():
        return _written(here)
    theirs = f"{there:%H:%M}" if here.date() == there.date() else f"{there.day} {there:%b, %H:%M}"
    return f"{_written(here)} ({theirs} in {customer.time_zone})"


def kind_words(kind: str) -> str:
    """What an event or a notice is, by its key, in the words of the house: exception granted, trial reminder."""
    return kind.replace("waiver", "exception").replace("_", " ")


def subject_words(subject: str) -> str:
    """What an event or a notice is about: exception 4, planned change 12."""
    model, _, number = subject.partition(":")
    name = _names_of_rows().get(model)
    return f"{name} {number}" if name and number else subject


def period_words(period: str) -> str:
    """Which of several notices of a kind it is: 3 days before 25 Nov 2026, or 25 Nov 2026, 17:00 UTC."""
    if turn := re.match(r"(\d+)d:(\d{4}-\d\d-\d\d)", period):
        days = int(turn[1])
        return f"{days} {'day' if days == 1 else 'days'} before {day_words(turn[2])}"
    try:
        moment = parse_datetime(period)
    except ValueError:
        moment = None
    return when(moment) if moment and moment.tzinfo else period


@cache
def _names_of_rows() -> dict[str, str]:
    return {str(model._meta.model_name): str(model._meta.verbose_name) for model in apps.get_models()}


def _written(value: datetime) -> str:
    return f"{value.day} {value:%b %Y, %H:%M %Z}"


def edition_words(edition: Edition | EditionTerms) -> str:
    """An edition by its name and its key: March 2025 (2025-03)."""
    return f"{edition.name} ({edition.key})"


def given_words(feature: FeatureTerms, value: Any) -> str:
    """What a tier gives of a feature: 40,000 calls, no limit, next working day, yes, not included."""
    if value is NOT_INCLUDED:
        return "not included"
    if feature.kind == Feature.Kind.LIMIT and type(value) is int:
        return f"{value:,} {unit_for(value, feature.unit)}".rstrip()
    return (isinstance(value, str) and dict(feature.levels).get(value)) or grant_words(value)


def change_words(was: FeatureTerms, before: Any, now: FeatureTerms, after: Any) -> str:
    """What becomes of a feature: Projects: 20 projects → no limit."""
    return f"{now.name}: {value_words(was, before)} → {value_words(now, after)}"


def value_words(feature: FeatureTerms, value: Any) -> str:
    """What a tier gives of a feature, with the month where it is counted anew: 40,000 calls a month."""
    is_given = value is not NOT_INCLUDED and value is not False
    return given_words(feature, value) + (" a month" if feature.monthly and is_given else "")


def price_move_words(before: PriceTerms, after: PriceTerms | None) -> str:
    """What an interval costs before and after: $23.00 → $27.00 a seat a month, stays $23.00 a seat a month."""
    seat = " a seat" if before.per_seat else ""
    was = format_money(before.unit_amount, before.currency, locale=LOCALE)
    now = format_money(after.unit_amount, after.currency, locale=LOCALE) if after else "not sold so any more"
    amounts = f"stays {was}" if was == now else f"{was} → {now}"
    return f"{amounts}{seat} a {before.interval}"


def grant_words(value: Any) -> str:
    """A grant's value as people write it: yes, 20, no limit, priority."""
    if value is None:
        return NO_LIMIT
    return "yes" if value is True else str(value)


def grant_value(words: str) -> bool | int | str | None:
    """The same, read back."""
    words = words.strip()
    if words.lower() == NO_LIMIT:
        return None
    if words.lower() in ("yes", "true"):
        return True
    digits = words.replace(",", "").replace(" ", "")
    return int(digits) if digits.isdecimal() else words
