"""A draft's own fields, as its page and the page of a new one have them."""

from __future__ import annotations

from typing import Any

from django import forms

from licensing.catalogue.namesakes import namesake
from licensing.models import Edition


class EditionForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """The name is held against those of what is published."""

    class Meta:
        model = Edition
        fields = ["product", "key", "name", "rationale"]

    def clean(self) -> dict[str, Any]:
        """The product may be chosen along with the name."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        product, name = given.get("product"), given.get("name")
        if product and name and (taken := namesake(product=product, name=name)):
            self.add_error("name", taken)
        return given
