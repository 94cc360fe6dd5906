"""How pages and mails write money, dates and numbers: through Babel, in the reader's locale and time zone."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from licensing.money import format_money
from licensing.terms import FeatureTerms
from portal.pages import values
from portal.reader import reader_locale

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """`1234|money:"USD"` → $12.34."""
    return format_money(amount, currency, locale=reader_locale())


@register.filter
def number(value: int) -> str:
    return format_decimal(value, locale=reader_locale())


@register.filter
def day(moment: datetime | date) -> str:
    """The full date: 14 December 2026."""
    return _written(_local(moment), "long", reader_locale())


@register.filter
def day_from(value: datetime, at: datetime) -> str:
    """A day seen from `at`: 14 Dec, and 14 Aug 2027 (Aug 14, 2027) where the year is another one."""
    seen, us = _local(value), reader_locale().endswith("US")
    short = _written(seen, "MMM d" if us else "d MMM", reader_locale())
    if seen.year == _local(at).year:
        return short
    return f"{short}{',' if us else ''} {seen.year}"


@register.filter
def moment(value: datetime) -> str:
    """Weekday, date and time: Wednesday 25 November at 17:00."""
    us = reader_locale().endswith("US")
    return _timed(value, "EEEE, MMMM d" if us else "EEEE d MMMM")


@register.filter
def zoned_moment(value: datetime) -> str:
    """As `moment`, with the zone that its time is in: for whoever reads it elsewhere, or has no zone of their own."""
    said = {"moment": moment(value), "zone": timezone.get_current_timezone_name()}
    return _("%(moment)s (%(zone)s)") % said


@register.filter
def until(end: datetime) -> str:
    """The full date and time at which something is over: 14 December 2026 at 17:00. Of a day alone, "until 14
    December" would say that the whole of that day is meant.
    """
    return _timed(end, "long")


@register.filter
def instant(value: datetime) -> str:
    """As machines read it, in the reader's time zone: for `<time datetime="…">`."""
    return timezone.localtime(value).isoformat()


@register.filter
def short_money(amount: int, currency: str) -> str:
    """As `money`, without zeros after the point: $23. For price lists, not for sums."""
    return values.short_money(amount, currency)


@register.filter
def value_words(value: Any, feature: FeatureTerms) -> str:
    """`row.offered|value_words:row.feature` → 20, no limit, yes, a level's name, or –."""
    return values.value_words(feature, value)


@register.filter
def value_cell(value: Any, feature: FeatureTerms) -> str:
    """As `value_words`, for a table's cell: a dash for the eye, "not included" for the ear."""
    words = values.value_words(feature, value)
    if words != values.NOTHING:
        return words
    return format_html(
        '<span aria-hidden="true">{}</span><span class="visually-hidden">{}</span>', words, _("not included")
    )


@register.filter
def feature_words(value: Any, feature: FeatureTerms) -> str:
    """`row.offered|feature_words:row.feature` → Projects without a limit, Audit log: 90 days, Approvals."""
    return values.feature_words(feature, value)


@register.filter
def feature_name(feature: FeatureTerms) -> str:
    """The name, with "a month" where it is counted anew each month."""
    return values.feature_name(feature)


@register.filter
def span_until(end: datetime, at: datetime) -> str:
    """How long it is from `at` to `end`, roughly: 3 days."""
    return values.span_words(end - at)


@register.filter
def count(value: int) -> str:
    """40,000; 2 million."""
    return values.count_words(value)


@register.filter
def per_interval(interval: str) -> str:
    """A month, or a year."""
    return values.per_interval(interval)


@register.simple_tag(takes_context=True)
def here(context: dict[str, Any], *names: str) -> SafeString:
    """Mark the link to the page at hand: `<a href="…"{% here "billing" %}>`, also for billing-cancel and the like."""
    match = getattr(context.get("request"), "resolver_match", None)
    name = (match.url_name or "") if match else ""
    found = any(name == one or name.startswith((f"{one}-", f"{one}_")) for one in names)
    return mark_safe(' aria-current="page"' if found else "")  # our own words only


@lru_cache(maxsize=4096)
def _written(value: date, pattern: str, locale: str) -> str:
    return format_date(value, pattern, locale=locale)


def _timed(value: datetime, date_format: str) -> str:
    """A day with its time, which can be read in one way only.

    Midnight says which of its two days it belongs to; a time that the clock shows twice in the night it is put back
    says which of the two it is, by its distance from UTC.
    """
    local = timezone.localtime(value)
    us = reader_locale().endswith("US")
    said = {
        "day": _written(local.date(), date_format, reader_locale()),
        "time": format_datetime(local, "h:mm a" if us else "HH:mm", locale=reader_locale()),
        # Not Babel's: it writes −02:30 as −03:30.
        "offset": local.isoformat()[-6:].replace("-", "−"),
    }
    if local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset():
        return _("%(day)s at %(time)s (UTC%(offset)s)") % said
    if (local.hour, local.minute) == (0, 0):
        return _("%(day)s at %(time)s (as the day begins)") % said
    return _("%(day)s at %(time)s") % said


def _local(value: datetime | date) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
