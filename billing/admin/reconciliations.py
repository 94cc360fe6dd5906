"""The comparisons with Stripe, and what each found. Read only: a difference goes when a side is put right."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from billing.admin.queues import DIFFERENCE_QUEUES
from billing.models import Difference, Reconciliation
from licensing.admin.base import ReadOnlyAdmin, ReadOnlyInline
from licensing.admin.queues import queue_filter

Kind = Difference.Kind


AGAIN = (
    " The next comparison (at 03:00 UTC, or at once by `manage.py reconcile`) takes it off the list once both sides "
    "are equal."
)
# What the portal mends by itself stays open only where Stripe did not let it, or where it was only looked.
NOT_MENDED = (
    "This is mended by itself as a rule. Where it comes back, look at the customer’s orders for the reason."
)
WHAT_TO_DO = {
    Kind.PRICE: "See in the customer’s orders what they bought last, and correct the subscription in Stripe’s "
    "dashboard to that price, without proration. What was billed wrongly meanwhile is refunded there.",
    Kind.SEATS: "See in the customer’s orders how many seats they bought last, and correct the quantity in Stripe’s "
    "dashboard to that, without proration. What was billed wrongly meanwhile is refunded there.",
    Kind.PAYER: "Somebody else at Stripe pays for this licence than the payer on the customer’s page. Find out in "
    "Stripe’s dashboard who that is, and park the customer until it is clear.",
    Kind.MISSING: "Stripe does not know this subscription. See first that the portal has the key of the right "
    "account and mode. If it has, the licence is not paid for: ask the customer to cancel and buy again.",
    Kind.UNKNOWN: "Stripe bills this and nobody has it here. Find out in Stripe’s dashboard whose it is; cancel it "
    "there and refund what it was paid, or settle its order again.",
    Kind.INVOICE: "Open the customer’s order and settle it again. If that refuses, refund the invoice at Stripe.",
}


class DifferenceInline(ReadOnlyInline):
    model = Difference
    fields = ["kind", "customer", "stripe_id", "what", "mended"]
    show_change_link = True


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    list_display = ["began_at", "finished_at", "asked_by", "subscriptions", "events", "invoices", "found"]
    fields = ["began_at", "finished_at", "asked_by", "subscriptions", "events", "invoices", "found"]
    inlines = (DifferenceInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        rows: QuerySet[Reconciliation] = super().get_queryset(request)
        return rows.annotate(
            mended=Count("differences", filter=Q(differences__mended=True)),
            open=Count("differences", filter=Q(differences__mended=False)),
        )

    @display(description="differences")
    def found(self, row: Any) -> str:
        said = [f"{count} {word}" for count, word in ((row.open, "open"), (row.mended, "mended")) if count]
        return ", ".join(said) or "none"


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    list_display = ["found_at", "kind", "whose", "stripe_id", "what", "mended"]
    list_display_links = ["found_at"]
    list_select_related = ["customer", "reconciliation"]
    list_filter = [queue_filter(DIFFERENCE_QUEUES), "kind", "mended"]
    search_fields = ["customer__name", "customer__slug", "=stripe_id"]
    search_help_text = "Customer, or an id at Stripe."
    fields = ["reconciliation", "kind", "whose", "stripe_id", "what", "mended", "what_to_do"]

    @display(description="found", ordering="reconciliation__began_at")
    def found_at(self, difference: Difference) -> Any:
        return difference.reconciliation.began_at

    @display(description="what to do")
    def what_to_do(self, difference: Difference) -> str:
        if difference.mended:
            return "Nothing: it is mended."
        return WHAT_TO_DO.get(Kind(difference.kind), NOT_MENDED) + AGAIN

    @display(description="customer", ordering="customer__name")
    def whose(self, difference: Difference) -> Any:
        return self.customer_page(difference) if difference.customer_id else "none of ours"
