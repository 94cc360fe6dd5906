"""Licences and the history: read only. A licence moves by an order, a trial by its actions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin import SimpleListFilter
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.edition_choices import EditionFilter
from licensing.admin.queues import LICENCE_QUEUES, queue_filter
from licensing.models import Event, Feature, Licence, Tier
from licensing.staff_words import kind_words
from licensing.sunsets.planning import in_use


class LiveFilter(SimpleListFilter):
    """What is held, of organisations that are open; or what was."""

    title = "held"
    parameter_name = "live"
    HELD = Q(ended_at=None, customer__closed_at=None)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "live"), ("no", "ended, or the organisation is closed")]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        where = {"yes": self.HELD, "no": ~self.HELD}.get(str(self.value()))
        return rows.filter(where) if where else rows


class TierFilter(SimpleListFilter):
    """One tier of the edition that is chosen."""

    title = "tier"
    parameter_name = "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        tiers = Tier.objects.filter(edition__published_at__isnull=False).order_by("rank")
        chosen = request.GET.get(EditionFilter.parameter_name)
        return [
            (str(tier.pk), f"{tier.name} ({tier.key})") for tier in tiers if str(tier.edition_id) == chosen
        ]

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        known = any(self.value() == key for key, _words in self.lookup_choices)
        return rows.filter(tier=self.value()) if known else rows


class UseFilter(SimpleListFilter):
    """Whose newest reading says that they use a thing. It is there where a link asks for it."""

    title = "in use"
    parameter_name = "uses"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        feature = Feature.objects.filter(key=request.GET.get(self.parameter_name, "")).last()
        return [(feature.key, f"{feature.name} ({feature.key})")] if feature else []

    def queryset(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        if not self.lookup_choices:
            return rows
        return rows.alias(in_use=in_use(str(self.value()), at=timezone.now())).filter(in_use__gt=0)


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "tier", "edition", "seats", "written_state", "period_end"]
    list_display_links = ["tier"]
    list_select_related = ["customer", "tier__edition", "edition__product"]
    list_filter = [queue_filter(LICENCE_QUEUES), "state", LiveFilter, EditionFilter, TierFilter, UseFilter]
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
        return kind_words(event.kind)
