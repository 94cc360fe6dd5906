"""How pages and mails write money, dates and numbers: through Babel, in the reader's locale and time zone."""

from __future__ import annotations

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from django import template
from django.utils import timezone

from licensing.money import format_money
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
    return format_date(_local(moment), "long", locale=reader_locale())


@register.filter
def short_day(moment: datetime | date) -> str:
    """Day and month: 14 Dec."""
    pattern = "MMM d" if reader_locale().endswith("US") else "d MMM"
    return format_date(_local(moment), pattern, locale=reader_locale())


@register.filter
def moment(value: datetime) -> str:
    """Weekday, date and time: Wednesday 25 November at 17:00."""
    local = timezone.localtime(value)
    us = reader_locale().endswith("US")
    written_day = format_date(local, "EEEE, MMMM d" if us else "EEEE d MMMM", locale=reader_locale())
    return f"{written_day}, {format_datetime(local, 'h:mm a' if us else 'HH:mm', locale=reader_locale())}"


def _local(value: datetime | date) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value
