"""Brakes: pull the one that stops all charging, and let any go; each with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from billing.admin.queues import BRAKE_QUEUES
from billing.brakes import UnableToBrake, let_go, park, stop_charging
from billing.models import Brake
from licensing.admin.actions import ReasonForm, RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, customer_url
from licensing.admin.queues import queue_filter
from licensing.history import Actor
from licensing.models import Customer
from licensing.staff_words import when

STOP = "Stop all charging"
STOPPING = [
    (
        STOP,
        {
            "fields": ["reason"],
            "description": "From that moment nobody can pay, until somebody lets it go again. Payments that "
            "wait unfinished are closed; what was paid already is still applied. Renewals go on: Stripe charges them, "
            "and to stop those too, pause collection in Stripe’s dashboard. One customer is parked on the customer’s "
            "own page.",
        },
    )
]


class StopForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """Only the reason is asked: this stops everybody."""

    reason = forms.CharField(
        label="Why",
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": 400}),
        help_text="It stays on record, beside your name.",
    )

    class Meta:
        model = Brake
        fields = ("reason",)

    def clean(self) -> dict[str, Any]:
        if Brake.objects.filter(released_at=None, customer=None).exists():
            raise forms.ValidationError("All charging is stopped already.")
        return self.cleaned_data


class LetGoForm(ReasonForm):
    """Where it holds everybody back there is no customer's history for the reason to stand in."""

    def __init__(self, *args: Any, row: Brake, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if row.customer_id is None:
            self.fields["reason"].help_text = StopForm.base_fields["reason"].help_text


class LetGo(StaffAction):
    form_class = LetGoForm
    permission = "billing.change_brake"
    title = "Let it go"
    button = "Let charging go on"
    refusals = (UnableToBrake,)

    def rows(self) -> QuerySet[Brake]:
        return Brake.objects.select_related("customer")

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Stopped", self.row.customer or "everybody"),
            ("Since", when(self.row.pulled_at)),
            ("By", self.row.pulled_by_words),
            ("Why", self.row.reason),
        ]

    def outcome(self) -> str:
        if self.row.customer_id and Brake.objects.filter(customer=None, released_at=None).exists():
            return "They still cannot pay: all charging is stopped, by a brake of its own."
        return "Quotes can be accepted again. Nothing is charged for what was closed meanwhile."

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        let_go(brake=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"Charging goes on for {self.row.customer or 'everybody'}."

    def back(self) -> str:
        return customer_url(self.row.customer_id) if self.row.customer_id else _list_of_brakes()


class ParkCustomer(StaffAction):
    """Stands on the customer's page."""

    permission = "billing.add_brake"
    title = "Park the customer"
    button = "Ask for no more money"
    refusals = (UnableToBrake,)

    def rows(self) -> QuerySet[Customer]:
        return Customer.objects.all()

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [("Customer", self.row)]

    def outcome(self) -> str:
        return (
            "Nothing is charged for what they order from now on, until somebody lets it go; an unfinished payment is "
            "closed. They are told that paying is paused. What they have, and its renewals, go on."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        park(customer=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"{self.row} is parked."


@admin.register(Brake)
class BrakeAdmin(ReadOnlyAdmin):
    list_display = ["pulled_at", "holds_back", "state", "reason", "by", "let_go_at"]
    list_display_links = ["pulled_at"]
    list_select_related = ["customer"]
    list_filter = [queue_filter(BRAKE_QUEUES)]
    search_fields = ["customer__name", "customer__slug", "reason"]
    search_help_text = "Customer, or a word of the reason."
    fields = [
        "holds_back", "state", "reason", "pulled_at", "by", "let_go_at", "let_go_by", "let_go_because",
    ]  # fmt: skip
    add_form_template = "admin/staff/stop_charging.html"
    go = LetGo.on_rows("let-go")
    actions_detail = ("go",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("billing.add_brake"))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else STOPPING

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else StopForm

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        context = {"title": STOP, "show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **context})

    def save_model(self, request: HttpRequest, obj: Brake, form: Any, change: bool) -> None:
        brake = stop_charging(actor=Actor.person(request.user), reason=obj.reason, at=timezone.now())
        obj.pk, obj.pulled_at = brake.pk, brake.pulled_at

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """What was let go stays let go."""
        pulled = Brake.objects.filter(pk=object_id, released_at=None).exists()
        return super().get_actions_detail(request, object_id) if pulled else []

    @display(description="holds back")
    def holds_back(self, brake: Brake) -> Any:
        return self.customer_page(brake) if brake.customer_id else "everybody"

    @display(description="state", label={"pulled": "danger", "let go": "success"})
    def state(self, brake: Brake) -> str:
        return "let go" if brake.released_at else "pulled"

    @display(description="by")
    def by(self, brake: Brake) -> str:
        return brake.pulled_by_words

    @display(description="let go at", ordering="released_at")
    def let_go_at(self, brake: Brake) -> Any:
        return brake.released_at

    @display(description="let go because")
    def let_go_because(self, brake: Brake) -> str:
        return brake.release_reason

    @display(description="let go by")
    def let_go_by(self, brake: Brake) -> str:
        return brake.released_by_words


def _list_of_brakes() -> str:
    return reverse("admin:billing_brake_changelist")
