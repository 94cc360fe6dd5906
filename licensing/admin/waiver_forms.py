"""The forms that ask for an exception: what, from when, for how long, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils import timezone
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from licensing.admin.actions import ReasonForm
from licensing.eligibility import WAIVABLE
from licensing.models import Customer, Licence, Waiver
from licensing.money import minor_digits
from licensing.rules.words import waived_rule
from licensing.staff_words import given_words, grant_value
from licensing.standing import Standing, standing_of
from licensing.terms import storefront
from licensing.waivers import LONGEST, value_without
from licensing.waivers.threshold import Wish, highest_alone
from licensing.waivers.worth import is_large

CREDIT_WAITS = timedelta(days=30)
# First what, then from when and for how long, then why.
ORDER = ("feature_key", "value", "rule_key", "tier_key", "amount", "begins_on", "days", "words", "reason")


class WordsForm(ReasonForm):
    """What every exception has: why, in words for the customer."""

    words = forms.CharField(
        label="Why, in words for the customer",
        max_length=200,
        widget=UnfoldAdminTextInputWidget(),
        help_text="They read it on their plan and in a mail: So that you can move without haste.",
    )


class AskForm(WordsForm):
    """From when, and for how long."""

    begins_on = forms.DateField(
        label="First day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date", "class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d"),
        help_text="In the customer’s zone. Empty: at once.",
    )
    days = forms.IntegerField(
        label="For how many days",
        min_value=1,
        max_value=LONGEST.days,
        widget=UnfoldAdminIntegerFieldWidget(),
        error_messages={
            "min_value": "An exception lasts a day at least.",
            "max_value": f"An exception lasts {LONGEST.days} days at most.",
        },
        help_text="Of 24 hours each. It ends by itself, and what was there before is back.",
    )

    def wish(self, *, kind: str, customer: Customer, at: datetime) -> Wish:
        """What the form asks for; it ends on a whole minute, which is what pages and mails say."""
        given = self.cleaned_data
        starts_at = _midnight(given["begins_on"], customer) if given["begins_on"] else at
        ends_at = (starts_at + timedelta(days=given["days"])).replace(second=0, microsecond=0)
        return Wish(kind, starts_at, ends_at, **self.what())

    def what(self) -> dict[str, Any]:
        """The fields of the kind, as a Wish has them."""
        raise NotImplementedError


class LimitForm(AskForm):
    """One feature of the terms that the customer holds, and what they may do of it instead."""

    value = forms.CharField(
        label="As much as",
        max_length=40,
        widget=UnfoldAdminTextInputWidget(),
    )

    def __init__(self, *args: Any, row: Customer, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        standing = standing_now(row)
        self.fields["feature_key"] = forms.ChoiceField(
            label="Feature",
            widget=UnfoldAdminSelectWidget(),
            choices=_features_of(standing) if standing else [],
        )
        self._features = standing.edition.features if standing else ()
        levels = [
            f"{one.name}: {'; '.join(dict(one.levels).values())}" for one in self._features if one.levels
        ]
        self.fields["value"].help_text = " · ".join(["yes", "a whole number", "no limit", *levels])
        self.order_fields(ORDER)

    def what(self) -> dict[str, Any]:
        """A level may be written by its name or by its key."""
        given = self.cleaned_data
        feature = next(one for one in self._features if one.key == given["feature_key"])
        written = given["value"].strip().casefold()
        level = next((key for key, name in feature.levels if name.casefold() == written), None)
        return {"feature_key": feature.key, "value": level or grant_value(given["value"])}


class RuleForm(AskForm):
    """One of the few rules that may be waived."""

    rule_key = forms.ChoiceField(
        label="Rule",
        choices=[(key, f"That {waived_rule(key)}") for key in WAIVABLE],
        widget=UnfoldAdminSelectWidget(),
        help_text="As the policy page says it. No other rule is ever waived.",
    )

    def __init__(self, *args: Any, row: Customer, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.order_fields(ORDER)

    def what(self) -> dict[str, Any]:
        return {"rule_key": self.cleaned_data["rule_key"]}


class TrialForm(AskForm):
    """A tier of today that is above theirs and has a trial."""

    def __init__(self, *args: Any, row: Customer, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.fields["days"].help_text = "So long they may begin it. The trial then has the tier’s own days."
        standing, today = standing_now(row), storefront()
        tiers = [
            (tier.key, f"{tier.name} ({tier.trial_days} days)")
            for tier in (today.edition.tiers if today else ())
            if standing and tier.trial_days and tier.rank > standing.tier.rank
        ]
        self.fields["tier_key"] = forms.ChoiceField(
            label="Tier", widget=UnfoldAdminSelectWidget(), choices=tiers
        )
        self.order_fields(ORDER)

    def what(self) -> dict[str, Any]:
        return {"tier_key": self.cleaned_data["tier_key"]}


class CreditForm(WordsForm):
    """How much, in the customer's currency as people write it: 20.00."""

    def __init__(self, *args: Any, row: Customer, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        digits = minor_digits(row.currency)
        self.fields["amount"] = forms.DecimalField(
            label=f"Credit in {row.currency}",
            min_value=Decimal(1).scaleb(-digits),
            max_digits=12,
            decimal_places=digits,
            error_messages={"min_value": "A credit is more than nothing."},
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
        )
        self.order_fields(ORDER)

    def wish(self, *, kind: str, customer: Customer, at: datetime) -> Wish:
        """What the form asks for; the question waits for a month."""
        amount = int(self.cleaned_data["amount"].scaleb(minor_digits(customer.currency)))
        return Wish(kind, at, at + CREDIT_WAITS, amount=amount)


class ApproveForm(ReasonForm):
    """Why; and of a credit that is more than they pay in a year, its amount once more."""

    def __init__(self, *args: Any, row: Waiver, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        if is_large(row, standing=standing_now(row.customer)):
            self.fields["amount"] = forms.CharField(
                label=f"The amount in {row.currency}, to be sure",
                max_length=40,
                widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}),
                help_text="It is more than they pay in a year, so it is typed again.",
            )
            self.order_fields(["amount", "reason"])

    def clean_amount(self) -> str:
        """The same amount, be its thousands set apart or not."""
        typed = str(self.cleaned_data["amount"])
        due = Decimal(self.row.amount).scaleb(-minor_digits(self.row.currency))
        try:
            is_same = Decimal(typed.replace(",", "").strip()) == due
        except InvalidOperation:
            is_same = False
        if not is_same:
            raise forms.ValidationError(f"To approve it, type {due:,}.")
        return typed


def standing_now(customer: Customer) -> Standing | None:
    """Where a customer stands at this moment; None where they hold nothing."""
    try:
        return standing_of(customer, at=timezone.now())
    except Licence.DoesNotExist:
        return None


def _features_of(standing: Standing) -> Sequence[tuple[str, str]]:
    """Each feature, what they have of it, and up to where nobody else is needed."""
    found = []
    for feature in standing.edition.features:
        value = value_without(standing, feature)
        highest = highest_alone(feature, standing=standing)
        alone_up_to = f", alone up to {highest:,}" if highest and highest > value else ""
        found.append((feature.key, f"{feature.name}: {given_words(feature, value)}{alone_up_to}"))
    return found


def _midnight(day: date, customer: Customer) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=customer.zone)
