"""Invariants that are broken, each at one customer. Read only: each goes by itself once its cause is mended."""

from __future__ import annotations

from django.contrib import admin
from unfold.decorators import display

from billing.admin.queues import VIOLATION_QUEUES
from billing.invariants import INVARIANTS
from billing.models import OpenViolation
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import queue_filter

WHAT_TO_DO = (
    "Read the customer’s history and what Stripe’s dashboard shows, and find out which side is right. Nothing here "
    "can be edited, so pass it on to whoever looks after the database, with this page’s address. While you are not "
    "sure what they would be charged, park the customer. It is looked at every five minutes, and goes from here by "
    "itself once mended."
)
SAYS = {invariant.name: invariant.says for invariant in INVARIANTS}


@admin.register(OpenViolation)
class OpenViolationAdmin(ReadOnlyAdmin):
    list_display = ["found_at", "customer_page", "invariant", "what", "seen_at"]
    list_display_links = ["found_at"]
    list_select_related = ["customer"]
    list_filter = [queue_filter(VIOLATION_QUEUES), "invariant"]
    search_fields = ["customer__name", "customer__slug", "=invariant"]
    search_help_text = "Customer, or the name of an invariant."
    fields = ["customer_page", "invariant", "must_hold", "what", "found_at", "seen_at", "what_to_do"]

    @display(description="what to do")
    def what_to_do(self, violation: OpenViolation) -> str:
        return WHAT_TO_DO

    @display(description="what must hold")
    def must_hold(self, violation: OpenViolation) -> str:
        return SAYS.get(violation.invariant, "This release does not know it.")
