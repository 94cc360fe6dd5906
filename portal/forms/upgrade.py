"""What the calculator is asked: a tier, how many seats, by the month or by the year."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.terms import TierTerms

MOST_SEATS = 100_000


class CalculatorForm(forms.Form):
    """Never an amount and never a price: those are ours to say. `step` is a press on − or + where no script runs."""

    tier = forms.ChoiceField(
        label=_("Tier"),
        error_messages={
            "invalid_choice": _("The tier that was asked for is not sold. Another one stands here.")
        },
    )
    seats = forms.IntegerField(
        label=_("Seats"),
        min_value=1,
        max_value=MOST_SEATS,
        error_messages={
            "invalid": _("A whole number of seats, please."),
            "min_value": _("At least one seat, please."),
            "max_value": _("More than 100,000 seats are not for sale here; write to us."),
        },
    )
    interval = forms.ChoiceField(label=_("Billing"), choices=[("month", _("Monthly")), ("year", _("Yearly"))])
    step = forms.TypedChoiceField(
        choices=[("-1", "-"), ("1", "+")], coerce=int, required=False, empty_value=0
    )

    def __init__(self, data: Any, *, tiers: Sequence[TierTerms], defaults: dict[str, Any]) -> None:
        """`defaults` stand in for what was not asked; what was asked wrongly is an error with its field."""
        asked = {**defaults, **{name: value for name, value in data.items() if value != ""}}
        super().__init__(asked)
        self.defaults = defaults
        self.fields["tier"].choices = [(tier.key, tier.name) for tier in tiers]  # type: ignore[attr-defined]

    def answer(self) -> dict[str, Any]:
        """Tier key, seats and interval: as asked where that is possible, else as by default."""
        self.is_valid()
        found = {name: self.cleaned_data.get(name) or default for name, default in self.defaults.items()}
        found["seats"] = min(max(found["seats"] + (self.cleaned_data.get("step") or 0), 1), MOST_SEATS)
        return found
