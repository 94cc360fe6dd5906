"""What stands between a draft and its publication, as staff see it; and who wrote a draft, noted as they save it."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin, row_url
from licensing.catalogue import draft_hash, note_author, steps_to_publish
from licensing.catalogue.approvals import refusal
from licensing.catalogue.authors import authors_of
from licensing.catalogue.checklist import Step
from licensing.catalogue.findings import Finding
from licensing.models import Approval, Edition, Tier


class AuthorsNoted:
    """Whoever saves an edition, or anything in it, is one of its authors."""

    def save_model(self, request: HttpRequest, obj: Edition | Tier, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)  # type: ignore[misc]  # a ModelAdmin's
        note_author(edition=_edition_of(obj), by=request.user, at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Edition | Tier) -> None:
        """Taking a tier away is writing too; a draft that is thrown away needs no author."""
        if isinstance(obj, Tier):
            note_author(edition=obj.edition, by=request.user, at=timezone.now())
        super().delete_model(request, obj)  # type: ignore[misc]  # a ModelAdmin's


@dataclass(frozen=True)
class Line:
    """A step of the checklist with the button that gets on with it, where this person may press it; or why not.

    `faults` are those of the step that are not among what was found; `found` is how many are.
    """

    step: Step
    faults: tuple[str, ...]
    found: int
    button: str = ""
    address: str = ""
    why_not: str = ""


# Step → the words of its button, the action of an edition, what it takes.
BUTTONS = {
    "rehearsal": ("Rehearse the draft", "rehearse_this", "licensing.add_rehearsal"),
    "approval": ("Approve the draft", "approve_this", "licensing.add_approval"),
}


def checklist_of(draft: Edition, request: HttpRequest, *, findings: Iterable[Finding] = ()) -> list[Line]:
    """What stands between `draft` and its publication, for whoever looks. What `findings` say is not said again."""
    told = {str(finding) for finding in findings}
    return [
        _line(step, draft, request, told)
        for step in steps_to_publish(draft, terms_hash=draft_hash(draft), at=timezone.now())
    ]


def _line(step: Step, draft: Edition, request: HttpRequest, told: Container[str]) -> Line:
    faults = tuple(fault for fault in step.faults if fault not in told)
    line = partial(Line, step, faults, len(step.faults) - len(faults))
    if step.reads is not None and request.user.has_perm("licensing.view_rehearsal"):
        return line("Open the rehearsal", row_url(step.reads))
    words, action, right = BUTTONS.get(step.key, ("", "", ""))
    if step.is_done or not action or not request.user.has_perm(right):
        return line()
    if step.key == "approval" and (why_not := refusal(edition=draft, by=request.user)):
        return line(why_not=why_not if authors_of(draft) else "")
    return line(words, reverse(f"admin:licensing_edition_{action}", args=[draft.pk]))


def _edition_of(row: Edition | Tier) -> Edition:
    return row if isinstance(row, Edition) else row.edition


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    """Every yes there ever was; whether one counts still is on its draft's page."""

    list_display = ["edition_page", "by", "at", "note"]
    list_display_links = ["at"]
    list_filter = ["edition"]
    fields = ["edition_page", "by", "at", "note", "terms_hash"]
    readonly_fields = ["edition_page"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Approval]:
        return super().get_queryset(request).select_related("edition__product", "by")

    @display(description="edition", ordering="edition")
    def edition_page(self, row: Approval) -> SafeString:
        """The way to the edition's page."""
        return format_html('<a class="staff-link" href="{}">{}</a>', row_url(row.edition), row.edition)
