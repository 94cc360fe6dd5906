"""Who asked to be erased, and how far it is. Read only: it is asked for and taken back by whom it is about."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import ERASURE_QUEUES, queue_filter
from licensing.models import Erasure


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["asked_at", "whose", "due_at", "written_state"]
    list_display_links = ["asked_at"]
    list_select_related = ["customer"]
    list_filter = [queue_filter(ERASURE_QUEUES)]
    search_fields = ["customer__name", "customer__slug"]
    search_help_text = "Customer."
    fields = [
        "whose", "written_state", "asked_at", "due_at", "withdrawn_at", "begun_at", "erased_at", "finished_at",
    ]  # fmt: skip

    @display(description="of")
    def whose(self, erasure: Erasure) -> Any:
        return self.customer_page(erasure) if erasure.customer_id else f"person {erasure.person}"

    @display(description="state", label={"waiting": "warning", "erased": "success", "taken back": "info"})
    def written_state(self, erasure: Erasure) -> str:
        if erasure.withdrawn_at:
            return "taken back"
        if erasure.finished_at:
            return "erased"
        return "under way" if erasure.begun_at else "waiting"
