"""Licences and the history: read only. A licence moves by an order, a trial by its actions."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import LICENCE_QUEUES, queue_filter
from licensing.models import Event, Licence


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "tier", "edition", "seats", "written_state", "period_end"]
    list_display_links = ["tier"]
    list_select_related = ["customer", "tier__edition", "edition__product"]
    list_filter = [queue_filter(LICENCE_QUEUES), "state", "edition"]
    search_fields = ["customer__name", "customer__slug", "=subscription__stripe_id"]
    search_help_text = "Customer, or the id of a subscription at Stripe."
    fields = [
        "customer_page", "tier", "edition", "price", "seats", "state", "past_due_since", "period_start",
        "period_end", "cancels_at_period_end", "started_at", "ended_at", "version",
    ]  # fmt: skip

    @display(
        description="state",
        label={"active": "success", "past_due": "danger", "ended": "info"},
    )
    def written_state(self, licence: Licence) -> tuple[str, str]:
        return ("ended", "ended") if licence.ended_at else (licence.state, licence.get_state_display())


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ["at", "customer_page", "what", "by", "reason"]
    list_display_links = ["what"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "customer__slug", "=kind", "=subject", "by"]
    search_help_text = "Customer, kind, subject (trial:12), or who did it."
    fields = ["at", "customer_page", "kind", "subject", "by", "reason", "before", "after"]

    @display(description="event", ordering="kind")
    def what(self, event: Event) -> str:
        return event.kind.replace("_", " ")
