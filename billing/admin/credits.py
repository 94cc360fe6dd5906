"""Credits that exceptions give: how each stands at Stripe, and those that a person must see to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from billing.admin.queues import CREDIT_QUEUES
from billing.admin.words import money
from billing.credits import UnableToClear, clear_credit
from billing.models import BalanceCredit
from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import queue_filter
from licensing.history import Actor


class ClearCredit(StaffAction):
    permission = "billing.change_balancecredit"
    title = "Mark the credit as dealt with"
    button = "It is dealt with"
    refusals = (UnableToClear,)

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

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        clear_credit(credit=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "The credit is marked as dealt with."


@admin.register(BalanceCredit)
class BalanceCreditAdmin(ReadOnlyAdmin):
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

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only what waits for a person is dealt with."""
        waits = BalanceCredit.objects.filter(pk=object_id).exclude(needs_staff="").exists()
        return super().get_actions_detail(request, object_id) if waits else []
