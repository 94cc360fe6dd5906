"""Credits that exceptions give: how each stands at Stripe, and those that a person must see to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from unfold.decorators import display

from billing.admin.clearing import Clear, ClearableAdmin
from billing.admin.queues import CREDIT_QUEUES
from billing.admin.words import money
from billing.models import BalanceCredit
from licensing.admin.queues import queue_filter


class ClearCredit(Clear):
    permission = "billing.change_balancecredit"
    title = "Mark the credit as dealt with"
    done = "The credit is marked as dealt with."

    def rows(self) -> QuerySet[BalanceCredit]:
        return BalanceCredit.objects.select_related("waiver__customer")

    def facts(self) -> Sequence[tuple[str, Any]]:
        waiver = self.row.waiver
        return [
            ("Customer", waiver.customer),
            ("Credit", money(waiver.amount, waiver.currency)),
            ("At Stripe", self.row.get_outcome_display()),
            ("Needs a person because", self.row.needs_staff or "it does not"),
        ]

    def outcome(self) -> str:
        return "It leaves the queue. Say how the customer got what they were promised."


@admin.register(BalanceCredit)
class BalanceCreditAdmin(ClearableAdmin):
    list_display = ["first_asked_at", "customer_of", "amount", "outcome", "needs_staff"]
    list_display_links = ["first_asked_at"]
    list_select_related = ["waiver__customer"]
    list_filter = [queue_filter(CREDIT_QUEUES), "outcome"]
    search_fields = ["waiver__customer__name", "waiver__customer__slug"]
    search_help_text = "Customer."
    fields = ["customer_of", "amount", "waiver", "outcome", "first_asked_at", "answer", "needs_staff"]
    clear_this = ClearCredit.on_rows("clear")
    actions_detail = ("clear_this",)

    @display(description="customer", ordering="waiver__customer__name")
    def customer_of(self, credit: BalanceCredit) -> Any:
        return self.customer_page(credit)

    @display(description="credit", ordering="waiver__amount")
    def amount(self, credit: BalanceCredit) -> str:
        return money(credit.waiver.amount or 0, credit.waiver.currency)
