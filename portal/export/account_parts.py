"""What is exported of a person's own account, for that person alone. What they did for a customer is in its export."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models.fields.json import KeyTextTransform

from licensing.models import Erasure, Member
from portal.export.part import Column, Part
from portal.models import User

# The version counts up as that of an organisation’s export does.
SCHEMA = "account-export/1"

_YOURS = "it is you"

ACCOUNT = Part(
    "account",
    "Your account.",
    User,
    lambda user: User.objects.filter(pk=user.pk),
    (
        Column("number", "our number of you; what is erased names you by it", "pk"),
        Column("name", "your name", "name"),
        Column("email", "the address you sign in with", "email"),
        Column("joined_at", "when the account was made", "date_joined"),
        Column("last_signed_in_at", "when you signed in last", "last_login"),
        Column("is_active", "whether you may sign in", "is_active"),
        Column("is_staff", "whether you work for the vendor", "is_staff"),
    ),
    without={
        "password": "its hash could be tried against guesses",
        "is_superuser": "a right at the vendor’s, no fact about you",
    },
)

ADDRESSES = Part(
    "addresses",
    "Your addresses.",
    EmailAddress,
    lambda user: EmailAddress.objects.filter(user=user),
    (
        Column("number", "our number of it", "pk"),
        Column("email", "the address", "email"),
        Column("verified", "whether you have proved that it is yours", "verified"),
        Column("primary", "whether our mails go there", "primary"),
    ),
    without={"user": _YOURS},
)

SECOND_FACTORS = Part(
    "second_factors",
    "Your passkeys, your authenticator app and your recovery codes: that they are there, not what opens anything.",
    Authenticator,
    lambda user: Authenticator.objects.filter(user=user),
    (
        Column("number", "our number of it", "pk"),
        Column("type", "webauthn (a passkey), totp (an app) or recovery_codes", "type"),
        Column("name", "what you called it, where it has a name", KeyTextTransform("name", "data")),
        Column("created_at", "since when", "created_at"),
        Column("last_used_at", "when it was used last", "last_used_at"),
    ),
    without={"user": _YOURS},
    made_of=("data",),
)

MEMBERSHIPS = Part(
    "memberships",
    "The organisations you are in now.",
    Member,
    lambda user: Member.objects.filter(user=user),
    (
        Column("number", "our number of this place in the team", "pk"),
        Column("organisation", "its name", "customer__name"),
        Column("organisation_key", "its short name in addresses", "customer__slug"),
        Column("role", "owner, billing or member", "role"),
        Column("joined_at", "since when", "joined_at"),
    ),
    without={"user": _YOURS},
)

ERASURES = Part(
    "erasures",
    "That you asked for your account to be erased.",
    Erasure,
    lambda user: Erasure.objects.filter(person=user.pk),
    (
        Column("number", "our number of it", "pk"),
        Column("contact", "where its last mail goes", "contact"),
        Column("asked_at", "when you asked", "asked_at"),
        Column("due_at", "when it is done", "due_at"),
        Column("withdrawn_at", "when you took it back", "withdrawn_at"),
        Column("begun_at", "when it began", "begun_at"),
    ),
    without={
        "customer": "that of an organisation is in its history",
        "user": _YOURS,
        "person": _YOURS,
        "erased_at": "nobody is left to fetch an export then",
        "finished_at": "nobody is left to fetch an export then",
    },
)

PARTS = (ACCOUNT, ADDRESSES, SECOND_FACTORS, MEMBERSHIPS, ERASURES)

_OF_AN_ORGANISATION = "an organisation’s, and in its export"
_OF_THE_VENDOR = "what the vendor’s staff did, and the vendor’s"

# Rows that name a person and are in no part.
LEFT_OUT = {
    **dict.fromkeys(
        (
            "billing.Order",
            "billing.Quote",
            "licensing.Event",
            "licensing.Invitation",
            "licensing.Trial",
            "licensing.UpgradeRequest",
            "licensing.Waiver",
        ),
        _OF_AN_ORGANISATION,
    ),
    **dict.fromkeys(
        (
            "admin.LogEntry",
            "billing.Brake",
            "licensing.Approval",
            "licensing.Edition",
            "licensing.EditionAuthor",
            "licensing.PromiseException",
            "licensing.Rehearsal",
            "licensing.Sunset",
        ),
        _OF_THE_VENDOR,
    ),
}
