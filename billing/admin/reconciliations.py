"""The comparisons with Stripe, and what each found. Read only: a difference goes when a side is put right."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from billing.admin.queues import DIFFERENCE_QUEUES
from billing.models import Difference, Reconciliation
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import queue_filter


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ["began_at", "finished_at", "asked_by", "subscriptions", "events", "invoices"]
    fields = ["began_at", "finished_at", "asked_by", "subscriptions", "events", "invoices"]


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    list_display = ["found_at", "kind", "whose", "stripe_id", "what", "mended"]
    list_display_links = ["found_at"]
    list_select_related = ["customer", "reconciliation"]
    list_filter = [queue_filter(DIFFERENCE_QUEUES), "kind", "mended"]
    search_fields = ["customer__name", "customer__slug", "=stripe_id"]
    search_help_text = "Customer, or an id at Stripe."
    fields = ["reconciliation", "kind", "whose", "stripe_id", "what", "mended"]

    @display(description="found", ordering="reconciliation__began_at")
    def found_at(self, difference: Difference) -> Any:
        return difference.reconciliation.began_at

    @display(description="customer", ordering="customer__name")
    def whose(self, difference: Difference) -> Any:
        return self.customer_page(difference) if difference.customer_id else "none of ours"
