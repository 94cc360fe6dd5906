"""What sunsets do, customer by customer, as staff follow it: read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import CHANGE_QUEUES, queue_filter
from licensing.admin.sunset_forms import sunset_words
from licensing.models import Feature, PlannedChange, Sunset, Tier
from licensing.models.sunset import names_of
from licensing.staff_words import in_zone, when

STATES = {"waiting": "info", "deferred": "warning", "done": "success", "void": "danger"}


class SunsetFilter(SimpleListFilter):
    """Planned changes of one sunset, which is named in full."""

    title = "sunset"
    parameter_name = "sunset"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        announced = Sunset.objects.filter(announced_at__isnull=False).select_related("edition").named()
        return [(str(sunset.pk), sunset_words(sunset)) for sunset in announced]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        known = any(self.value() == key for key, _words in self.lookup_choices)
        return rows.filter(sunset=self.value()) if known else rows


@admin.register(PlannedChange)
class PlannedChangeAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "what", "written_state", "told", "takes_effect", "why"]
    list_display_links = ["what"]
    list_select_related = ["customer", "sunset__edition"]
    list_filter = [queue_filter(CHANGE_QUEUES), "state", SunsetFilter]
    search_fields = ["customer__name", "customer__slug", "=feature_key"]
    search_help_text = (
        "Customer, or the key of a feature. "
        "By plain SMTP a notice counts as arrived once it has not come back for two days."
    )
    fields = [
        "customer_page", "sunset", "tier", "kind", "feature_key", "usage", "tell_at", "planned_at", "notice", "told_at",
        "earliest_at", "takes_effect", "begun_at", "state", "why", "done_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlannedChange]:
        product, feature, tier = (
            OuterRef(f"sunset__{name}") for name in ("product", "feature_key", "tier_key")
        )
        return (
            super()
            .get_queryset(request)
            .annotate(
                feature_name=names_of(Feature, product=product, key=feature),
                tier_name=names_of(Tier, product=product, key=tier),
            )
        )

    @display(description="what goes", ordering="feature_key")
    def what(self, change: Any) -> str:
        return str(change.sunset.words(feature=change.feature_name, tier=change.tier_name))

    @display(description="state", label=STATES, ordering="state")
    def written_state(self, change: PlannedChange) -> tuple[str, str]:
        return change.state, change.get_state_display()

    @display(description="notice", ordering="told_at")
    def told(self, change: PlannedChange) -> str:
        if change.told_at:
            return f"arrived {when(change.told_at)}"
        return "on its way" if change.notice_id else f"from {when(change.tell_at)}"

    @display(description="takes effect", ordering="takes_effect_at")
    def takes_effect(self, change: PlannedChange) -> str:
        """By the clock of staff, and by the customer's, whose day it is."""
        return in_zone(change.takes_effect_at, change.customer) if change.takes_effect_at else "–"
