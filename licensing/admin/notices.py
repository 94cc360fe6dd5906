"""Notices and their deliveries: read, and sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from licensing.admin.actions import ReasonForm, RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, ReadOnlyInline
from licensing.admin.queues import NOTICE_QUEUES, queue_filter
from licensing.deliveries import UnableToNote, note_bounce
from licensing.history import Actor
from licensing.models import Delivery, Notice
from licensing.notices import UnableToResend, resend
from licensing.staff_words import kind_words, period_words, subject_words, when

STATES = {"waiting": "warning", "done": "success", "dropped": "info", "sent": "success", "failed": "danger"}


def notice_facts(notice: Notice) -> Sequence[tuple[str, Any]]:
    """What the pages of a notice's actions show of it."""
    return [
        ("Customer", notice.customer),
        ("Notice", f"{kind_words(notice.kind)} ({notice.get_state_display()})"),
        ("Owed", when(notice.owed_at)),
        *((d.address, _delivery_words(d)) for d in notice.deliveries.all()),
    ]


class ResendNotice(StaffAction):
    permission = "licensing.change_notice"
    title = "Resend the notice"
    button = "Resend the notice"
    refusals = (UnableToResend,)

    def rows(self) -> QuerySet[Notice]:
        return Notice.objects.select_related("customer").prefetch_related("deliveries")

    def facts(self) -> Sequence[tuple[str, Any]]:
        return notice_facts(self.row)

    def outcome(self) -> str:
        return (
            "Where a delivery failed or came back, that one goes out again; where all arrived, all go out again. "
            "It is sent only if it is still true."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        resend(notice=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "It goes out again within seconds if it is still true; where it is not, it will say so here."


class BounceForm(ReasonForm):
    """Which of the addresses it came back from."""

    def __init__(self, *args: Any, row: Notice, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        addresses = [(d.pk, d.address) for d in row.deliveries.all()]
        self.fields["delivery"] = forms.ChoiceField(
            label="Address", widget=UnfoldAdminSelectWidget(), choices=addresses
        )
        self.order_fields(["delivery", "reason"])


class NoteBounce(StaffAction):
    """For what no provider reports: by plain SMTP a mail comes back to a mailbox, where a person sees it."""

    permission = "licensing.change_notice"
    title = "Note that it came back"
    button = "It came back"
    form_class = BounceForm
    refusals = (UnableToNote,)

    def rows(self) -> QuerySet[Notice]:
        return Notice.objects.select_related("customer").prefetch_related("deliveries")

    def facts(self) -> Sequence[tuple[str, Any]]:
        return notice_facts(self.row)

    def outcome(self) -> str:
        return (
            "The notice no longer counts as delivered to that address. Where a change waits for it, the change is "
            "put off for this customer by itself."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        chosen = form.cleaned_data["delivery"]
        delivery = next(d for d in self.row.deliveries.all() if str(d.pk) == chosen)
        note_bounce(delivery=delivery, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return f"Noted: the mail to {delivery.address} came back."


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = [
        "address",
        "state",
        "tries",
        "next_try_at",
        "sent_at",
        "error",
        "outcome",
        "outcome_at",
        "outcome_why",
    ]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "what", "written_state", "owed_at", "closed_at"]
    list_display_links = ["what"]
    list_select_related = ["customer"]
    list_filter = [queue_filter(NOTICE_QUEUES), "state"]
    search_fields = ["customer__name", "customer__slug", "kind", "deliveries__address"]
    search_help_text = "Customer, kind of notice, or address."
    fields = ["customer_page", "what", "state", "owed_at", "closed_at", "facts"]
    inlines = [DeliveryInline]
    resend = ResendNotice.on_rows("resend")
    came_back = NoteBounce.on_rows("came-back")
    actions_detail = ("resend", "came_back")

    @display(description="notice", ordering="kind")
    def what(self, notice: Notice) -> str:
        return " · ".join(
            filter(
                None, (kind_words(notice.kind), subject_words(notice.subject), period_words(notice.period))
            )
        )

    @display(description="state", label=STATES, ordering="state")
    def written_state(self, notice: Notice) -> tuple[str, str]:
        return notice.state, notice.get_state_display()


def _delivery_words(delivery: Delivery) -> str:
    words = [delivery.get_state_display(), f"tries: {delivery.tries}", delivery.error]
    if delivery.outcome and delivery.outcome_at:
        words += [f"{delivery.get_outcome_display()} {when(delivery.outcome_at)}", delivery.outcome_why]
    return ", ".join(str(word) for word in words if word)
