"""The sweeps of billing, as Celery runs them. The clock is read here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task
from celery.utils.log import get_task_logger
from django.db.models import QuerySet
from django.utils import timezone

from billing import checking, credits, edition_moves, inbox, orders, reconcile, renewals
from billing.answers import StripeUnavailable
from billing.giving_back import give_back
from billing.models import Order
from billing.promises import PROMISES
from licensing import restores
from licensing.history import CLOCK
from licensing.promises import check

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
def give_credits() -> dict[str, int]:
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else credits.give_due(at=at)


@shared_task
def move_editions() -> dict[str, int]:
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else edition_moves.move_due(at=at)


@shared_task
def remind_renewals() -> dict[str, int]:
    at = timezone.now()
    return restores.HELD if restores.is_held(at=at) else {"renewal_reminders": renewals.remind_due(at=at)}


@shared_task
def check_invariants() -> dict[str, int]:
    return checking.look_through(at=timezone.now())


@shared_task
def check_promises() -> dict[str, int]:
    """Once a day, soon after midnight UTC; at every other turn there is nothing left to check."""
    made = check(PROMISES, at=timezone.now())
    for each in made:
        if not each.is_kept:
            log.error("promise_broken", extra={"kind": each.promise, "what": f"at {each.broken} places"})
    return {"promises_checked": len(made), "promises_broken": sum(not each.is_kept for each in made)}


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

    def pursue(order_id: UUID) -> str:
        state = orders.pursue(order_id=order_id, at=at).state
        return "still_pending" if state == Order.State.PENDING else state

    waiting = Order.objects.filter(state=Order.State.PENDING, accepted_at__lte=at - LEFT_BEHIND)
    return _carried_on(waiting, pursue, ends=("settled", "failed", "still_pending"))


def give_back_left_behind(*, at: datetime) -> dict[str, int]:
    """Carry on with every second payment that has not gone back yet."""

    def carry_on(order_id: UUID) -> str:
        return "owed_back" if give_back(order_id=order_id, at=at).refunded is None else "given_back"

    owed = Order.objects.filter(state=Order.State.FAILED, charged__isnull=False, refunded=None)
    return _carried_on(owed, carry_on, ends=("given_back", "owed_back"))


def _carried_on(
    left: QuerySet[Order], carry_on: Callable[[UUID], str], *, ends: tuple[str, ...]
) -> dict[str, int]:
    """Carry on with each order, the oldest first: {end: how many}. The last of `ends` is to be left as it was."""
    counts = dict.fromkeys(ends, 0)
    for order_id in left.order_by("accepted_at").values_list("pk", flat=True).iterator(chunk_size=500):
        try:
            end = carry_on(order_id)
        except Exception:
            # One order that cannot be carried on must not hold up the others; it stays as it is, and staff see it.
            log.exception("order_not_carried_on", extra={"order": str(order_id), "left": ends[-1]})
            end = ends[-1]
        counts[end] += 1
    return counts
