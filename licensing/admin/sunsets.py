"""Sunsets: drafted by one person, announced by another, followed customer by customer, withdrawn with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import INPUT_CLASSES

from licensing import sunsets
from licensing.admin.actions import ReasonForm, RowForm, StaffAction
from licensing.admin.base import StaffAdmin, row_url
from licensing.admin.queues import SUNSET_QUEUES, queue_filter
from licensing.admin.sunset_ahead import TEMPLATE, ahead_of
from licensing.admin.sunset_forms import SunsetForm, authors_words, sunset_words, tier_words, what_words
from licensing.history import Actor
from licensing.models import Sunset

# A field of the draft → how it is read where it is only read.
IN_WORDS = {
    "feature_key": "feature_in_words",
    "tier_key": "tier_in_words",
    "first_on": "first_day",
    "ramp": "ramp_in_words",
}


class _SunsetAction(StaffAction):
    permission = "licensing.announce_sunset"

    def rows(self) -> QuerySet[Sunset]:
        return Sunset.objects.select_related("product", "approved_by", "edition", "replacement")

    def facts(self) -> Sequence[tuple[str, Any]]:
        sunset: Sunset = self.row
        return [
            ("What goes", what_words(sunset)),
            ("Tier", tier_words(sunset)),
            ("Written by", authors_words(sunset)),
            ("First day", f"{sunset.first_on:%d %B %Y}"),
            ("Why", sunset.reason),
            ("What takes its place", sunset.instead),
            ("What to take along", sunset.export),
        ]

    def back(self) -> str:
        return row_url(self.row)


class SureForm(RowForm):
    """Announcing asks for the key of what goes: it cannot be taken back, only withdrawn."""

    key = forms.CharField(
        label="The key of what goes, to be sure",
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES)}),
    )

    def clean_key(self) -> str:
        """Typed as it stands."""
        sunset: Sunset = self.row
        key = sunset.edition.key if sunset.edition else sunset.feature_key
        if self.cleaned_data["key"].strip() != key:
            raise forms.ValidationError(f"To announce it, type {key}.")
        return key


class Announce(_SunsetAction):
    title = "Announce the sunset"
    button = "Announce it for good"
    form_class = SureForm
    refusals = (sunsets.UnableToAnnounce,)

    def outcome(self) -> str:
        never = "From now on the plan never changes; it can only be withdrawn."
        if self.row.edition_id:
            return (
                "Everybody who holds it has a planned change and is told by mail at once: the day, what is lost and "
                "gained, and what they pay before and after. Nothing changes for anybody before a notice has been "
                "delivered to them and its time has passed, and for whoever pays not before the first renewal after "
                "that. " + never
            )
        return (
            "Everybody it touches has a planned change and is told by mail: whoever uses the thing at once, the "
            "others a week later. Nothing changes for anybody before a notice has been delivered to them and its time "
            "has passed. " + never
        )

    def closed(self) -> Sequence[str]:
        return sunsets.faults(sunset=self.row, approver=Actor.person(self.request.user), at=timezone.now())

    def beside(self) -> tuple[str, dict[str, Any]]:
        """What it will mean, tier by tier."""
        return TEMPLATE, {"means": ahead_of(self.row, request=self.request, at=timezone.now())}

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        sunsets.announce(sunset=self.row, approver=actor, at=at)
        return "It is announced. The mails are on their way."


class WithdrawForm(ReasonForm):
    """The reason is the customers' to read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "Everybody who was told reads it in a mail."


