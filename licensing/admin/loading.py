"""A draft out of a TOML file: uploaded or pasted. Every fault is listed, and what was typed is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget

from licensing.admin.actions import StaffPage
from licensing.admin.base import row_url
from licensing.catalogue import DraftInTheWay, UnableToLoad, load_draft, note_author
from licensing.models import Edition

LARGEST = 256 * 1024  # bytes; the demo's catalogue has 7,000


class DraftForm(forms.Form):
    """The text, from a file or typed. `replace` is the key of a draft that may go, asked for once it is in the way."""

    file = forms.FileField(label="A file", required=False, help_text="TOML, as “Save as a file” writes it.")
    text = forms.CharField(
        label="Or its text",
        required=False,
        strip=False,
        max_length=LARGEST,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 24, "spellcheck": "false", "class": "staff-code"}),
    )
    replace = forms.CharField(required=False, max_length=40)

    def clean_file(self) -> Any:
        """One of a size that a catalogue has."""
        file = self.cleaned_data["file"]
        if file is not None and (file.size or 0) > LARGEST:
            raise forms.ValidationError(f"The file is larger than {LARGEST // 1024} KB.")
        return file

    def clean(self) -> dict[str, Any]:
        """The file counts where there is one: it was chosen later than the text was typed."""
        fields: dict[str, Any] = super().clean() or {}
        file = fields.get("file")
        fields["source"] = file.read() if file is not None else fields.get("text", "")
        if not self.errors and not fields["source"].strip():
            raise forms.ValidationError("Choose a file, or paste its text.")
        return fields

    def keeping(self, source: bytes | str) -> DraftForm:
        """The same form with `source` as its text: a browser does not send a file a second time by itself."""
        words = source.decode(errors="replace") if isinstance(source, bytes) else source
        kept = DraftForm({"text": words, "replace": self.cleaned_data["replace"]})
        kept.is_valid()
        return kept


class LoadDraft(StaffPage):
    permission = "licensing.add_edition"
    title = "Load a draft from a file"

    def get(self, _request: HttpRequest, **_: Any) -> HttpResponse:
        return self._form(DraftForm())

    def post(self, request: HttpRequest, **_: Any) -> HttpResponse:
        form = DraftForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._form(form)
        source, replaceable = form.cleaned_data["source"], [form.cleaned_data["replace"]]
        try:
            edition = self._load(source, replaceable)
        except DraftInTheWay as refusal:
            return self._form(form.keeping(source), faults=refusal.faults, in_the_way=refusal.key)
        except UnableToLoad as refusal:
            return self._form(form.keeping(source), faults=refusal.faults)
        if edition.published_at is None:
            messages.success(request, f"The draft {edition.key} is loaded.")
        else:
            messages.info(
                request, f"{edition.name} is published already with these very terms; nothing was changed."
            )
        return redirect(row_url(edition))

    def _load(self, source: bytes | str, replaceable: list[str]) -> Edition:
        """Whoever loads a draft is one of its authors."""
        at = timezone.now()
        with transaction.atomic():
            edition = load_draft(source=source, at=at, replaceable=replaceable)
            if edition.published_at is None:
                note_author(edition=edition, by=self.request.user, at=at)
        return edition

    def _form(self, form: DraftForm, *, faults: tuple[str, ...] = (), in_the_way: str = "") -> HttpResponse:
        return self.page(
            "admin/staff/catalogue/load.html",
            form=form,
            faults=faults,
            in_the_way=in_the_way,
            editions=Edition.objects.select_related("product"),
            back=reverse("admin:licensing_edition_changelist"),
        )
