"""Renewals that carry the end of an edition: what Stripe was asked, and those that a person must see to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from billing.admin.queues import PRICE_MOVE_QUEUES
from billing.admin.words import money
from billing.edition_moves import UnableToClear, clear_move
from billing.models import PriceMove
from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import queue_filter
from licensing.history import Actor
from licensing.staff_words import when


class ClearMove(StaffAction):
    permission = "billing.change_pricemove"
    title = "Mark the renewal as dealt with"
    button = "It is dealt with"
    refusals = (UnableToClear,)

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

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        clear_move(move=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "The renewal is marked as dealt with."


@admin.register(PriceMove)
class PriceMoveAdmin(ReadOnlyAdmin):
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

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Only what waits for a person is dealt with."""
        waits = PriceMove.objects.filter(pk=object_id).exclude(needs_staff="").exists()
        return super().get_actions_detail(request, object_id) if waits else []
