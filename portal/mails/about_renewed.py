"""What we say once a renewal was paid: how much, from where, which invoice, and when the next one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy

from billing.models import Invoice, Payer
from licensing.models import Licence, Notice
from portal.mails.kind import Audience, Kind
from portal.mails.links import link
from portal.mails.subjects import is_yearly, live_licences, rows_of, terms_of
from portal.mails.sums import card_that_paid, seats_words


@dataclass(frozen=True)
class AboutPaidRenewal:
    """A renewal's invoice, and the licence as it is now."""

    invoice: Invoice
    licence: Licence
    payer: Payer | None


class RenewalReceipt(Kind[AboutPaidRenewal]):
    """A renewal was paid."""

    key = "renewal_receipt"
    audience = Audience.SPENDERS
    opt_out_words = gettext_lazy("receipts of monthly renewals")

    def read(self, notices: Sequence[Notice], at: datetime) -> Mapping[int, AboutPaidRenewal]:
        """Three queries."""
        invoices = rows_of(notices, Invoice.objects.all())
        customers = {invoice.customer_id for invoice in invoices.values()}
        licences = live_licences(customers)
        payers = {payer.customer_id: payer for payer in Payer.objects.filter(customer_id__in=customers)}
        return {
            number: AboutPaidRenewal(invoice, licences[invoice.customer_id], payers.get(invoice.customer_id))
            for number, invoice in invoices.items()
            if invoice.customer_id in licences
        }

    def is_true(self, about: AboutPaidRenewal, notice: Notice, at: datetime) -> bool:
        """From the moment it is paid, for ever."""
        return about.invoice.status == "paid"

    def may_opt_out(self, about: AboutPaidRenewal) -> bool:
        """While they pay by the month; a year's money always has its receipt."""
        return about.licence.price is not None and not is_yearly(about.licence)

    def facts(self, about: AboutPaidRenewal, notice: Notice, at: datetime) -> dict[str, Any]:
        """What was charged and what credit paid, and what is held now; a date only while it lies ahead."""
        invoice, licence = about.invoice, about.licence
        _edition, tier = terms_of(licence)
        ends = licence.period_end if licence.period_end and licence.period_end > at else None
        return {
            "tier": tier,
            "is_free": licence.is_free,
            "held": seats_words(
                tier, seats=licence.seats, per_seat=bool(licence.price and licence.price.per_seat)
            ),
            "currency": invoice.currency,
            "charged": invoice.amount_paid,
            "total": invoice.total,
            "from_credit": max(invoice.total - invoice.amount_due, 0),
            "paid_at": notice.owed_at,
            "card": card_that_paid(invoice, about.payer),
            "renews_at": None if licence.cancels_at_period_end else ends,
            "cancels_at": ends if licence.cancels_at_period_end else None,
            "invoice_number": invoice.number,
            "invoice_url": invoice.hosted_url or link("billing"),
            "plan_url": link("plan"),
        }
