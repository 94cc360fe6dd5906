"""Marking as dealt with what waits for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from billing.clearing import UnableToClear, clear
from licensing.admin.actions import RowForm, StaffAction
from licensing.admin.base import ReadOnlyAdmin
from licensing.history import Actor


class Clear(StaffAction):
    """`done` is what is said once the row has left its queue."""

    title = "Mark as dealt with"
    button = "It is dealt with"
    refusals = (UnableToClear,)
    done: str

    def perform(self, *, form: RowForm, actor: Actor, at: datetime) -> str:
        clear(row=self.row, actor=actor, reason=form.cleaned_data["reason"], at=at)
        return self.done


class ClearableAdmin(ReadOnlyAdmin):
    """Its one act is to clear, offered only on what waits for a person."""

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        waits = self.model.objects.filter(pk=object_id).exclude(needs_staff="").exists()
        return super().get_actions_detail(request, object_id) if waits else []
