"""Trials: read, extended and ended early. How a trial is started is the customer's own affair."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES

from licensing.admin.actions import ReasonForm, RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.history import Actor
from licensing.models import Trial
from licensing.staff_actions import UnableToEnd, end_this_trial
from licensing.staff_words import in_zone, when
from licensing.trials import UnableToExtend, extend_trial


class ExtendForm(ReasonForm):
    """The day on which the trial ends anew, in the customer's zone; the time of day stays as it is.

    A day rather than a number of days: sent twice, it still means the same.
    """

    ends_on = forms.DateField(
        label="New last day",
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, row: Trial, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        now_ends = row.ends_at.astimezone(row.customer.zone)
        self.fields["ends_on"].widget.attrs["min"] = now_ends.date().isoformat()
        self.fields[
            "ends_on"
        ].help_text = f"The trial then ends on that day at {now_ends:%H:%M} in {row.customer.time_zone}."

    def clean_ends_on(self) -> date:
        """Later than now is asked; sooner is another action."""
        day: date = self.cleaned_data["ends_on"]
        if self.ends_at(day) <= self.row.ends_at:
            raise forms.ValidationError(
                "The trial runs until then already. To end it sooner, use “End” beside it."
            )
        return day

    def ends_at(self, day: date) -> datetime:
        """`day` at the trial's own time of day, in the customer's zone."""
        local = self.row.ends_at.astimezone(self.row.customer.zone)
        return datetime.combine(day, local.timetz())


class _TrialAction(StaffAction):
    permission = "licensing.change_trial"

    def rows(self) -> QuerySet[Trial]:
        return Trial.objects.select_related("customer", "tier__edition", "licence__tier__edition")

    def facts(self) -> Sequence[tuple[str, Any]]:
        trial = self.row
        return [
            ("Customer", trial.customer),
            ("On loan", trial.tier),
            ("Laid over", trial.licence.tier),
            ("Started", when(trial.started_at)),
            ("Ended" if trial.ended_at else "Ends", in_zone(trial.ended_at or trial.ends_at, trial.customer)),
        ]


class ExtendTrial(_TrialAction):
    title = "Extend the trial"
    button = "Extend the trial"
    form_class = ExtendForm
    refusals = (UnableToExtend,)

    def outcome(self) -> str:
        return "The trial runs longer; the licence under it and the money stay as they are."

    def perform(self, *, form: Any, actor: Actor, at: datetime) -> str:
        trial = extend_trial(
            trial=self.row,
            ends_at=form.ends_at(form.cleaned_data["ends_on"]),
            actor=actor,
            at=at,
            reason=form.cleaned_data["reason"],
        )
        return f"The trial now runs until {in_zone(trial.ends_at, self.row.customer)}."


class EndTrial(_TrialAction):
    title = "End the trial now"
    button = "End the trial now"
    refusals = (UnableToEnd,)

    def outcome(self) -> str:
        tier = self.row.licence.tier.name
        return (
            f"{self.row.customer} has {tier} again at once; the trial changed nothing of it. "
            "Nothing is charged or refunded."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        end_this_trial(trial=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"The trial has ended. {self.row.customer} is back on {self.row.licence.tier.name}."


@admin.register(Trial)
class TrialAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "tier", "state", "started_at", "ends_at", "ended_at"]
    list_display_links = ["tier"]
    list_select_related = ["customer", "tier__edition"]
    list_filter = ["end"]
    search_fields = ["customer__name", "customer__slug", "tier__key"]
    search_help_text = "Customer or tier."
    fields = [
        "customer_page", "tier", "licence", "end", "started_at", "started_by", "ends_at", "ended_at",
    ]  # fmt: skip
    extend = ExtendTrial.on_rows("extend")
    end_now = EndTrial.on_rows("end")
    actions_detail = ("extend", "end_now")

    @display(
        description="state",
        label={
            "live": "success",
            "expired": "info",
            "given_back": "info",
            "converted": "primary",
            "staff": "warning",
        },
    )
    def state(self, trial: Trial) -> tuple[str, str]:
        """By the clock, whether or not a job has tidied up."""
        if trial.ended_at:
            return trial.end, trial.get_end_display()
        return ("live", "live") if trial.is_live(at=timezone.now()) else ("expired", "ran its time")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """What has ended can be neither extended nor ended."""
        live = Trial.objects.filter(pk=object_id, ended_at=None, ends_at__gt=timezone.now()).exists()
        return super().get_actions_detail(request, object_id) if live else []
