"""What is done to an edition as a whole: copied into a new draft, and published."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.widgets import INPUT_CLASSES, UnfoldAdminTextareaWidget

from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import row_url
from licensing.admin.publishing import checklist_of
from licensing.catalogue import (
    UnableToApprove,
    UnableToLoad,
    UnableToPublish,
    approve,
    draft_from,
    note_author,
    publish,
)
from licensing.catalogue.approvals import refusal
from licensing.history import Actor
from licensing.models import Edition
from licensing.staff_words import when
from licensing.terms import read_edition


def _text(label: str, *, help_text: str, max_length: int) -> dict[str, Any]:
    widget = forms.TextInput(attrs={"class": " ".join(INPUT_CLASSES)})
    return {"label": label, "help_text": help_text, "max_length": max_length, "widget": widget}


class NamesForm(RowForm):
    """Key and name of a new draft. Why the terms change is the edition's own rationale, written there."""

    key = forms.SlugField(
        **_text("Key", help_text="For example 2026-06. It is part of lookup keys.", max_length=40)
    )
    name = forms.CharField(**_text("Name", help_text="As people say it: June 2026.", max_length=80))


class SureForm(RowForm):
    """Publishing asks for the edition's key: it cannot be taken back."""

    key = forms.CharField(**_text("The edition’s key, to be sure", help_text="", max_length=40))

    def clean_key(self) -> str:
        """Typed as it stands."""
        if self.cleaned_data["key"].strip() != self.row.key:
            raise forms.ValidationError(f"To publish, type {self.row.key}.")
        return str(self.row.key)


class EditionAction(StaffAction):
    """Something done to an edition as a whole."""

    def rows(self) -> QuerySet[Edition]:
        return Edition.objects.select_related("product")

    def facts(self) -> Sequence[tuple[str, Any]]:
        terms = read_edition(self.row)
        published = self.row.published_at
        return [
            ("Edition", f"{self.row.name} ({self.row.key}) of {self.row.product}"),
            ("State", f"published {when(published)}" if published else "draft"),
            ("Tiers", ", ".join(tier.name for tier in terms.tiers) or "none"),
            ("Features", len(terms.features)),
            ("Currencies", ", ".join(terms.currencies) or "none"),
        ]

    def back(self) -> str:
        return row_url(self.row)


def _checklist(
    draft: Edition, request: HttpRequest, *, without: str = ""
) -> tuple[str, dict[str, Any]] | None:
    """What stands between a draft and its publication, beside a form. None of what is published."""
    if draft.published_at is not None:
        return None
    lines = [line for line in checklist_of(draft, request) if line.step.key != without]
    return "admin/staff/checklist.html", {"checklist": lines}


class DraftFrom(EditionAction):
    permission = "licensing.add_edition"
    title = "Draft from this edition"
    button = "Make the draft"
    form_class = NamesForm
    refusals = (UnableToLoad,)

    def outcome(self) -> str:
        return "A new draft with all terms of this edition. Nobody sees it until it is published."

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        names = form.cleaned_data
        with transaction.atomic():
            self.row = draft_from(edition=self.row, key=names["key"], name=names["name"])
            note_author(edition=self.row, by=self.request.user, at=at)
        return f"The draft {self.row.key} is ready to be edited."


class NoteForm(RowForm):
    """A word with an approval."""

    note = forms.CharField(
        label="Note",
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": 1000}),
        help_text="What you looked at, or want to have said. It stands beside your name.",
    )


class Approve(EditionAction):
    permission = "licensing.add_approval"
    title = "Approve the draft"
    button = "Approve these terms"
    form_class = NoteForm
    refusals = (UnableToApprove,)

    def outcome(self) -> str:
        return (
            "You say yes to exactly these terms, as somebody who wrote none of them. Any edit afterwards makes your "
            "approval void. An approval is not taken back."
        )

    def beside(self) -> tuple[str, dict[str, Any]] | None:
        """Whoever says yes sees what else is missing, and which promises would be broken."""
        return _checklist(self.row, self.request, without="approval")

    def closed(self) -> Sequence[str]:
        why = refusal(edition=self.row, by=self.request.user)
        return [why] if why else ()

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        approve(edition=self.row, by=self.request.user, note=form.cleaned_data["note"], at=at)
        return f"You have approved {self.row.name} as it stands."


class Publish(EditionAction):
    permission = "licensing.publish_edition"
    title = "Publish the edition"
    button = "Publish for good"
    form_class = SureForm
    refusals = (UnableToPublish,)

    def outcome(self) -> str:
        return (
            "From then on this is what is sold, and it never changes again. Whoever holds an earlier edition keeps "
            "it. Nothing more is to be done: each price is made at the payment processor when it is first needed."
        )

    def beside(self) -> tuple[str, dict[str, Any]] | None:
        return _checklist(self.row, self.request)

    def closed(self) -> Sequence[str]:
        """What is published is published once, and a draft when nothing stands in the way any more."""
        if self.row.published_at:
            return [f"The edition {self.row.key} is published already."]
        lines = checklist_of(self.row, self.request)
        if all(line.step.is_done for line in lines):
            return ()
        return [f"{self.row.name} cannot be published yet. What is to do before stands above."]

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        publish(edition=self.row, actor=actor, at=at)
        return (
            f"{self.row.name} is published. It is what is sold from now on; each of its prices is made at the payment "
            "processor by itself, when it is first needed."
        )
