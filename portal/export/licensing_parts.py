"""What is exported of what a customer has and may do, and of its people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, F, Func, JSONField, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf

from licensing.entitlements import entitlements
from licensing.models import (
    Customer,
    Delivery,
    Event,
    Invitation,
    Licence,
    Member,
    Notice,
    OptOut,
    PlannedChange,
    Trial,
    UpgradeRequest,
    UsageReading,
    Waiver,
)
from licensing.standing import standing_of
from licensing.terms import NOT_INCLUDED
from portal.export.part import Column, Made, Part
from portal.models import User

# Whose reason is staff's alone: the pages say so to the customer.
STAFF_ONLY_KINDS = (
    "customer_parked",
    "customer_released",
    "waiver_asked",
    "waiver_refused",
    "waiver_ended",
)
# Facts of an event that were written for staff.
STAFF_ONLY_FACTS = ("needs_staff", "approval")

PERSON = "a person is named by their address; empty where their account is gone"


def _facts(field: str) -> Func:
    """An event's facts without those that were written for staff."""
    return Func(
        F(field),
        Value(list(STAFF_ONLY_FACTS), output_field=ArrayField(CharField())),
        template="(%(expressions)s::text[])",
        arg_joiner=" - ",
        output_field=JSONField(),
    )


def _by() -> Case:
    """Who did it; of the vendor's people only that it was one of them."""
    of_staff = User.objects.filter(pk=OuterRef("actor_id"), is_staff=True).values("pk")
    return Case(
        When(actor_id__in=Subquery(of_staff), then=Value("the vendor’s staff")),
        default=F("by"),
        output_field=CharField(),
    )


def _reason() -> Case:
    return Case(
        When(kind__in=STAFF_ONLY_KINDS, then=Value("")), default=F("reason"), output_field=CharField()
    )


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

LICENCES = Part(
    "licences",
    "Every licence, the live one and those that ended.",
    Licence,
    lambda customer: Licence.objects.filter(customer=customer),
    (
        Column("number", "our number of it; the history names it licence:12", "pk"),
        Column("product", "of which product", "product__key"),
        Column("edition", "on the terms of which edition", "edition__key"),
        Column("tier", "the tier’s key", "tier__key"),
        Column("price", "the price’s name; empty where it is free", "price__lookup_key"),
        Column("price_amount", "minor units of the currency, for one seat or for all", "price__unit_amount"),
        Column("price_currency", "ISO 4217", "price__currency"),
        Column("price_interval", "month or year", "price__interval"),
        Column("price_per_seat", "whether the price is for each seat", "price__per_seat"),
        Column("seats", "how many people it is for", "seats"),
        Column("state", "active or past_due", "state"),
        Column("period_start", "the paid period", "period_start"),
        Column("period_end", "its end, and the moment of renewal", "period_end"),
        Column("cancels_at_period_end", "whether it was cancelled", "cancels_at_period_end"),
        Column("past_due_since", "since when a payment is missing", "past_due_since"),
        Column("started_at", "since when", "started_at"),
        Column("ended_at", "when it ended", "ended_at"),
        Column("version", "how many times it changed", "version"),
    ),
    without={"customer": "it is the organisation itself"},
)

TRIALS = Part(
    "trials",
    "Every trial.",
    Trial,
    lambda customer: Trial.objects.filter(customer=customer),
    (
        Column("number", "our number of it; the history names it trial:12", "pk"),
        Column("product", "of which product", "product__key"),
        Column("licence", "the licence that it lay over, by number", "licence_id"),
        Column("edition", "on the terms of which edition", "tier__edition__key"),
        Column("tier", "the tier’s key", "tier__key"),
        Column("started_by", f"who began it; {PERSON}", "started_by__email"),
        Column("started_at", "when", "started_at"),
        Column("ends_at", "until when it was lent", "ends_at"),
        Column("ended_at", "when it ended", "ended_at"),
        Column("end", "how: expired, given_back, converted, staff", "end"),
    ),
    without={"customer": "it is the organisation itself"},
)

