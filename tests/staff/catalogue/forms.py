"""Forms of the admin, as a browser would send them back."""

from __future__ import annotations

from typing import Any

from django.test import Client


def form_of(client: Client, page: str) -> dict[str, Any]:
    """The fields of a change page as a browser would send them back, untouched."""
    context = client.get(page).context
    fields: dict[str, Any] = {}
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if value is True:
                fields[bound.html_name] = "on"
            elif value is not None and value is not False:
                fields[bound.html_name] = value
    return fields
