"""Customers as the payment processor knows them. Read only."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from billing.admin.words import money
from billing.models import Payer
from licensing.admin.base import ReadOnlyAdmin


@admin.register(Payer)
class PayerAdmin(ReadOnlyAdmin):
    list_display = ["stripe_id", "customer_page", "card", "written_credit"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "customer__slug", "=stripe_id", "=card_last4"]
    search_help_text = "Customer, the id at Stripe, or the last four digits of the card."
    fields = ["customer_page", "stripe_id", "card", "written_credit", "tax_name", "tax_percent"]

    @display(description="card")
    def card(self, payer: Payer) -> str:
        if not payer.has_card:
            return "none"
        return f"{payer.card_brand} ·· {payer.card_last4}, {payer.card_exp_month}/{payer.card_exp_year}"

    @display(description="credit", ordering="credit")
    def written_credit(self, payer: Payer) -> str:
        return money(payer.credit, payer.customer.currency)
