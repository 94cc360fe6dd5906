"""Rows that are edited in a table have a name for each of their fields: no label stands beside a cell."""

from __future__ import annotations

from typing import Any

from django.forms import BaseInlineFormSet, Field
from django.utils.text import capfirst


class NamedFields(BaseInlineFormSet):  # type: ignore[type-arg]  # at run time it takes no parameter
    """Each field is named by its column and its row: Key, tier 1. A row that is added in the browser is a new one."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        noun = self.form._meta.model._meta.verbose_name
        row = f"new {noun}" if index is None else f"{noun} {index + 1}"
        for name, field in form.fields.items():
            if not field.widget.is_hidden:
                _attributes(field)["aria-label"] = f"{capfirst(form[name].label)}, {row}"


def _attributes(field: Field) -> dict[str, Any]:
    """Those of what is drawn: a field that leads to other rows is wrapped."""
    widget: Any = getattr(field.widget, "widget", field.widget)
    attributes: dict[str, Any] = widget.attrs
    return attributes
