"""How long before a change customers are told: the catalogue group sets it, and says why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from licensing.admin.base import StaffAdmin
from licensing.models import NoticeRule
from licensing.noticeclock import NOT_LEGAL_ADVICE


class NoticeRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """A rule, and why it is set so. The reason stands in the rule's history, beside the name of whoever gave it."""

    reason = forms.CharField(
        label="Why",
        max_length=400,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "maxlength": 400}),
        help_text="It stands in the rule’s history, beside your name. Changes that are announced keep their dates.",
    )

    class Meta:
        model = NoticeRule
        fields = ["kind", "jurisdiction", "days", "source", "note"]


@admin.register(NoticeRule)
class NoticeRuleAdmin(StaffAdmin):
    form = NoticeRuleForm
    list_display = ["written_kind", "place", "days", "source"]
    list_display_links = ["written_kind"]
    list_filter = ["kind"]
    search_fields = ["jurisdiction", "source"]
    actions = None
    fieldsets = [
        (
            None,
            {
                "fields": ["kind", "jurisdiction", "days", "source", "note", "reason"],
                "description": NOT_LEGAL_ADVICE,
            },
        )
    ]

    @display(description="kind of change", ordering="kind")
    def written_kind(self, rule: NoticeRule) -> str:
        return str(rule.get_kind_display())

    @display(description="where", ordering="jurisdiction")
    def place(self, rule: NoticeRule) -> str:
        return rule.jurisdiction or "everywhere (policy)"

    def get_readonly_fields(self, request: HttpRequest, obj: NoticeRule | None = None) -> list[str]:
        """What a rule is for stays as it is: another place is another rule."""
        return ["kind", "jurisdiction"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: NoticeRule | None = None) -> bool:
        """The vendor's policy always stands; without it no change has a date."""
        return not (obj and obj.is_policy) and super().has_delete_permission(request, obj)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> str:
        """What was set, and the reason in the person's own words."""
        rule: NoticeRule = form.instance
        return f"{rule.days} days. {form.cleaned_data['reason']}"
