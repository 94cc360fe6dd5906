"""The form that takes a certificate to be verified: as text, or as the file itself."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.signing import UnableToRead, verify

LONGEST = 64 * 1024  # bytes; a certificate has about 4,000


class VerifyForm(forms.Form):
    """When valid, `cleaned_data["verified"]` holds what was read."""

    certificate = forms.CharField(
        label=_("The certificate"),
        required=False,
        max_length=LONGEST,
        help_text=_("All of what is in the file, from { to }."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )
    file = forms.FileField(
        label=_("Or the file"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        file, text = given.get("file"), given.get("certificate")
        if file is not None and file.size > LONGEST:
            raise forms.ValidationError(_("The file is too large to be a certificate."))
        if file is None and not text:
            if not self.errors:
                raise forms.ValidationError(_("Paste the certificate, or choose its file."))
            return given
        try:
            given["verified"] = verify(file.read() if file is not None else text)
        except UnableToRead as error:
            raise forms.ValidationError(
                _("This is not a certificate, or only a part of one. Take the file as you got it.")
            ) from error
        return given
