"""The list of invoices, kept as Stripe last showed them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from billing.answers import InvoiceSeen
from billing.models import Invoice, Payer
from licensing.models import Customer
from licensing.notices import owe

RENEWS = "subscription_cycle"  # Stripe's billing_reason of a renewal


@transaction.atomic
def keep_invoice(seen: InvoiceSeen, *, at: datetime) -> Invoice | None:
    """Store what was seen of an invoice; None where its payer is not one of ours.

    Where a renewal is seen to be paid for the first time, its receipt is owed; the receipt of an order is owed as it is
    settled.
    """
    payer = Payer.objects.filter(stripe_id=seen.customer_id).select_related("customer").first()
    if payer is None:
        return None
    # Stripe's page of an invoice shows whose it is.
    shows_a_name = payer.customer.erased_at is not None
    # Of other invoices that need not be asked.
    is_paid_renewal = seen.status == "paid" and seen.reason == RENEWS
    is_news = is_paid_renewal and not Invoice.objects.filter(stripe_id=seen.stripe_id, status="paid").exists()
    invoice, _ = Invoice.objects.update_or_create(
        stripe_id=seen.stripe_id,
        defaults={
            "customer_id": payer.customer_id,
            "number": seen.number,
            "status": seen.status,
            "reason": seen.reason,
            "currency": seen.currency,
            "total": seen.total,
            "amount_due": seen.amount_due,
            "amount_paid": seen.amount_paid,
            "issued_at": seen.issued_at,
            "next_attempt_at": seen.next_attempt_at,
            "hosted_url": "" if shows_a_name else seen.hosted_url,
            "pdf_url": "" if shows_a_name else seen.pdf_url,
            # A list of invoices does not show what paid them.
            **({"paid_with": seen.paid_with} if seen.paid_with else {}),
        },
    )
    if is_news:
        owe(customer=invoice.customer_id, kind="renewal_receipt", subject=invoice, at=at)
    return invoice


def unpaid_invoice_of(customer: Customer) -> Invoice | None:
    """The newest invoice that can still be paid; None where all are paid, or it has not been seen yet."""
    unpaid = Invoice.objects.filter(customer=customer, status__in=Invoice.UNPAID)
    return unpaid.filter(amount_due__gt=F("amount_paid")).first()
