"""One line of a sum in words, the same whether it was worked out here or comes from Stripe's preview, and the same on a
page and in a mail.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.templatetags.words import day, day_from, money


@dataclass(frozen=True)
class SumLine:
    """What it is for, a note in small, and the amount as written. `is_open`: the amount is not known yet."""

    label: str
    said: str
    note: str = ""
    is_open: bool = False


def charge_line(
    *, tier: str, seats: int | None, amount: int, currency: str, start: datetime | None, end: datetime | None
) -> SumLine:
    """What is charged for a tier and its span; `seats` None where people are not counted. Minor units."""
    label = tier
    if seats:
        label = ngettext("%(tier)s, one seat", "%(tier)s, %(count)d seats", seats) % {
            "tier": tier,
            "count": seats,
        }
    return SumLine(label, money(amount, currency), note=_span(start, end))


def unused_line(*, tier: str, amount: int, currency: str, end: datetime | None) -> SumLine:
    """What was billed already, be it paid yet or not, and is given back; in minor units."""
    note = _("up to %(day)s, already billed") % {"day": day(end)} if end else _("already billed")
    return SumLine(_("%(tier)s, time not used") % {"tier": tier}, money(amount, currency), note=note)


def other_line(
    *, words: str, amount: int, currency: str, start: datetime | None, end: datetime | None
) -> SumLine:
    """A line of Stripe's that we have no words of our own for."""
    return SumLine(words, money(amount, currency), note=_span(start, end))


def tax_line(*, name: str, percent: str, amount: int, currency: str) -> SumLine:
    """`name` and `percent` as far as they are known."""
    return SumLine(tax_words(name, percent), money(amount, currency))


def tax_words(name: str, percent: str) -> str:
    """What a tax is called: VAT 19 %, or as much of that as is known."""
    label = name or _("Tax")
    return f"{label} {percent} %" if percent else label


def credit_line(*, amount: int, currency: str, note: str = "") -> SumLine:
    """What we owe the customer and take off, in minor units, above zero."""
    return SumLine(_("Your credit"), f"−{money(amount, currency)}", note=note)


def _span(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return ""
    if day(start) == day(end):
        return day(end)
    return _("%(start)s to %(end)s") % {"start": day_from(start, end), "end": day(end)}
