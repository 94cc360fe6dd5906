"""Lets time pass for one customer of the demo: its dates move into the past, here and in the sandbox.

What has been promised, ordered and recorded keeps its dates, because those rows never change; the history says that
time was made to pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from billing.models import Invoice, PriceMove
from billing.payers import payer_of
from licensing.history import COMMAND, entry, record
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Customer, Delivery, Licence, Notice, PlannedChange, TrialMark
from licensing.sunsets.days import renewal_of
from licensing.sunsets.planning import OPEN
from licensing.trials import identities_of
from portal.demo import sandbox
from portal.facts import owner_addresses

LONGEST = 400  # days
BEFORE_RENEWAL = timedelta(hours=3)  # within `billing.edition_moves.LEAD`
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def passes_at_once(*, customer: Customer, by: timedelta, at: datetime) -> timedelta:
    """How much of `by` can pass before something has to be done on the way: the renewal that carries the end of an
    edition is prepared in the hours before it, so time stands three hours before it until that is done.
    """
    move = (
        PlannedChange.objects.filter(
            customer=customer,
            kind=PlannedChange.Kind.EDITION_SUNSET,
            state__in=OPEN,
            takes_effect_at__isnull=False,
            begun_at=None,
            licence__price__isnull=False,
            licence__cancels_at_period_end=False,
        )
        .select_related("licence__price")
        .first()
    )
    if move is None or move.takes_effect_at is None:
        return by
    until = renewal_of(move.licence, move.takes_effect_at) - BEFORE_RENEWAL - at
    until -= timedelta(microseconds=until.microseconds)  # the processor knows whole seconds
    return until if timedelta(0) < until < by else by


def let_pass(*, customer: Customer, by: timedelta, at: datetime) -> int:
    """Let time pass for a customer with a live licence. Returns how many things happened at Stripe.

    Ours moves first, in one transaction; then the sandbox goes from one due date to the next, and its webhooks bring
    us up to date. Raises SandboxSilent with everything as it was, as far as one can know of a sandbox that did not
    answer.
    """
    payer = payer_of(customer)
    if payer is not None:
        sandbox.now()
    shift(customer=customer, by=by, at=at)
    if payer is None:
        return 0
    try:
        return sandbox.age(payer.stripe_id, by=by)
    except sandbox.SandboxSilent:
        shift(customer=customer, by=-by, at=at)
        raise


_CHANGE_DATES = ["tell_at", "planned_at", "told_at", "earliest_at", "takes_effect_at", "done_at"]
_DELIVERY_DATES = ["next_try_at", "sent_at", "outcome_at", "arrived_at"]


def shift(*, customer: Customer, by: timedelta, at: datetime) -> None:
    """Move every date of ours that concerns the customer into the past, and say so in its history."""
    with transaction.atomic():
        lock_live_licence(customer.pk)
        _back(Customer.objects.filter(pk=customer.pk), ["created_at"], by)
        _back(customer.members.all(), ["joined_at"], by)
        _back(customer.invitations.all(), ["invited_at", "expires_at", "accepted_at", "revoked_at"], by)
        _back(customer.upgrade_requests.all(), ["asked_at", "answered_at"], by)
        for licence in customer.licences.order_by("pk"):
            _licence_back(licence, by, at=at)
        _back(customer.trials.all(), ["started_at", "ends_at", "ended_at"], by)
        _guarded_back(customer, by)
        marks = identities_of(customer=customer, addresses=owner_addresses(customer))
        _back(TrialMark.objects.filter(identity__in=marks), ["used_at"], by)
        _back(customer.usage_readings.all(), ["read_at"], by)
        _back(Invoice.objects.filter(customer=customer), ["issued_at"], by)
        _back(customer.notices.all(), ["owed_at", "closed_at"], by)
        _back(Delivery.objects.filter(notice__customer=customer), _DELIVERY_DATES, by)
        _back(customer.planned_changes.all(), _CHANGE_DATES, by)
        _turns_back(customer, by)
        record(
            entry(
                customer=customer,
                kind="time_passed",
                subject=customer,
                at=at,
                actor=COMMAND,
                after={"days": by.days},
                reason="The demo let time pass for this customer.",
            )
        )


def _guarded_back(customer: Customer, by: timedelta) -> None:
    """An exception never changes, nor what was asked for a renewal, so their guards are off for these statements. That
    takes a superuser of the database, which the demo's own has; elsewhere they keep their dates.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("SET LOCAL session_replication_role = replica")
        _back(customer.waivers.all(), ["asked_at", "starts_at", "ends_at", "granted_at", "ended_at"], by)
        asked = PriceMove.objects.filter(change__in=customer.planned_changes.all())
        _back(asked, ["renews_at", "first_asked_at"], by)
        _back(customer.planned_changes.all(), ["begun_at"], by)
        cursor.execute("SET LOCAL session_replication_role = origin")


def _licence_back(licence: Licence, by: timedelta, *, at: datetime) -> None:
    """A change like any other: it counts, so that whoever looked before has looked at another licence."""
    dates = ("started_at", "ended_at", "period_start", "period_end", "past_due_since")
    moved = {name: date - by for name in dates if (date := getattr(licence, name))}
    change_licence(licence=licence, kind="time_passed", at=at, actor=COMMAND, **moved)


def _back(rows: QuerySet[Any], fields: Iterable[str], by: timedelta) -> None:
    """Both ends of a period in one statement, so that no check on their order sees half of it. Null stays null."""
    rows.order_by().update(**{field: F(field) - by for field in fields})


def _turns_back(customer: Customer, by: timedelta) -> None:
    """A reminder's turn names the date it is about (7d:2026-12-14); that date has moved too.

    Otherwise the same reminder would be owed again for what looks like another date. The dates furthest along the way
    go first, so that no two turns meet.
    """
    turns = Notice.objects.filter(customer=customer, period__contains=":").order_by("period")
    for notice in turns if by > timedelta(0) else turns.reverse():
        moved = A_DATE.sub(lambda found: (date.fromisoformat(found[0]) - by).isoformat(), notice.period)
        if moved != notice.period:
            Notice.objects.filter(pk=notice.pk).update(period=moved)
