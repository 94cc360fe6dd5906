"""What is exported of what an organisation has, uses, and may do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from licensing.entitlements import entitlements
from licensing.models import (
    Customer,
    Licence,
    PlannedChange,
    Trial,
    UsageReading,
    Waiver,
)
from licensing.standing import standing_of
from licensing.terms import NOT_INCLUDED
from portal.export.part import PERSON, Column, Made, Part


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

PLANNED_CHANGES = Part(
    "planned_changes",
    "What announced sunsets do to the organisation’s licences.",
    PlannedChange,
    lambda customer: PlannedChange.objects.filter(customer=customer),
    (
        Column("number", "our number of it; the history names it plannedchange:12", "pk"),
        Column("licence", "which licence, by number", "licence_id"),
        Column("tier", "which tier of it, by its key", "tier__key"),
        Column("kind", "what changes: feature_loss, edition_sunset", "kind"),
        Column("feature", "which feature goes, by its key; empty where the edition ends", "feature_key"),
        Column(
            "moves_to", "where the edition ends: which one follows, by its key", "sunset__replacement__key"
        ),
        Column("begun_at", "since when the renewal that carries it is being prepared", "begun_at"),
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

PARTS: tuple[Part | Made, ...] = (LICENCES, ENTITLEMENTS, TRIALS, WAIVERS, PLANNED_CHANGES, USAGE)
