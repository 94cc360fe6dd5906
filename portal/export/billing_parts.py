"""What is exported of how a customer pays."""

from __future__ import annotations

from billing.models import Invoice, Order, Payer, Quote
from portal.export.part import PERSON, Column, Part

ITSELF = {"customer": "it is the organisation itself"}
OURS_ALONE = "how we find it at Stripe"

PAYMENT = Part(
    "payment",
    "How it pays, as Stripe last told us. The card’s number was never here. Credit is what we owe the organisation.",
    Payer,
    lambda customer: Payer.objects.filter(customer=customer),
    (
        Column("stripe_customer", "what Stripe calls the organisation", "stripe_id"),
        Column("card_brand", "the card on file", "card_brand"),
        Column("card_last4", "its last four digits", "card_last4"),
        Column("card_exp_month", "until which month it is good", "card_exp_month"),
        Column("card_exp_year", "and year", "card_exp_year"),
        Column("credit", "minor units that we owe; below zero, that are owed to us", "credit"),
        Column("currency", "of the credit", "customer__currency"),
        Column("tax_percent", "as it was last charged", "tax_percent"),
        Column("tax_name", "what that tax is called", "tax_name"),
    ),
    without={"id": "there is one at most", "payment_method_id": OURS_ALONE},
)

QUOTES = Part(
    "quotes",
    "Every binding price that was given. Amounts are in minor units of the currency.",
    Quote,
    lambda customer: Quote.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("licence", "for which licence, by number", "licence_id"),
        Column("licence_version", "as it stood after so many changes", "licence_version"),
        Column("edition", "to the terms of which edition", "tier__edition__key"),
        Column("tier", "to which tier", "tier__key"),
        Column("price", "at which price, by name", "price__lookup_key"),
        Column("seats", "for how many people", "seats"),
        Column("currency", "ISO 4217", "currency"),
        Column("quoted_for", f"for whom; {PERSON}", "quoted_for__email"),
        Column("quoted_at", "when", "quoted_at"),
        Column("expires_at", "until when it held", "expires_at"),
        Column("lines", "the sum line by line, as JSON", "lines"),
        Column("subtotal", "before tax", "subtotal"),
        Column("tax", "the tax in it", "tax"),
        Column("total", "with tax", "total"),
        Column("credit", "credit used, or gained where below zero", "credit"),
        Column("due", "what accepting it charges", "due"),
        Column("renews_at", "when it renews", "renews_at"),
        Column("renewal_amount", "for how much", "renewal_amount"),
    ),
    without={**ITSELF, "fingerprint": "a hash over the columns beside it"},
)

ORDERS = Part(
    "orders",
    "Every accepted quote, and how it went. Amounts are in minor units of the quote’s currency.",
    Order,
    lambda customer: Order.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("quote", "which quote, by number", "quote_id"),
        Column("accepted_by", f"by whom; {PERSON}", "accepted_by__email"),
        Column("accepted_at", "when", "accepted_at"),
        Column("way", "checkout (Stripe’s page) or card (on file)", "way"),
        Column("state", "pending, settled or failed", "state"),
        Column("failure", "why it failed", "failure"),
        Column("failure_words", "in the words of the bank or of Stripe", "failure_words"),
        Column("closed_at", "when it was over", "closed_at"),
        Column("charged", "what was really charged", "charged"),
        Column("refunded", "what of a second payment went back", "refunded"),
        Column("invoice", "its invoice, as Stripe calls it", "stripe_invoice_id"),
    ),
    without={
        **ITSELF,
        "return_url": "the address of the page that you came back to",
        "stripe_session_id": OURS_ALONE,
        "pay_url": "whoever has it can open your payment page",
        "needs_staff": "a note of staff to staff about our own work",
    },
)

INVOICES = Part(
    "invoices",
    "Every invoice, as Stripe last showed it. Amounts are in minor units of the currency.",
    Invoice,
    lambda customer: Invoice.objects.filter(customer=customer),
    (
        Column("invoice", "what Stripe calls it", "stripe_id"),
        Column("number", "the number on the paper", "number"),
        Column("status", "paid, open, void, …", "status"),
        Column("reason", "what it was for, in Stripe’s words", "reason"),
        Column("currency", "ISO 4217", "currency"),
        Column("total", "its sum, tax included", "total"),
        Column("amount_due", "what was to be paid", "amount_due"),
        Column("amount_paid", "what was paid", "amount_paid"),
        Column("issued_at", "when", "issued_at"),
        Column("next_attempt_at", "when the card is tried again", "next_attempt_at"),
        Column("page", "its page at Stripe", "hosted_url"),
        Column("pdf", "the paper itself", "pdf_url"),
    ),
    without={**ITSELF, "id": "Stripe’s name for it is its number", "paid_with": OURS_ALONE},
)

PARTS = (PAYMENT, QUOTES, ORDERS, INVOICES)
