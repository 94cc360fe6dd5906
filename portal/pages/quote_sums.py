"""The sum of a quote in words, line by line, and beside that of an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models import Payer, Quote
from licensing.terms import EditionTerms, TierTerms
from portal.templatetags.words import day


@dataclass(frozen=True)
class SumLine:
    """One line of the sum, in words. `amount` is in minor units of the quote's currency."""

    label: str
    amount: int
    start: datetime | None = None
    end: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class ComparedAmount:
    """One amount of an earlier quote and of the one that stands in for it, in minor units."""

    label: str
    before: int
    now: int

    @property
    def differs(self) -> bool:
        return self.before != self.now


@dataclass(frozen=True)
class Held:
    """What the change starts from: the licence as it is, or as it was before the order settled."""

    edition: EditionTerms
    tier: TierTerms
    seats: int
    interval: str | None


def sum_lines(*, quote: Quote, tier: TierTerms, held: Held | None, payer: Payer | None) -> list[SumLine]:
    """The quote's lines in the words of our tiers, what is charged first; then tax, then the credit taken off."""
    lines = []
    for line in sorted(quote.lines, key=lambda line: line["kind"] != "charge"):
        start, end = _moment(line.get("from")), _moment(line.get("to"))
        if line["kind"] == "unused" and held:
            lines.append(
                SumLine(
                    _("%(tier)s, time not used") % {"tier": held.tier.name},
                    line["amount"],
                    note=_already_paid(end),
                )
            )
        elif line["kind"] == "charge":
            lines.append(
                SumLine(_with_seats(tier.name, line.get("quantity"), quote), line["amount"], start, end)
            )
        else:
            lines.append(SumLine(line["text"], line["amount"], start, end))
    lines.append(SumLine(_tax_label(payer), quote.tax))
    if quote.credit > 0:
        lines.append(SumLine(_("Your credit"), -quote.credit, note=_("what we owe you, taken off")))
    return lines


def _already_paid(end: datetime | None) -> str:
    return _("up to %(day)s, already paid") % {"day": day(end)} if end else _("already paid")


def _with_seats(name: str, seats: int | None, quote: Quote) -> str:
    if not seats or not quote.price.per_seat:
        return name
    return ngettext("%(tier)s, one seat", "%(tier)s, %(count)d seats", seats) % {"tier": name, "count": seats}


def _tax_label(payer: Payer | None) -> str:
    if payer is None or not payer.tax_name:
        return _("Tax")
    return f"{payer.tax_name} {payer.tax_percent} %" if payer.tax_percent else payer.tax_name


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def compared(old: Quote, new: Quote) -> list[ComparedAmount]:
    """An earlier quote beside the one that stands in for it; amounts that are nothing in both are left out."""
    amounts = [
        ComparedAmount(_("Before tax"), old.subtotal, new.subtotal),
        ComparedAmount(_("Tax"), old.tax, new.tax),
        ComparedAmount(_("Your credit"), -old.credit, -new.credit),
        ComparedAmount(_("Due today"), old.due, new.due),
        ComparedAmount(_("At renewal"), old.renewal_amount, new.renewal_amount),
    ]
    return [amount for amount in amounts if amount.before or amount.now]
