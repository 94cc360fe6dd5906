"""What the clock does to a subscription: warn, end a trial, renew, retry, expire, end."""

from __future__ import annotations

from billing.sandbox.events import emit
from billing.sandbox.invoices import issue, mark_void, write
from billing.sandbox.lines import unkept, whole_line
from billing.sandbox.periods import next_boundary
from billing.sandbox.render import public
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import RETRY_AFTER_DAYS, collect, default_method, subscription_of
from billing.sandbox.store import Obj
from billing.sandbox.subscription_state import changed, draft_for, end_subscription, period, put


def renew(box: Sandbox, subscription: Obj) -> None:
    """A period (or trial) is over: the next one begins, is invoiced and charged."""
    before = public(subscription)
    start = period(subscription)[1]
    items = subscription["items"]["data"]
    anchor = subscription["billing_cycle_anchor"]
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
        anchor = start
    end = next_boundary(anchor, items[0]["price"]["recurring"], start)
    held = [unkept(box, row) for row in subscription["_held"]]
    lines = [*held, *(whole_line(box, item, start, end) for item in items)]
    draft = draft_for(box, subscription, lines, reason="subscription_cycle")
    put(
        subscription,
        items=[dict(item) for item in items],
        anchor=anchor,
        start=start,
        end=end,
        trial_end=subscription["trial_end"],
        held=[],
    )
    invoice = issue(box, draft)
    subscription["latest_invoice"] = invoice["id"]
    changed(box, subscription, before)
    collect(box, invoice, default_method(box, subscription))


def end_at_its_date(box: Sandbox, subscription: Obj) -> None:
    """The date that was set for the end has come."""
    end_subscription(box, subscription, reason="cancellation_requested")


def tell_of_renewal(box: Sandbox, subscription: Obj) -> None:
    """`invoice.upcoming`, once a period: the invoice of the renewal as it stands now."""
    start = period(subscription)[1]
    subscription["_told"]["upcoming"] = start
    items = subscription["items"]["data"]
    end = next_boundary(subscription["billing_cycle_anchor"], items[0]["price"]["recurring"], start)
    held = [unkept(box, row) for row in subscription["_held"]]
    lines = [*held, *(whole_line(box, item, start, end) for item in items)]
    invoice = write(box, draft_for(box, subscription, lines, reason="subscription_cycle"))
    invoice["id"] = invoice["id"].replace("in_", "upcoming_in_", 1)
    emit(box, "invoice.upcoming", invoice)


def tell_of_trial_end(box: Sandbox, subscription: Obj) -> None:
    """`customer.subscription.trial_will_end`, three days before."""
    subscription["_told"]["trial_end"] = subscription["trial_end"]
    emit(box, "customer.subscription.trial_will_end", subscription)


def expire_incomplete(box: Sandbox, subscription: Obj) -> None:
    """The first payment never came: the subscription is over and its invoice void."""
    invoice = box.store.find("invoice", subscription["latest_invoice"])
    end_subscription(box, subscription, reason=None, status="incomplete_expired")
    if invoice and invoice["status"] == "open":
        mark_void(box, invoice)


def retry(box: Sandbox, invoice: Obj) -> None:
    """Charge an unpaid invoice again; after the last attempt its subscription ends."""
    subscription = subscription_of(box, invoice)
    if subscription is None or subscription["ended_at"]:
        invoice |= {"next_payment_attempt": None, "auto_advance": False}
        return
    collect(box, invoice, default_method(box, subscription))
    if invoice["status"] == "open" and invoice["attempt_count"] > len(RETRY_AFTER_DAYS):
        end_subscription(box, subscription, reason="payment_failed")
