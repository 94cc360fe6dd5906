"""Prices as people write them, in the digits of their currency: 49.00 USD, 4900 JPY, 4.900 KWD; kept in minor units."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from licensing.models import Price
from licensing.money import charge_step, is_known, minor_digits

WRITTEN = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]*))?")
MOST = 10**12  # minor units; beyond what any price list says


def written(amount: int, currency: str) -> str:
    """Minor units with the currency's digits: (4900, USD) → 49.00."""
    digits = minor_digits(currency)
    return f"{amount // 10**digits}.{amount % 10**digits:0{digits}d}" if digits else str(amount)


def minor_units(words: str, currency: str) -> int:
    """The same read back: 49, 49.00 and 1,049.00 of USD. Nothing is rounded. Raises ValueError with what is wrong."""
    digits = minor_digits(currency)
    example = written(49 * 10**digits, currency)
    found = WRITTEN.fullmatch(words.strip())
    if found is None:
        raise ValueError(f"Write the price in {currency} as {example}.")
    whole, rest = found[1].replace(",", ""), found[2] or ""
    if len(rest) > digits:
        what = "no digits" if digits == 0 else f"{digits} digits"
        raise ValueError(f"{currency} has {what} after the point: write {example}.")
    amount = int(f"{whole[:20]}{rest.ljust(digits, '0')}")
    if amount > MOST:
        raise ValueError("That is more than any price can be.")
    return amount


class PriceForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """One price of a draft's tier. The currency is read first: it says how many digits there are."""

    unit_amount = forms.CharField(
        label="price",
        max_length=24,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        help_text="In the currency’s own digits: 49.00 in USD, 4900 in JPY, 4.900 in KWD.",
    )

    class Meta:
        model = Price
        fields = ["currency", "interval", "unit_amount", "per_seat"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["unit_amount"] = written(self.instance.unit_amount, self.instance.currency)

    def clean_currency(self) -> str:
        """Three letters, as ISO 4217 writes them."""
        code = str(self.cleaned_data["currency"]).strip().upper()
        if not re.fullmatch("[A-Z]{3}", code):
            raise forms.ValidationError("Write the currency in three letters: USD.")
        if not is_known(code):
            raise forms.ValidationError(f"{code} is no currency that we know. Write it as USD, EUR, JPY.")
        return code

    def clean_unit_amount(self) -> int | None:
        """Minor units. Where the currency cannot be read, that is said, and nothing of the price."""
        if not (currency := self.cleaned_data.get("currency")):
            return None
        try:
            amount = minor_units(self.cleaned_data["unit_amount"], currency)
        except ValueError as fault:
            raise forms.ValidationError(str(fault)) from None
        if amount == 0:
            raise forms.ValidationError("A price is more than nothing. A tier without prices is free.")
        if amount % (step := charge_step(currency)):
            steps = written(step, currency)
            raise forms.ValidationError(
                f"Cards are charged in steps of {steps} {currency}: make it a multiple."
            )
        return amount
