"""Quotes: what was offered at which price. Read only, as they never change."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from billing.admin.words import money
from billing.models import Quote
from licensing.admin.base import ReadOnlyAdmin


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin):
    list_display = ["quoted_at", "customer_page", "tier", "seats", "written_due", "expires_at"]
    list_display_links = ["quoted_at"]
    list_select_related = ["customer", "tier__edition"]
    search_fields = ["customer__name", "customer__slug"]
    search_help_text = "Customer."
    fields = [
        "customer_page", "tier", "price", "seats", "written_lines", "written_subtotal", "written_tax", "written_total",
        "written_credit", "written_due", "renews_at", "written_renewal", "quoted_at", "quoted_for", "expires_at",
        "licence", "licence_version", "fingerprint",
    ]  # fmt: skip

    @display(description="lines")
    def written_lines(self, quote: Quote) -> SafeString:
        rows = ((line.get("text", ""), money(line["amount"], quote.currency)) for line in quote.lines)
        return format_html_join("", '<div class="staff-line"><span>{}</span><span>{}</span></div>', rows)

    @display(description="subtotal")
    def written_subtotal(self, quote: Quote) -> str:
        return money(quote.subtotal, quote.currency)

    @display(description="tax")
    def written_tax(self, quote: Quote) -> str:
        return money(quote.tax, quote.currency)

    @display(description="total")
    def written_total(self, quote: Quote) -> str:
        return money(quote.total, quote.currency)

    @display(description="credit")
    def written_credit(self, quote: Quote) -> str:
        return money(quote.credit, quote.currency)

    @display(description="due", ordering="due")
    def written_due(self, quote: Quote) -> str:
        return money(quote.due, quote.currency)

    @display(description="at renewal")
    def written_renewal(self, quote: Quote) -> str:
        return money(quote.renewal_amount, quote.currency)
