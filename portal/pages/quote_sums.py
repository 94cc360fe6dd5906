"""The sum of a quote in words, line by line, and beside that of an earlier one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from billing.models import Payer, Quote
from licensing.terms import EditionTerms, TierTerms
from portal.pages.sum_lines import SumLine, charge_line, credit_line, other_line, tax_line, unused_line


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
    """The quote's lines before tax, then tax, then the credit taken off."""
    currency = quote.currency
    lines = lines_before_tax(quote, tier=tier, held=held.tier if held else None)
    name, percent = tax_of(payer)
    lines.append(tax_line(name=name, percent=percent, amount=quote.tax, currency=currency))
    if quote.credit > 0:
        lines.append(
            credit_line(amount=quote.credit, currency=currency, note=_("what we owe you, taken off"))
        )
    return lines


def lines_before_tax(quote: Quote, *, tier: TierTerms, held: TierTerms | None) -> list[SumLine]:
    """The quote's own lines in the words of our tiers, what is charged first; Stripe's words where we have none."""
    return [
        _line(line, quote=quote, tier=tier, held=held)
        for line in sorted(quote.lines, key=lambda line: line["kind"] != "charge")
    ]


def tax_of(payer: Payer | None) -> tuple[str, str]:
    """The name and the per cent of the tax that a payer last paid, as far as they are known."""
    return (payer.tax_name, payer.tax_percent) if payer and payer.tax_name else ("", "")


def _line(line: dict[str, Any], *, quote: Quote, tier: TierTerms, held: TierTerms | None) -> SumLine:
    amount, currency = line["amount"], quote.currency
    start, end = _moment(line.get("from")), _moment(line.get("to"))
    if line["kind"] == "unused" and held:
        return unused_line(tier=held.name, amount=amount, currency=currency, end=end)
    if line["kind"] == "charge":
        seats = (line.get("quantity") or quote.seats) if quote.price.per_seat else None
        return charge_line(
            tier=tier.name, seats=seats, amount=amount, currency=currency, start=start, end=end
        )
    return other_line(words=line["text"], amount=amount, currency=currency, start=start, end=end)


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
