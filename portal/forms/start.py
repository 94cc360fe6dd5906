"""The form that makes an organisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal import places


class StartForm(forms.Form):
    """`locale` names countries and currencies; `country` is the first guess at where the organisation is."""

    name = forms.CharField(
        label=_("Name of your organisation"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        help_text=_("Where it is based. It decides tax."),
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        help_text=_("Every price is shown and charged in it. It stays once you have paid."),
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), help_text=_("Dates and times are written in it."))

    def __init__(
        self, *args: Any, locale: str, country: str, currencies: Sequence[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Choose")), *places.countries(locale)]
        self.fields["currency"].choices = places.currencies(locale, currencies)
        self.fields["time_zone"].choices = [("", _("Choose")), *places.time_zones()]
        self.initial = {
            "country": country,
            "currency": places.currency_of(country, among=currencies),
            "time_zone": places.zone_by_country().get(country, ""),
            **self.initial,
        }
