"""Readings of usage: read here; one is recorded on the customer's page, with a reason."""

from __future__ import annotations

from django.contrib import admin

from licensing.admin.base import ReadOnlyAdmin
from licensing.models import UsageReading


@admin.register(UsageReading)
class UsageReadingAdmin(ReadOnlyAdmin):
    list_display = ["customer_page", "feature_key", "value", "read_at"]
    list_display_links = ["feature_key"]
    list_select_related = ["customer"]
    search_fields = ["customer__name", "customer__slug", "=feature_key"]
    search_help_text = "Customer, or the key of a limit."
    fields = ["customer_page", "feature_key", "value", "read_at"]
