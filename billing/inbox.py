"""Webhooks: verified, stored once, answered at once; worked off in batches.

From an event only the kind and the ids are taken; what to do is decided by the object's present state. So late, early,
twice or out of order all end the same.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from billing import gateway
from billing.answers import EventSeen, StripeForged, StripeUnavailable
from billing.handlers import CONCERNS, HANDLERS, Handler
from billing.models import StripeEvent
from billing.reading import FAR_AHEAD
from licensing.rows import ask, columns, instance

BATCH = 100
# Stripe is taken to be down after so many subjects in a row without an answer; each can cost eight seconds.
SILENT_AFTER = 3
# So many subjects that were looked at are marked as done together: few enough that slow answers end within the lease.
MARKED_TOGETHER = 5
LEASE = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=6)
# The SDK refuses a signature that is too old. One from the future could be kept, and sent for as long as it lies ahead.
AHEAD_AT_MOST = timedelta(minutes=5)
log = logging.getLogger(__name__)

# One statement, and so no transaction around it: the door's whole work in the database.
_STORE = """
INSERT INTO billing_stripeevent (stripe_id, type, object_id, stripe_customer_id, created_at, received_at, handled_at,
                                 tries, next_try_at, error)
VALUES (%(stripe_id)s, %(type)s, %(object_id)s, %(customer)s, %(created_at)s, %(at)s, %(handled_at)s, 0, %(at)s, '')
ON CONFLICT (stripe_id) DO NOTHING
"""
_CLAIM = f"""
UPDATE billing_stripeevent event SET tries = event.tries + 1, next_try_at = %(until)s
FROM (SELECT id FROM billing_stripeevent WHERE handled_at IS NULL AND next_try_at <= %(at)s
      ORDER BY next_try_at, id LIMIT %(batch)s FOR UPDATE SKIP LOCKED) due
WHERE event.id = due.id
RETURNING {columns(StripeEvent, of="event")}
"""
_MARK = "UPDATE billing_stripeevent SET handled_at = %(at)s, error = '' WHERE id = ANY(%(ids)s)"
Subjects = dict[tuple[Handler, str], list[StripeEvent]]


def receive(*, payload: bytes, signature: str, at: datetime) -> None:
    """Store one event; one that is stored already stays as it is. Raises StripeForged where it is not Stripe's.

    An event of the other mode (live or test) than our key's is not for us either. One of another account, which a
    platform is told of, is kept and left alone: our key does not open what it is about.
    """
    event = gateway.verify_event(payload=payload, signature=signature)
    if _signed_at(signature) > at + AHEAD_AT_MOST:
        raise StripeForged("The signature is of a time to come.")
    if event.livemode != ("_live_" in settings.STRIPE_SECRET_KEY):
        raise StripeForged("The event is of the other mode, live or test.")
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            {
                "stripe_id": event.stripe_id,
                "type": event.type,
                "object_id": event.object_id,
                "customer": event.customer_id,
                "created_at": event.created_at,
                "at": at,
                "handled_at": None if event.type in HANDLERS and not event.account else at,
            },
        )


def store(events: Iterable[EventSeen], *, at: datetime) -> None:
    """Store events that Stripe shows and never brought; those that are stored already stay as they are."""
    StripeEvent.objects.bulk_create(
        (
            StripeEvent(
                stripe_id=event.stripe_id,
                type=event.type,
                object_id=event.object_id,
                stripe_customer_id=event.customer_id,
                created_at=event.created_at,
                received_at=at,
                next_try_at=at,
            )
            for event in events
        ),
        ignore_conflicts=True,
    )


def _signed_at(signature: str) -> datetime:
    """When Stripe says it signed: the `t` of a verified "t=1492774577,v1=…"."""
    stamp = next(part.split("=")[1] for part in signature.split(",") if part.startswith("t="))
    return datetime.fromtimestamp(min(int(stamp), FAR_AHEAD), tz=UTC)


def drain(*, at: datetime) -> dict[str, int]:
    """Work off what waits, a batch at a time: {"handled": n, "put_off": n}.

    Events about the same thing are worked off together, with one look at Stripe; those that concern nobody here are
    told apart for the whole batch at once. While Stripe is silent the rest of what was claimed waits for its lease to
    end, so that no worker spends its day on time-outs. What a dying worker handled and did not mark is handled again.
    """
    counts = {"handled": 0, "put_off": 0}
    silent = 0
    while batch := _claim(at=at):
        subjects = _by_subject(batch)
        done = _take_out_idle(subjects)
        counts["handled"] += len(done)
        for number, ((handler, key), events) in enumerate(subjects.items(), start=1):
            try:
                handled = _handle(handler, key, events, at=at)
                silent = 0
            except StripeUnavailable as error:
                _put_off(events, error, at=at)
                handled, silent = False, silent + 1
            counts["handled" if handled else "put_off"] += len(events)
            done += events if handled else []
            if silent == SILENT_AFTER:
                break
            if number % MARKED_TOGETHER == 0:
                _mark(done, at=at)
                done = []
        _mark(done, at=at)
        if silent == SILENT_AFTER:
            break
    return counts


def _claim(*, at: datetime) -> list[StripeEvent]:
    """Take a batch for ourselves for two minutes; another worker takes others."""
    claimed = ask(_CLAIM, {"at": at, "batch": BATCH, "until": at + LEASE})
    return [event for row in claimed if (event := instance(StripeEvent, row))]


def _by_subject(batch: list[StripeEvent]) -> Subjects:
    grouped: Subjects = defaultdict(list)
    for event in batch:
        handler, key_field = HANDLERS[event.type]
        grouped[handler, getattr(event, key_field)].append(event)
    return grouped


def _take_out_idle(subjects: Subjects) -> list[StripeEvent]:
    """Take out the subjects for which there is nothing to do, and give back their events."""
    idle: list[StripeEvent] = []
    for handler, concerns in CONCERNS.items():
        if keys := {key for wanted, key in subjects if wanted is handler}:
            for key in keys - concerns(keys):
                idle += subjects.pop((handler, key))
    return idle


def _handle(handler: Handler, key: str, events: list[StripeEvent], *, at: datetime) -> bool:
    """One event that cannot be handled must not hold up the others, whatever the reason: it is put off and shown.

    Raises StripeUnavailable.
    """
    try:
        handler(key, at)
    except StripeUnavailable:
        raise
    except Exception as error:
        log.exception("stripe_event_not_handled", extra={"events": [event.stripe_id for event in events]})
        _put_off(events, error, at=at)
        return False
    return True


def _mark(events: list[StripeEvent], *, at: datetime) -> None:
    """They are done with."""
    if events:
        with connection.cursor() as cursor:
            cursor.execute(_MARK, {"at": at, "ids": [event.pk for event in events]})


def _put_off(events: list[StripeEvent], error: Exception, *, at: datetime) -> None:
    """Try again after 10, 20, 40 … seconds, at most six hours."""
    for event in events:
        event.next_try_at = at + min(timedelta(seconds=10 * 2 ** min(event.tries - 1, 16)), LONGEST_WAIT)
        event.error = f"{type(error).__name__}: {error}"[:300]
    StripeEvent.objects.bulk_update(events, ["next_try_at", "error"])
