"""Stripe's invoices as we last saw them. Read only: Stripe keeps them."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from billing.admin.words import money
from billing.models import Invoice
from licensing.admin.base import ReadOnlyAdmin


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ["issued_at", "customer_page", "written", "status", "written_total", "written_paid"]
    list_display_links = ["issued_at"]
    list_select_related = ["customer"]
    list_filter = ["status"]
    search_fields = ["customer__name", "customer__slug", "=number", "=stripe_id"]
    search_help_text = "Customer, invoice number, or its id at Stripe."
    fields = [
        "customer_page", "number", "stripe_id", "status", "reason", "written_total", "written_due", "written_paid",
        "issued_at", "at_stripe",
    ]  # fmt: skip

    @display(description="invoice", ordering="number")
    def written(self, invoice: Invoice) -> str:
        return str(invoice)

    @display(description="total", ordering="total")
    def written_total(self, invoice: Invoice) -> str:
        return money(invoice.total, invoice.currency)

    @display(description="due")
    def written_due(self, invoice: Invoice) -> str:
        return money(invoice.amount_due, invoice.currency)

    @display(description="paid", ordering="amount_paid")
    def written_paid(self, invoice: Invoice) -> str:
        return money(invoice.amount_paid, invoice.currency)

    @display(description="page at Stripe")
    def at_stripe(self, invoice: Invoice) -> SafeString | str:
        if not invoice.hosted_url:
            return "–"
        return format_html('<a class="staff-link" href="{}" rel="noreferrer">open</a>', invoice.hosted_url)
