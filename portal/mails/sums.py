"""A quote's sum, line by line, as a receipt shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Payer, Quote
from licensing.terms import TierTerms
from portal.pages.values import card_words


@dataclass(frozen=True)
class SumLine:
    """One line; `amount` in minor units of the quote's currency."""

    words: str
    amount: int
    start: datetime | None = None
    end: datetime | None = None


def sum_lines(quote: Quote, *, tier: TierTerms, held: TierTerms | None) -> list[SumLine]:
    """The quote's lines before tax and credit, in our words; the processor's words where we have none."""
    return [_line(line, quote=quote, tier=tier, held=held) for line in quote.lines]


def card_of(payer: Payer | None) -> str:
    """The card on file: Visa ·· 4242. Empty where there is none."""
    return card_words(payer.card_brand, payer.card_last4) if payer else ""


def tax_words(payer: Payer | None) -> str:
    """What the tax is called: VAT 19 %."""
    if payer is None or not payer.tax_name:
        return _("Tax")
    return f"{payer.tax_name} {payer.tax_percent} %" if payer.tax_percent else payer.tax_name


def seats_words(tier: TierTerms, *, seats: int, per_seat: bool) -> str:
    """Team for 8 people; or the name alone where people are not counted."""
    if not per_seat:
        return tier.name
    return ngettext("%(tier)s for one person", "%(tier)s for %(count)d people", seats) % {
        "tier": tier.name,
        "count": seats,
    }


def _line(line: dict[str, object], *, quote: Quote, tier: TierTerms, held: TierTerms | None) -> SumLine:
    amount, start, end = int(str(line["amount"])), _moment(line.get("from")), _moment(line.get("to"))
    if line["kind"] == "unused" and held is not None:
        return SumLine(_("%(tier)s, time not used, given back") % {"tier": held.name}, amount)
    if line["kind"] == "charge":
        seats = int(str(line.get("quantity") or quote.seats))
        return SumLine(seats_words(tier, seats=seats, per_seat=quote.price.per_seat), amount, start, end)
    return SumLine(str(line.get("text", "")), amount, start, end)


def _moment(iso: object) -> datetime | None:
    return datetime.fromisoformat(str(iso)) if iso else None
