"""Renewals that carry the end of an edition: what Stripe was asked, and those that a person must see to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from unfold.decorators import display

from billing.admin.clearing import Clear, ClearableAdmin
from billing.admin.queues import PRICE_MOVE_QUEUES
from billing.admin.words import money
from billing.models import PriceMove
from licensing.admin.queues import queue_filter
from licensing.staff_words import when


class ClearMove(Clear):
    permission = "billing.change_pricemove"
    title = "Mark the renewal as dealt with"
    done = "The renewal is marked as dealt with."

    def rows(self) -> QuerySet[PriceMove]:
        return PriceMove.objects.select_related("change__customer", "price")

    def facts(self) -> Sequence[tuple[str, Any]]:
        move: PriceMove = self.row
        return [
            ("Customer", move.change.customer),
            ("Price to renew at", money(move.price.unit_amount, move.price.currency)),
            ("Renews", when(move.renews_at)),
            ("At Stripe", move.get_outcome_display()),
            ("Needs a person because", move.needs_staff or "it does not"),
        ]

    def outcome(self) -> str:
        return "It leaves the queue. Say what was done, and whether anything was given back."


@admin.register(PriceMove)
class PriceMoveAdmin(ClearableAdmin):
    list_display = ["renews_at", "customer_of", "step", "unit_price", "outcome", "needs_staff"]
    list_display_links = ["renews_at"]
    list_select_related = ["change__customer", "price"]
    list_filter = [queue_filter(PRICE_MOVE_QUEUES), "outcome", "step"]
    search_fields = ["change__customer__name", "change__customer__slug"]
    search_help_text = "Customer."
    fields = [
        "customer_of", "step", "unit_price", "price", "change", "renews_at", "outcome", "first_asked_at", "answer",
        "needs_staff",
    ]  # fmt: skip
    clear_this = ClearMove.on_rows("clear")
    actions_detail = ("clear_this",)

    @display(description="customer", ordering="change__customer__name")
    def customer_of(self, move: PriceMove) -> Any:
        return self.customer_page(move.change)

    @display(description="price to renew at", ordering="price__unit_amount")
    def unit_price(self, move: PriceMove) -> str:
        return money(move.price.unit_amount, move.price.currency)