WAIVERS = Part(
    "exceptions",
    "Every exception that somebody of the vendor asked for, also where it was not granted.",
    Waiver,
    lambda customer: Waiver.objects.filter(customer=customer),
    (
        Column("number", "our number of it; the history names it waiver:12", "pk"),
        Column("product", "of which product", "product__key"),
        Column("kind", "limit (more of a feature), rule, trial (another one) or price (a credit)", "kind"),
        Column("feature", "of which feature, by its key", "feature_key"),
        Column("value", "as much as; null where it is no limit, or another kind", "value"),
        Column("rule", "which rule, by its key", "rule_key"),
        Column("tier", "a trial of which tier, by its key", "tier_key"),
        Column("amount", "of a credit, in minor units", "amount"),
        Column("currency", "its currency", "currency"),
        Column("starts_at", "from when it was asked for", "starts_at"),
        Column("ends_at", "until when", "ends_at"),
        Column("words", "why, as the organisation was told", "words"),
        Column("asked_at", "when it was asked for", "asked_at"),
        Column("needed_approval", "whether a second person had to approve it", "needs_approval"),
        Column("granted_at", "since when it was granted", "granted_at"),
        Column("ended_at", "when it ended", "ended_at"),
        Column("end", "how: expired, used, staff, refused, lapsed", "end"),
    ),
    without={
        "customer": "it is the organisation itself",
        "reason": "a note of staff to staff; “words” is what the organisation was told",
        "ended_because": "a note of staff to staff",
        **dict.fromkeys(
            ("asked_by", "asked_by_words", "approved_by", "approved_by_words", "ended_by", "ended_by_words"),
            "who of the vendor’s people it was",
        ),
    },
)

USAGE = Part(
    "usage",
    "Every reading of what was used of a limit.",
    UsageReading,
    lambda customer: UsageReading.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("feature", "the limit’s key", "feature_key"),
        Column("value", "how much, in the limit’s unit", "value"),
        Column("read_at", "when the product said so", "read_at"),
    ),
    without={"customer": "it is the organisation itself"},
)

NOTICES = Part(
    "notices",
    "What we owed the organisation to say.",
    Notice,
    lambda customer: Notice.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("kind", "what it says", "kind"),
        Column("subject", "what about: trial:12", "subject"),
        Column("period", "which turn of it", "period"),
        Column("facts", "what it was written from", "facts"),
        Column("owed_at", "since when it was owed", "owed_at"),
        Column("state", "waiting, done (sent), dropped (no longer true)", "state"),
        Column("closed_at", "when it was closed", "closed_at"),
    ),
    without={"customer": "it is the organisation itself"},
)

DELIVERIES = Part(
    "deliveries",
    "Each notice on its way to each address.",
    Delivery,
    lambda customer: Delivery.objects.filter(notice__customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("notice", "which notice, by number", "notice_id"),
        Column("address", "to whom", "address"),
        Column("message_id", "the mail’s Message-ID", "message_id"),
        Column("state", "waiting, sent or failed", "state"),
        Column("tries", "how often it was tried", "tries"),
        Column("next_try_at", "when it is tried next, or was tried last", "next_try_at"),
        Column("sent_at", "when the mail server took it", "sent_at"),
        Column("error", "what the mail server said", "error"),
        Column("expects_word", "whether the mail provider says what became of it", "expects_word"),
        Column("outcome", "what it said: deferred, delivered, bounced, complained", "outcome"),
        Column("outcome_at", "when that was", "outcome_at"),
        Column("outcome_why", "in its words", "outcome_why"),
        Column("arrived_at", "when it was first known to arrive", "arrived_at"),
    ),
    without={"provider_id": "how we find it at the mail provider"},
)

