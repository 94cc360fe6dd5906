"""The versions of the policy, as staff look at them. Nobody changes one."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from licensing.admin.base import ReadOnlyAdmin
from portal.models import PolicyVersion


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["in_force_since", "clauses", "page"]
    fields = ["in_force_since", "content_hash", "clauses", "page"]
    readonly_fields = ["clauses", "page"]

    @display(description="clauses")
    def clauses(self, version: PolicyVersion) -> int:
        return len(version.texts)

    @display(description="as customers see it")
    def page(self, version: PolicyVersion) -> SafeString:
        return format_html(
            '<a class="staff-link" href="{}">{}</a>', reverse("policy_version", args=[version.pk]), "The page"
        )
