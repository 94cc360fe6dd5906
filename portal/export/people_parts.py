"""What is exported of the organisation itself and of its people."""

from __future__ import annotations

from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce, NullIf

from licensing.models import (
    Customer,
    Invitation,
    Member,
    UpgradeRequest,
)
from portal.export.part import PERSON, Column, Made, Part


def _name() -> Coalesce:
    return Coalesce(NullIf(F("user__name"), Value("")), F("user__email"), output_field=CharField())


ORGANISATION = Part(
    "organisation",
    "The organisation itself.",
    Customer,
    lambda customer: Customer.objects.filter(pk=customer.pk),
    (
        Column("number", "our number of it", "pk"),
        Column("key", "its short name in addresses", "slug"),
        Column("name", "its name", "name"),
        Column("country", "ISO 3166; decides tax", "country"),
        Column("currency", "ISO 4217; of every price it is shown", "currency"),
        Column("time_zone", "in which its dates are told", "time_zone"),
        Column("locale", "how its mails write dates and amounts", "locale"),
        Column("created_at", "when it was made", "created_at"),
        Column("closed_at", "when it was closed", "closed_at"),
    ),
    without={"erased_at": "nobody is left to fetch an export then"},
)

MEMBERS = Part(
    "members",
    "The people in its team now. What else is known of a person is theirs, not the organisation’s.",
    Member,
    lambda customer: Member.objects.filter(customer=customer),
    (
        Column("number", "our number of this place in the team", "pk"),
        Column("name", "the person’s name", _name()),
        Column("email", "the address they sign in with", "user__email"),
        Column("role", "owner, billing or member", "role"),
        Column("joined_at", "since when", "joined_at"),
    ),
    without={"customer": "it is the organisation itself"},
)

INVITATIONS = Part(
    "invitations",
    "Every invitation, open or not.",
    Invitation,
    lambda customer: Invitation.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("email", "who was invited", "email"),
        Column("role", "with which role", "role"),
        Column("invited_by", f"by whom; {PERSON}", "invited_by__email"),
        Column("invited_at", "when", "invited_at"),
        Column("expires_at", "until when it is open", "expires_at"),
        Column("accepted_at", "when it was accepted", "accepted_at"),
        Column("revoked_at", "when it was taken back", "revoked_at"),
    ),
    without={
        "customer": "it is the organisation itself",
        "token_hash": "whoever has it might test guesses of the link",
    },
)

UPGRADE_REQUESTS = Part(
    "upgrade_requests",
    "What members asked their owners for, and the answers.",
    UpgradeRequest,
    lambda customer: UpgradeRequest.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("asked_by", f"who asked; {PERSON}", "asked_by__email"),
        Column("tier", "the tier’s key", "tier_key"),
        Column("note", "in which words", "note"),
        Column("asked_at", "when", "asked_at"),
        Column("answered_by", f"who answered; {PERSON}", "answered_by__email"),
        Column("answered_at", "when", "answered_at"),
        Column("granted", "yes or no", "granted"),
    ),
    without={"customer": "it is the organisation itself"},
)

PARTS: tuple[Part | Made, ...] = (ORGANISATION, MEMBERS, INVITATIONS, UPGRADE_REQUESTS)