class Withdraw(_SunsetAction):
    title = "Withdraw the sunset"
    button = "Withdraw it"
    form_class = WithdrawForm
    refusals = (sunsets.UnableToWithdraw,)

    def outcome(self) -> str:
        return (
            "Nobody loses anything by it any more, and everybody whom it still concerns hears so. A feature comes back "
            "to whoever has lost it and is on that tier still; who has moved to other terms since has what those give."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        sunsets.withdraw(sunset=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "It is withdrawn."


@admin.register(Sunset)
class SunsetAdmin(StaffAdmin):
    list_display = ["what", "product", "state", "first_on", "progress"]
    list_display_links = ["what"]
    list_select_related = ["product", "edition"]
    list_filter = [queue_filter(SUNSET_QUEUES)]
    fields = [
        "product", "feature_key", "edition", "replacement", "tier_key", "reason", "instead", "export", "first_on",
        "ramp", "state", "progress", "written_by", "announced_at", "announcer", "withdrawn_at", "withdrawn_because",
    ]  # fmt: skip
    readonly_fields = [
        "state", "progress", "written_by", "announced_at", "announcer", "withdrawn_at", "withdrawn_because",
    ]  # fmt: skip
    form = SunsetForm
    change_form_outer_before_template = "admin/staff/sunset/draft.html"
    actions = None
    announce = Announce.on_rows("announce")
    withdraw = Withdraw.on_rows("withdraw")
    actions_detail = ("announce", "withdraw")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sunset]:
        def count(**where: Any) -> Count:
            return Count("changes", filter=Q(**where))

        return (
            super()
            .get_queryset(request)
            .named()
            .annotate(
                planned=Count("changes"),
                told=count(changes__notice__isnull=False),
                delivered=count(changes__told_at__isnull=False),
                deferred=count(changes__state="deferred"),
                done=count(changes__state="done"),
                void=count(changes__state="void"),
            )
        )

    @display(description="what goes")
    def what(self, sunset: Any) -> str:
        return sunset_words(sunset)

    @display(description="state", label={"draft": "warning", "announced": "success", "withdrawn": "danger"})
    def state(self, sunset: Sunset) -> str:
        if sunset.withdrawn_at:
            return "withdrawn"
        return "announced" if sunset.announced_at else "draft"

    @display(description="how far it is")
    def progress(self, sunset: Any) -> SafeString | str:
        """Customers: planned, written to, reached, put off, done, void; and the way to each."""
        if not sunset.pk or not sunset.planned:
            return "nobody yet"
        return format_html(
            '<a class="staff-link" href="{}?sunset={}">{} touched</a>: {} written to, {} of them reached, {} put off, '
            "{} done, {} void",
            reverse("admin:licensing_plannedchange_changelist"),
            sunset.pk, sunset.planned, sunset.told, sunset.delivered, sunset.deferred, sunset.done, sunset.void,
        )  # fmt: skip

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """A draft is announced; what is announced can be withdrawn."""
        actions = super().get_actions_detail(request, object_id)
        sunset = Sunset.objects.filter(pk=object_id).first()
        fits = (
            "announce"
            if sunset and not sunset.announced_at
            else "withdraw"
            if sunset and sunset.is_open
            else ""
        )
        return [each for each in actions if fits and each.action_name.endswith(fits)]

    def get_fields(self, request: HttpRequest, obj: Sunset | None = None) -> list[str]:
        """What is only read is read in words; of a draft there is nothing yet to be followed."""
        names = list(super().get_fields(request, obj))
        if obj is None or not obj.announced_at:
            names = [name for name in names if name not in self.readonly_fields]
        if obj is None or self.has_change_permission(request, obj):
            return names
        return [IN_WORDS.get(name, name) for name in names]

    @display(description="what goes")
    def feature_in_words(self, sunset: Sunset) -> str:
        return what_words(sunset)

    @display(description="tier")
    def tier_in_words(self, sunset: Sunset) -> str:
        return tier_words(sunset)

    @display(description="first day")
    def first_day(self, sunset: Sunset) -> str:
        return f"{sunset.first_on:%d %B %Y}"

    @display(description="written by")
    def written_by(self, sunset: Sunset) -> str:
        return authors_words(sunset)

    @display(description="announced by")
    def announcer(self, sunset: Sunset) -> str:
        return str(sunset.approved_by or "-")

    @display(description="in steps")
    def ramp_in_words(self, sunset: Sunset) -> str:
        try:
            steps = sunsets.steps_of(sunset)
        except sunsets.UnreadableRamp as fault:
            return str(fault)
        return ", ".join(f"{percent} per cent from {day:%d %B %Y}" for percent, day in steps)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        """The page of a draft says beforehand what stands in the way of announcing it, and what it will mean."""
        sunset = kwargs.get("obj")
        if sunset and not sunset.announced_at:
            reader, at = Actor.person(request.user), timezone.now()
            context["ahead"] = {
                "faults": sunsets.faults(sunset=sunset, approver=reader, at=at),
                "means": ahead_of(sunset, request=request, at=at),
            }
        return super().render_change_form(request, context, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not (obj and obj.announced_at) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not (obj and obj.announced_at) and super().has_delete_permission(request, obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Whoever drafts or edits it is one of its authors, and cannot announce it."""
        super().save_related(request, form, formsets, change)
        form.instance.authors.add(request.user.pk)
