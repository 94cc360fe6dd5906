"""What a mail says of a sum and of how it was paid. The lines themselves are those of the page."""

from __future__ import annotations

from django.utils.translation import ngettext

from billing.models import Invoice, Payer, Quote
from licensing.terms import TierTerms
from portal.pages import sum_lines as lines
from portal.pages.quote_sums import lines_before_tax, tax_of
from portal.pages.values import card_words


def sum_lines(quote: Quote, *, tier: TierTerms, held: TierTerms | None) -> list[lines.SumLine]:
    """The quote's lines before tax and credit, as its page shows them."""
    return lines_before_tax(quote, tier=tier, held=held)


def card_of(payer: Payer | None) -> str:
    """The card on file: Visa ·· 4242. Empty where there is none."""
    return card_words(payer.card_brand, payer.card_last4) if payer else ""


def card_that_paid(invoice: Invoice | None, payer: Payer | None) -> str:
    """The card that Stripe says paid the invoice, where it is the one on file. Empty for any other: its face is not
    known, and a receipt names no card that was not charged.
    """
    is_on_file = invoice and payer and invoice.paid_with and invoice.paid_with == payer.payment_method_id
    return card_of(payer) if is_on_file else ""


def tax_words(payer: Payer | None) -> str:
    """What the tax is called: VAT 19 %."""
    return lines.tax_words(*tax_of(payer))


def seats_words(tier: TierTerms, *, seats: int, per_seat: bool) -> str:
    """Team for 8 people; or the name alone where people are not counted."""
    if not per_seat:
        return tier.name
    return ngettext("%(tier)s for one person", "%(tier)s for %(count)d people", seats) % {
        "tier": tier.name,
        "count": seats,
    }
