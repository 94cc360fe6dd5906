"""Promises that a draft would break, accepted all the same: asked for with a reason, answered by a colleague."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin, row_url
from licensing.admin.edition_choices import EditionFilter
from licensing.admin.queues import EXCEPTION_QUEUES, queue_filter
from licensing.catalogue import UnableToApprove, accept_exception, ask_exception
from licensing.catalogue.exceptions import exception_refusal, to_ask
from licensing.history import Actor
from licensing.models import PromiseException, Rehearsal
from licensing.rehearsing.promises import promise_words
from licensing.staff_words import edition_words, when


class PlainForm(RowForm):
    """Nothing to fill in."""


def _customers(count: int) -> str:
    return f"{count:,} customer{'s' if count != 1 else ''}"


class AskForm(RowForm):
    """Which of the promises that were found broken and not asked about, and why that should be accepted."""

    promise = forms.ChoiceField(widget=UnfoldAdminSelectWidget())
    reason = forms.CharField(
        label="Why",
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": 1000}),
        help_text="What these customers get instead, and how they are told.",
    )

    def __init__(self, *args: Any, row: Rehearsal, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        field = self.fields["promise"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (key, f"{promise_words(key)} ({_customers(customers)})") for key, customers in to_ask(row).items()
        ]


class AskException(StaffAction):
    permission = "licensing.add_promiseexception"
    title = "Ask for an exception"
    button = "Ask for it"
    form_class = AskForm
    refusals = (UnableToApprove,)

    def rows(self) -> QuerySet[Rehearsal]:
        return Rehearsal.objects.select_related("edition__product")

    def facts(self) -> Sequence[tuple[str, Any]]:
        return [("Draft", self.row.edition), ("Rehearsed", when(self.row.started_at))]

    def outcome(self) -> str:
        return (
            "Somebody who wrote none of the draft reads your reason and accepts it, or does not. An edit of the draft "
            "makes the exception void. Better, where it can be: change the draft so that the promise is kept."
        )

    def closed(self) -> Sequence[str]:
        if to_ask(self.row):
            return ()
        return [
            "Of every promise that this rehearsal found broken, an exception is asked for or accepted already."
        ]

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        said = form.cleaned_data
        ask_exception(
            rehearsal=self.row, promise=said["promise"], reason=said["reason"], by=self.request.user, at=at
        )
        return "You have asked for the exception. A colleague can accept it now."

    def back(self) -> str:
        return row_url(self.row)


class AcceptException(StaffAction):
    permission = "licensing.add_approval"
    title = "Accept the exception"
    button = "Accept that the promise is broken"
    form_class = PlainForm
    refusals = (UnableToApprove,)

    def rows(self) -> QuerySet[PromiseException]:
        return PromiseException.objects.select_related("edition__product", "asked_by")

    def facts(self) -> Sequence[tuple[str, Any]]:
        row = self.row
        return [
            ("Draft", row.edition),
            ("Promise", promise_words(row.promise)),
            ("Customers", f"{row.customers:,}"),
            ("Why", row.reason),
            ("Asked", f"{when(row.asked_at)} by {row.asked_by or 'an account that is gone'}"),
        ]

    def outcome(self) -> str:
        return (
            "The draft may then be published although it breaks this promise for these customers. Your name stands "
            "beside it."
        )

    def closed(self) -> Sequence[str]:
        why = exception_refusal(exception=self.row, by=self.request.user)
        return [why] if why else ()

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        accept_exception(exception=self.row, by=self.request.user, at=at)
        return "The exception is accepted."

    def back(self) -> str:
        return row_url(self.row)


@admin.register(PromiseException)
class PromiseExceptionAdmin(ReadOnlyAdmin):
    list_display = ["asked_at", "edition_page", "says", "customers", "asked_by", "approved_by"]
    list_filter = [queue_filter(EXCEPTION_QUEUES), EditionFilter]
    fields = [
        "edition_page", "says", "customers", "reason", "asked_by", "asked_at", "approved_by", "approved_at",
    ]  # fmt: skip
    readonly_fields = ["edition_page"]

    @display(description="promise", ordering="promise")
    def says(self, row: PromiseException) -> str:
        return promise_words(row.promise)

    accept = AcceptException.on_rows("accept")
    actions_detail = ("accept",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromiseException]:
        return super().get_queryset(request).select_related("edition__product", "asked_by", "approved_by")

    @display(description="draft", ordering="edition")
    def edition_page(self, row: PromiseException) -> SafeString:
        """The way back to the draft."""
        return format_html(
            '<a class="staff-link" href="{}">{}</a>', row_url(row.edition), edition_words(row.edition)
        )
