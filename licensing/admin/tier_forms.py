"""A draft's tier and what it gives, as people write them. What can be judged of one value is told beside its field."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from licensing.catalogue.places import fits, wanted
from licensing.catalogue.rules import LONGEST_TRIAL_DAYS
from licensing.models import Grant, Tier
from licensing.staff_words import grant_value, grant_words
from licensing.terms import read_feature


class TierForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """A tier's own fields, on its page and on its edition's."""

    class Meta:
        model = Tier
        fields = ["key", "name", "rank", "tagline", "trial_days", "min_seats", "max_seats"]

    def clean_trial_days(self) -> int | None:
        """None: not open to trials."""
        days: int | None = self.cleaned_data["trial_days"]
        if days is not None and not 1 <= days <= LONGEST_TRIAL_DAYS:
            raise forms.ValidationError(
                f"A trial lasts 1 to {LONGEST_TRIAL_DAYS} days. Leave it empty for none."
            )
        return days

    def clean_min_seats(self) -> int:
        """Somebody has the first one."""
        seats: int = self.cleaned_data["min_seats"]
        if seats < 1:
            raise forms.ValidationError("A tier begins at one seat or more.")
        return seats

    def clean_max_seats(self) -> int | None:
        """None: no limit. Where the fewest cannot be read, the most are held against one."""
        most: int | None = self.cleaned_data["max_seats"]
        least: int = self.cleaned_data.get("min_seats", 1)
        if most is not None and most < least:
            raise forms.ValidationError(
                f"The tier begins at {least} seat{'s' if least != 1 else ''}, so it cannot end at {most}. "
                "Leave it empty for no limit."
            )
        return most


class GrantForm(forms.ModelForm):  # type: ignore[type-arg]  # at run time it takes no parameter
    """What a tier gives, as people write it: yes, a whole number, no limit, or a level's key."""

    value = forms.CharField(
        max_length=40,
        help_text="yes · a whole number · no limit · a level’s key. To give nothing, delete the row.",
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = Grant
        fields = ["feature", "value"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["value"] = grant_words(self.instance.value)

    def clean_value(self) -> bool | int | str | None:
        """Held against the feature, which is read first. None is no limit."""
        value = grant_value(self.cleaned_data["value"])
        if row := self.cleaned_data.get("feature"):
            feature = read_feature(row)
            if not fits(value, feature):
                why = wanted(feature)
                raise forms.ValidationError(f"{why[0].upper()}{why[1:]}.")
        return value
