"""The forms of signing up and in: allauth's, with labels instead of placeholders, and a name at sign-up."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from licensing.names import plain_name


class Labelled:
    """A placeholder that repeats the label vanishes on typing and reads badly; the label stays."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignupForm(Labelled, allauth_forms.SignupForm):
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    field_order = ["name", "email", "password1"]

    def clean_name(self) -> str:
        """Something that can be read, on one line."""
        name = plain_name(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Write your name with letters."))
        return name

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        super().custom_signup(request, user)
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class LoginForm(Labelled, allauth_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].label = _("Stay signed in on this device")


class AddEmailForm(Labelled, allauth_forms.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("New address")


class ChangePasswordForm(Labelled, allauth_forms.ChangePasswordForm):
    pass


class ConfirmEmailCodeForm(Labelled, allauth_forms.ConfirmEmailVerificationCodeForm):
    pass


class ReauthenticateForm(Labelled, allauth_forms.ReauthenticateForm):
    pass


class ResetPasswordForm(Labelled, allauth_forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(Labelled, allauth_forms.ResetPasswordKeyForm):
    pass
