"""The sweeps of billing, as Celery runs them. The clock is read here."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task
from celery.utils.log import get_task_logger
from django.utils import timezone

from billing import checking, inbox, orders, reconcile, renewals
from billing.answers import StripeUnavailable
from billing.giving_back import give_back
from billing.models import Order
from licensing import restores
from licensing.history import CLOCK

# A customer on the way through the pages settles their own order; the sweep takes those left behind.
LEFT_BEHIND = timedelta(seconds=30)
# A million customers are many pages; it stops at the latest when the next night comes near.
RECONCILING_LASTS = 12 * 3600  # seconds
log = get_task_logger(__name__)


@shared_task
def drain_inbox() -> dict[str, int]:
    return inbox.drain(at=timezone.now())


@shared_task
def settle_pending() -> dict[str, int]:
    at = timezone.now()
    if restores.is_held(at=at):
        return restores.HELD
    return settle_left_behind(at=at) | give_back_left_behind(at=at)


@shared_task
def remind_renewals() -> dict[str, int]:
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else {"renewal_reminders": renewals.remind_due(at=at)}


@shared_task
def check_invariants() -> dict[str, int]:
    return checking.look_through(at=timezone.now())


@shared_task(time_limit=RECONCILING_LASTS)
def reconcile_books() -> dict[str, int]:
    """Hold the books against Stripe's: once a night, and at once after a restore."""
    at = timezone.now()
    if not reconcile.is_due(at=at):
        return {}
    try:
        done = reconcile.reconcile(actor=CLOCK, at=at)
    except StripeUnavailable as silence:
        log.warning("books_not_reconciled", extra={"why": str(silence)})
        return {"stripe_is_silent": True}
    if done is None:
        return {}
    return {"compared": done.subscriptions, "differences": done.differences.count()}


def settle_left_behind(*, at: datetime) -> dict[str, int]:
    """Carry every order that was left pending as far as it goes now."""
    counts = {"settled": 0, "failed": 0, "still_pending": 0}
    waiting = Order.objects.filter(state=Order.State.PENDING, accepted_at__lte=at - LEFT_BEHIND)
    for order_id in waiting.order_by("accepted_at").values_list("pk", flat=True).iterator(chunk_size=500):
        try:
            state = orders.pursue(order_id=order_id, at=at).state
        except Exception:
            # One order that cannot be carried on must not hold up the others; it stays pending, and staff see it.
            log.exception("order_not_pursued", extra={"order": str(order_id)})
            state = Order.State.PENDING
        counts["still_pending" if state == Order.State.PENDING else state] += 1
    return counts


def give_back_left_behind(*, at: datetime) -> dict[str, int]:
    """Carry on with every second payment that has not gone back yet."""
    counts = {"given_back": 0, "owed_back": 0}
    owed = Order.objects.filter(state=Order.State.FAILED, charged__isnull=False, refunded=None)
    for order_id in owed.order_by("accepted_at").values_list("pk", flat=True).iterator(chunk_size=500):
        try:
            done = give_back(order_id=order_id, at=at).refunded is not None
        except Exception:
            # As above: one that cannot be carried on holds up no other.
            log.exception("second_payment_not_given_back", extra={"order": str(order_id)})
            done = False
        counts["given_back" if done else "owed_back"] += 1
    return counts
