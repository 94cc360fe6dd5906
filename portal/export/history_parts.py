"""What is exported of what happened, and of what the organisation was told of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, CharField, F, Func, JSONField, OuterRef, Subquery, Value, When

from licensing.models import (
    Delivery,
    Event,
    Notice,
    OptOut,
)
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

PARTS: tuple[Part | Made, ...] = (HISTORY, NOTICES, DELIVERIES, OPT_OUTS)
