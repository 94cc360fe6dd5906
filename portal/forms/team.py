"""The forms of the team page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from licensing.models import Customer, Role, UpgradeRequest
from licensing.terms import TierTerms

ROLES = [
    (Role.MEMBER, _("Member: sees the plan, can ask")),
    (Role.BILLING, _("Billing: can also spend")),
    (Role.OWNER, _("Owner: can also manage the team")),
]


class InviteForm(forms.Form):
    email = forms.EmailField(
        label=_("Email"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=ROLES, initial=Role.MEMBER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class AnyTier(forms.ChoiceField):
    """Takes a tier that is not among the choices: the rule says why not, and what can be asked for."""

    def valid_value(self, value: Any) -> bool:
        return True


class AskForm(forms.Form):
    tier = AnyTier(
        label=_("What would help"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a tier to ask for.")},
    )
    note = forms.CharField(
        label=_("Why"),
        help_text=_("An owner reads this. What could you do with it that you cannot do now?"),
        max_length=400,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, tiers: Sequence[TierTerms], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tier"].choices = [(tier.key, tier.name) for tier in tiers]


class AnswerForm(forms.Form):
    """The answer to one question of the team."""

    answer = forms.ChoiceField(
        choices=[("yes", _("Yes")), ("no", _("No"))],
        error_messages={"required": _("Choose one of the two answers.")},
    )
    words = forms.CharField(max_length=400, required=False)

    def __init__(self, *args: Any, question: UpgradeRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question


class CloseForm(forms.Form):
    """Closing is for good, so the organisation's name is typed. `gives_up`: it is known that kept terms go with it."""

    name = forms.CharField(max_length=120)
    gives_up = forms.BooleanField(required=False)

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"].strip()
        if name != self.customer.name:
            raise forms.ValidationError(
                _("Nothing was closed: the name you typed is not %(name)s.") % {"name": self.customer.name}
            )
        return name
