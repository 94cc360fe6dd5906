"""Who asked to be erased, and how far it is; and asking for it, or taking it back, on an owner's behalf."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display

from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.admin.queues import ERASURE_QUEUES, queue_filter
from licensing.customers import closed_by_whom
from licensing.erasure import UnableToErase, ask_for_owner, take_back, why_not_for_owner
from licensing.history import Actor
from licensing.models import ERASURE_WAITS, Customer, Erasure
from licensing.staff_words import in_zone


class AskForErasure(StaffAction):
    """Stands on the customer's page, once the organisation is closed."""

    permission = "licensing.add_erasure"
    title = "Ask for its erasure"
    button = "Ask for it on their behalf"
    refusals = (UnableToErase,)

    def rows(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    def facts(self) -> Sequence[tuple[str, Any]]:
        customer: Customer = self.row
        owner = closed_by_whom(customer)
        return [
            ("Customer", customer),
            ("Closed", in_zone(customer.closed_at, customer) if customer.closed_at else "not yet"),
            ("Told by mail", owner.email if owner else "nobody"),
        ]

    def outcome(self) -> str:
        return (
            f"It waits for {ERASURE_WAITS.days} days, as if the owner had asked. They are told at once, and when it is "
            "done; until then they can take it back, and so can you. Then what names anybody goes for good; amounts, "
            "dates and tax stay."
        )

    def closed(self) -> Sequence[str]:
        if open_one := Erasure.objects.filter(customer=self.row, withdrawn_at=None).first():
            return [f"It is asked for already, and due on {in_zone(open_one.due_at, self.row)}."]
        reason = why_not_for_owner(self.row)
        return [reason.text, reason.change] if reason else ()

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        erasure = ask_for_owner(customer=self.row, reason=form.cleaned_data["reason"], actor=actor, at=at)
        return f"It is asked for, and due on {in_zone(erasure.due_at, self.row)}. The owner is told."


class TakeBack(StaffAction):
    permission = "licensing.change_erasure"
    title = "Take the erasure back"
    button = "Take it back"
    refusals = (UnableToErase,)

    def rows(self) -> QuerySet[Erasure]:
        return Erasure.objects.filter(customer__isnull=False).select_related("customer")

    def facts(self) -> Sequence[tuple[str, Any]]:
        erasure: Erasure = self.row
        assert erasure.customer is not None, "of an organisation, see rows"
        return [
            ("Customer", erasure.customer),
            ("Asked for", in_zone(erasure.asked_at, erasure.customer)),
            ("Due", in_zone(erasure.due_at, erasure.customer)),
        ]

    def outcome(self) -> str:
        return "Nothing is erased, and everything stays as it was. It can be asked for again."

    def closed(self) -> Sequence[str]:
        if self.row.may_be_taken_back(at=timezone.now()):
            return ()
        return ["It was taken back already, or the waiting time is over."]

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        take_back(erasure=self.row, actor=actor, at=at, reason=form.cleaned_data["reason"])
        return "Nothing is erased. Everything stays as it was."


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
    keep = TakeBack.on_rows("keep")
    actions_detail = ("keep",)

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

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """An organisation's is taken back while it waits; a person takes their own back."""
        erasure = Erasure.objects.filter(pk=object_id, customer__isnull=False).first()
        if erasure is None or not erasure.may_be_taken_back(at=timezone.now()):
            return []
        return list(super().get_actions_detail(request, object_id))
