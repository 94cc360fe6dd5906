"""The forms of passkeys: allauth's, where nonsense in place of a credential is an error of the form, not of ours.

What a browser sends is JSON around CBOR around keys. Each layer's parser fails in its own way on what was not made by
an authenticator, and such a form is open to everybody who can reach the sign-in page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.webauthn import forms as allauth_forms
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)
LONGEST = 20_000  # characters; a credential with an attestation takes about 3,000


@contextmanager
def _read_safely() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise ValidationError(_("That key could not be read. Try again.")) from error


class CredentialField(forms.JSONField):
    def to_python(self, value: Any) -> Any:
        """An object of JSON, of a size that a credential can have."""
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        with _read_safely():
            found = super().to_python(value)
        if found is not None and not isinstance(found, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Nothing of what was sent is shown again: a key speaks once."""
        return None


class AddPasskeyForm(allauth_forms.AddWebAuthnForm):
    name = forms.CharField(required=False, max_length=100)
    credential = CredentialField(required=True, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        with _read_safely():
            return dict(super().clean())


class _ShowsKey:
    def clean_credential(self) -> Any:
        with _read_safely():
            return super().clean_credential()  # type: ignore[misc]  # allauth's form stands beside it


class SignInForm(_ShowsKey, allauth_forms.LoginWebAuthnForm):
    credential = CredentialField(required=True, widget=forms.HiddenInput)


class ShowAgainForm(_ShowsKey, allauth_forms.ReauthenticateWebAuthnForm):
    credential = CredentialField(required=True, widget=forms.HiddenInput)


class RenameForm(allauth_forms.EditWebAuthnForm):
    name = forms.CharField(max_length=100)


class SecondFactorForm(_ShowsKey, allauth_forms.AuthenticateWebAuthnForm):
    credential = CredentialField(required=True, widget=forms.HiddenInput)
