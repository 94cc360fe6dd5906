"""What is due: every moment at which the sandbox does something by itself, found from the objects' own dates.

Nothing is scheduled. Whatever fell due while nobody looked is done in order, each at the moment it fell due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from billing.sandbox import renewals
from billing.sandbox.checkout_state import expire_session
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import renews_at
from billing.sandbox.store import Obj
from billing.sandbox.subscription_state import LIVE, discard_pending, period

DAY = 24 * 3600
UPCOMING_BEFORE = 7 * DAY
TRIAL_WARNING_BEFORE = 3 * DAY
INCOMPLETE_LIFETIME = 23 * 3600


@dataclass(frozen=True)
class Task:
    """One thing due at one moment."""

    at: int
    rank: int
    run: Callable[[Sandbox, Obj], None]
    subject: Obj


def run_due(box: Sandbox, customer: str | None = None) -> int:
    """Do all that is due by now, in order; for one customer, or for all. Returns how many things."""
    now, done = box.now(), 0
    while (task := next_task(box, customer)) and task.at <= now:
        with box.clock.pinned(task.at):
            task.run(box, task.subject)
        done += 1
    if done:
        box.dirty = True
        box.webhooks.wake()
    return done


def next_task(box: Sandbox, customer: str | None = None) -> Task | None:
    """The next thing due, past or future."""
    tasks = (task for task in _tasks(box) if customer in (None, task.subject["customer"]))
    return min(tasks, key=lambda task: (task.at, task.rank), default=None)


def _tasks(box: Sandbox) -> Iterator[Task]:
    for subscription in box.store.all("subscription"):
        if subscription["status"] in LIVE:
            yield from _subscription_tasks(subscription)
    for invoice in box.store.all("invoice", status="open"):
        if invoice["next_payment_attempt"] is not None:
            yield Task(invoice["next_payment_attempt"], 3, renewals.retry, invoice)
    for session in box.store.all("checkout.session", status="open"):
        yield Task(session["expires_at"], 4, expire_session, session)


def _subscription_tasks(subscription: Obj) -> Iterator[Task]:
    if subscription["status"] == "incomplete":
        yield Task(subscription["created"] + INCOMPLETE_LIFETIME, 0, renewals.expire_incomplete, subscription)
        return
    if subscription["pending_update"]:
        yield Task(subscription["pending_update"]["expires_at"], 0, _expire_pending, subscription)
    start, end = period(subscription)
    told = subscription["_told"]
    if subscription["cancel_at"] is not None:
        yield Task(subscription["cancel_at"], 1, renewals.end_at_its_date, subscription)
    if renews_at(subscription) is None:
        return
    yield Task(end, 2, renewals.renew, subscription)
    if subscription["status"] == "trialing" and told.get("trial_end") != end:
        yield Task(max(start, end - TRIAL_WARNING_BEFORE), 0, renewals.tell_of_trial_end, subscription)
    if told.get("upcoming") != end:
        yield Task(max(start, end - UPCOMING_BEFORE), 0, renewals.tell_of_renewal, subscription)


def _expire_pending(box: Sandbox, subscription: Obj) -> None:
    discard_pending(box, subscription, event="customer.subscription.pending_update_expired")