PLANNED_CHANGES = Part(
    "planned_changes",
    "What announced sunsets do to the organisation’s licences.",
    PlannedChange,
    lambda customer: PlannedChange.objects.filter(customer=customer),
    (
        Column("number", "our number of it; the history names it plannedchange:12", "pk"),
        Column("licence", "which licence, by number", "licence_id"),
        Column("tier", "which tier of it, by its key", "tier__key"),
        Column("kind", "what changes: feature_loss", "kind"),
        Column("feature", "which feature goes, by its key", "feature_key"),
        Column("reason", "why, as the organisation was told", "sunset__reason"),
        Column("usage", "how much of it was in use when this was planned", "usage"),
        Column("tell_at", "from when on it was to be told", "tell_at"),
        Column("planned_at", "the day of the plan", "planned_at"),
        Column("notice", "which notice told it, by number", "notice_id"),
        Column("told_at", "when that arrived", "told_at"),
        Column("earliest_at", "the earliest moment by the notice periods", "earliest_at"),
        Column("takes_effect_at", "when it takes effect", "takes_effect_at"),
        Column("state", "waiting, deferred (put off), done, void", "state"),
        Column("why", "why it is put off or void", "why"),
        Column("done_at", "when it took effect", "done_at"),
    ),
    without={"customer": "it is the organisation itself"},
)

OPT_OUTS = Part(
    "opt_outs",
    "Addresses that asked not to get one kind of notice.",
    OptOut,
    lambda customer: OptOut.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("address", "whose", "address"),
        Column("kind", "which kind of notice", "kind"),
        Column("at", "since when", "at"),
    ),
    without={"customer": "it is the organisation itself"},
)

HISTORY = Part(
    "history",
    "Everything that changed: who, when, from what, to what, and why.",
    Event,
    lambda customer: Event.objects.filter(customer=customer),
    (
        Column("number", "our number of it", "pk"),
        Column("at", "when", "at"),
        Column("kind", "what happened", "kind"),
        Column("subject", "to what: licence:12, trial:3", "subject"),
        Column("by", "who did it; of the vendor’s people only that it was one of them", _by()),
        Column("before", "the facts before, as JSON", _facts("before")),
        Column("after", "the facts after, as JSON", _facts("after")),
        Column("reason", "why, in the words of whoever did it", _reason()),
    ),
    without={
        "customer": "it is the organisation itself",
        "actor": "the account’s number says nothing; “by” says who it was",
    },
    made_of=("by", "before", "after", "reason"),
)


def _entitlements_of(customer: Customer, at: datetime) -> Iterator[tuple[Any, ...]]:
    if customer.closed_at is not None:
        return
    for key, one in entitlements(standing_of(customer, at=at)).items():
        included = one.value is not NOT_INCLUDED
        value = one.value if included else None
        yield (
            key,
            one.feature.name,
            one.feature.kind,
            one.feature.unit,
            included,
            value,
            one.source,
            one.until,
        )


ENTITLEMENTS = Made(
    "entitlements",
    "What the organisation may do at the moment of the export, and where each right comes from.",
    (
        Column("feature", "the feature’s key", ""),
        Column("name", "its name in the held edition", ""),
        Column("kind", "switch, limit or level", ""),
        Column("unit", "of a limit", ""),
        Column("included", "whether it is there at all", ""),
        Column("value", "true; a number, or null for no limit; a level’s key", ""),
        Column("source", "where it comes from: tier, trial, …", ""),
        Column("until", "of what is on loan", ""),
    ),
    _entitlements_of,
)

PARTS: tuple[Part | Made, ...] = (
    ORGANISATION,
    MEMBERS,
    INVITATIONS,
    UPGRADE_REQUESTS,
    LICENCES,
    ENTITLEMENTS,
    TRIALS,
    WAIVERS,
    PLANNED_CHANGES,
    USAGE,
    HISTORY,
    NOTICES,
    DELIVERIES,
    OPT_OUTS,
)
