"""The inbox of webhooks. Read only: it works itself off, and a failing event says why."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from billing.admin.queues import STRIPE_EVENT_QUEUES
from billing.models import StripeEvent
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import queue_filter


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "type", "object_id", "state", "tries", "error"]
    list_filter = [queue_filter(STRIPE_EVENT_QUEUES)]
    search_fields = ["=stripe_id", "=object_id", "=stripe_customer_id", "=type"]
    search_help_text = "An id at Stripe (of the event, the object, the customer), or a type of event."
    fields = [
        "stripe_id", "type", "object_id", "stripe_customer_id", "created_at", "received_at", "handled_at", "tries",
        "next_try_at", "error",
    ]  # fmt: skip

    @display(description="state", label={"handled": "success", "waiting": "info", "failing": "danger"})
    def state(self, event: StripeEvent) -> str:
        if event.handled_at:
            return "handled"
        return "failing" if event.error else "waiting"
