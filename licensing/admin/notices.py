"""Notices and their deliveries: read, and sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from unfold.decorators import display

from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, ReadOnlyInline
from licensing.admin.queues import NOTICE_QUEUES, queue_filter
from licensing.history import Actor
from licensing.models import Delivery, Notice
from licensing.notices import UnableToResend, resend
from licensing.staff_words import when

STATES = {"waiting": "warning", "done": "success", "dropped": "info", "sent": "success", "failed": "danger"}


class ResendNotice(StaffAction):
    permission = "licensing.change_notice"
    title = "Resend the notice"
    button = "Resend the notice"
    refusals = (UnableToResend,)

    def rows(self) -> QuerySet[Notice]:
        return Notice.objects.select_related("customer").prefetch_related("deliveries")

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [
            ("Customer", self.row.customer),
            ("Notice", f"{self.row.kind.replace('_', ' ')} ({self.row.get_state_display()})"),
            ("Owed", when(self.row.owed_at)),
            *((d.address, _delivery_words(d)) for d in self.row.deliveries.all()),
        ]

    def outcome(self) -> str:
        return (
            "Where a delivery failed, that one goes out again; where all arrived, all go out again. "
            "It is sent only if it is still true."
        )

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        resend(notice=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return "The notice is on its way again; the worker takes it within seconds."


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = ["address", "state", "tries", "next_try_at", "sent_at", "error"]


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "what", "written_state", "owed_at", "closed_at"]
    list_display_links = ["what"]
    list_select_related = ["customer"]
    list_filter = [queue_filter(NOTICE_QUEUES), "state"]
    search_fields = ["customer__name", "customer__slug", "kind", "deliveries__address"]
    search_help_text = "Customer, kind of notice, or address."
    fields = ["customer_page", "kind", "subject", "period", "state", "owed_at", "closed_at", "facts"]
    inlines = [DeliveryInline]
    resend = ResendNotice.on_rows("resend")
    actions_detail = ("resend",)

    @display(description="notice", ordering="kind")
    def what(self, notice: Notice) -> str:
        return f"{notice.kind.replace('_', ' ')} · {notice.subject} {notice.period}".strip()

    @display(description="state", label=STATES, ordering="state")
    def written_state(self, notice: Notice) -> tuple[str, str]:
        return notice.state, notice.get_state_display()


def _delivery_words(delivery: Delivery) -> str:
    words = f"{delivery.get_state_display()}, tries: {delivery.tries}"
    return f"{words}, {delivery.error}" if delivery.error else words
