"""Orders: read, and settled by hand where the sweep has not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from billing.admin.clearing import Clear
from billing.admin.queues import ORDER_QUEUES
from billing.admin.words import money
from billing.models import Attempt, Order
from billing.staff_actions import UnableToSettle, settle_by_hand
from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, ReadOnlyInline
from licensing.admin.queues import queue_filter
from licensing.history import Actor
from licensing.staff_words import when

STATES = {"pending": "warning", "settled": "success", "failed": "danger"}


class _OrderAction(StaffAction):
    permission = "billing.change_order"

    def rows(self) -> QuerySet[Order]:
        return Order.objects.select_related("customer", "quote__tier__edition")

    def facts(self) -> Sequence[tuple[str, Any]]:
        quote = self.row.quote
        return [
            ("Customer", self.row.customer),
            ("Order", f"{quote.tier}, seats: {quote.seats}"),
            ("Due", money(quote.due, quote.currency)),
            ("Accepted", when(self.row.accepted_at)),
            ("State", self.row.get_state_display()),
            *([("Why a person is needed", self.row.needs_staff)] if self.row.needs_staff else []),
        ]


class SettleOrder(_OrderAction):
    title = "Settle again"
    button = "Ask the processor and settle"
    refusals = (UnableToSettle,)

    def outcome(self) -> str:
        return (
            "The payment processor is asked what became of the payment. If it is paid, the licence moves; if it has "
            "failed, the order ends and everything stays as it was. Asking never charges."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        order = settle_by_hand(order=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"The payment processor was asked. The order is {order.get_state_display()}."


class ClearOrder(Clear, _OrderAction):
    button = "Take it off the queue"
    done = "The order is off the queue."

    def outcome(self) -> str:
        return "The order leaves the queue of those that need a person. Say below what was done about it."


class AttemptInline(ReadOnlyInline):
    model = Attempt
    fields = ["step", "outcome", "first_asked_at", "idempotency_key", "answer"]


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = ["accepted_at", "customer_page", "tier", "due", "written_state", "way", "needs_staff"]
    list_display_links = ["accepted_at"]
    list_select_related = ["customer", "quote__tier__edition"]
    list_filter = [queue_filter(ORDER_QUEUES), "state", "way"]
    search_fields = ["customer__name", "customer__slug", "=stripe_session_id", "=stripe_invoice_id"]
    search_help_text = "Customer, or the id of a Checkout session or an invoice at Stripe."
    fields = [
        "customer_page", "tier", "due", "written_charged", "written_refunded", "state", "failure", "failure_words",
        "needs_staff", "way", "accepted_at", "accepted_by", "closed_at", "quote", "stripe_session_id",
        "stripe_invoice_id",
    ]  # fmt: skip
    inlines = [AttemptInline]
    settle = SettleOrder.on_rows("settle")
    clear = ClearOrder.on_rows("clear")
    actions_detail = ("settle", "clear")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """A settled order has nothing left to ask; only one that needs a person can be cleared."""
        actions = super().get_actions_detail(request, object_id)
        order = Order.objects.filter(pk=object_id).first()
        offered = {
            "settle": order is not None and order.state != Order.State.SETTLED,
            "clear": order is not None and bool(order.needs_staff),
        }
        return [each for each in actions if offered[each.action_name.rpartition("_")[2]]]

    @display(description="for")
    def tier(self, order: Order) -> str:
        return f"{order.quote.tier}, seats: {order.quote.seats}"

    @display(description="due", ordering="quote__due")
    def due(self, order: Order) -> str:
        return money(order.quote.due, order.quote.currency)

    @display(description="really charged")
    def written_charged(self, order: Order) -> str:
        return money(order.charged, order.quote.currency)

    @display(description="given back")
    def written_refunded(self, order: Order) -> str:
        return money(order.refunded, order.quote.currency)

    @display(description="state", label=STATES, ordering="state")
    def written_state(self, order: Order) -> tuple[str, str]:
        return order.state, order.get_state_display()
