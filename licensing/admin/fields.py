"""Fields of forms that take what people write by hand."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput

from licensing.terms import is_level


class WrittenJSONField(forms.JSONField):
    """JSON as people write it: what Python cannot read, however it fails, is an error of the form."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (RecursionError, ValueError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (RecursionError, ValueError):
            return InvalidJSONInput(data)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(super().has_changed(initial, data))
        except (RecursionError, ValueError):
            return True


class LevelsField(WrittenJSONField):
    """A feature's levels: pairs of a key and its words, the lowest first."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        for level in value if isinstance(value, list) else [value] if value else []:
            if not is_level(level):
                raise forms.ValidationError(
                    'Write pairs of a key and its words, the lowest first: [["email", "by email"]].'
                )
