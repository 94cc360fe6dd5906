"""A subscription's standing: made, moved to new terms, made active or past due, ended. No payment is made here."""

from __future__ import annotations

from billing.sandbox.events import emit
from billing.sandbox.form import Params, boolean, mapping, merge_metadata
from billing.sandbox.invoices import ISSUER, Draft, mark_void
from billing.sandbox.lines import Line, kept
from billing.sandbox.render import listed, public
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id
from billing.sandbox.terms import Terms

LIVE = ("active", "trialing", "past_due", "incomplete")


def build(box: Sandbox, customer: Obj, terms: Terms, params: Params) -> Obj:
    """A new subscription, not kept yet."""
    id = new_id("sub")
    trialing = terms.trial_end is not None
    subscription: Obj = {
        "id": id,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": automatic_tax(boolean(mapping(params, "automatic_tax"), "enabled")),
        "billing_cycle_anchor": terms.anchor,
        "billing_cycle_anchor_config": None,
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": box.now(),
        "currency": terms.items[0]["price"]["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": params.get("description") or None,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"account_tax_ids": None, "issuer": dict(ISSUER)},
        "items": listed([], f"/v1/subscription_items?subscription={id}"),
        "latest_invoice": None,
        "livemode": False,
        "metadata": merge_metadata({}, params),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": mapping(params, "payment_settings").get(
                "save_default_payment_method", "off"
            ),
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": terms.start,
        "status": "trialing" if trialing else "incomplete",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": terms.trial_end,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": terms.start if trialing else None,
        "_held": [],
        "_pending": None,
        "_told": {},
    }
    apply(subscription, terms)
    return subscription


def automatic_tax(enabled: bool) -> Obj:
    """A subscription's `automatic_tax`."""
    return {"disabled_reason": None, "enabled": enabled, "liability": dict(ISSUER) if enabled else None}


def apply(subscription: Obj, terms: Terms) -> None:
    """Move a subscription to new terms."""
    put(
        subscription,
        items=terms.items,
        anchor=terms.anchor,
        start=terms.start,
        end=terms.end,
        trial_end=terms.trial_end,
        held=[kept(line) for line in terms.held],
    )


def put(
    subscription: Obj,
    *,
    items: list[Obj],
    anchor: int,
    start: int,
    end: int,
    trial_end: int | None,
    held: list[Obj],
) -> None:
    """Set items and period; `held` are kept lines that wait for the next invoice."""
    for item in items:
        item |= {
            "subscription": subscription["id"],
            "current_period_start": start,
            "current_period_end": end,
        }
    subscription["items"]["data"] = items
    subscription["billing_cycle_anchor"] = anchor
    subscription["trial_end"] = trial_end
    subscription["_held"] = held
    if subscription["status"] == "trialing" and trial_end is not None and trial_end <= start:
        subscription["status"] = "active"
    if subscription["cancel_at_period_end"]:
        subscription["cancel_at"] = end


def period(subscription: Obj) -> tuple[int, int]:
    """(start, end) of the current period; it holds its start, not its end."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def draft_for(
    box: Sandbox,
    subscription: Obj,
    lines: list[Line],
    *,
    reason: str,
    proration_date: int | None = None,
    customer: Obj | None = None,
) -> Draft:
    """What the subscription's next invoice is written from; `customer` where it is not, or not yet, the kept one."""
    start, end = period(subscription)
    opening = reason == "subscription_create"
    return Draft(
        customer=customer or box.store.get("customer", subscription["customer"]),
        currency=subscription["currency"],
        lines=lines,
        reason=reason,
        automatic_tax=subscription["automatic_tax"]["enabled"],
        period_start=start,
        period_end=start if opening else max(start, min(box.now(), end)),
        subscription=subscription,
        proration_date=proration_date,
    )


def changed(box: Sandbox, subscription: Obj, before: Obj) -> None:
    """Tell of a change; `before` is the public subscription as it was."""
    now = public(subscription)
    previous = {name: value for name, value in before.items() if now.get(name) != value}
    if previous:
        emit(box, "customer.subscription.updated", subscription, previous)


def set_status(box: Sandbox, subscription: Obj, status: str) -> None:
    """Move to another status and tell of it. Nothing where it is that already."""
    if subscription["status"] != status:
        before = public(subscription)
        subscription["status"] = status
        changed(box, subscription, before)


def discard_pending(box: Sandbox, subscription: Obj, *, event: str | None) -> None:
    """Let a pending update go; its unpaid invoice is voided. Nothing where there is none."""
    pending = subscription["_pending"]
    if not pending:
        return
    before = public(subscription)
    subscription["_pending"] = None
    subscription["pending_update"] = None
    invoice = box.store.get("invoice", pending["invoice"])
    if invoice["status"] == "open":
        mark_void(box, invoice)
    if event:
        emit(box, event, subscription, {"pending_update": before["pending_update"]})
    changed(box, subscription, before)


def end_subscription(
    box: Sandbox, subscription: Obj, *, reason: str | None, status: str = "canceled"
) -> None:
    """End a subscription for good."""
    discard_pending(box, subscription, event=None)
    before = public(subscription)
    subscription |= {
        "status": status,
        "ended_at": box.now(),
        "canceled_at": subscription["canceled_at"] or (box.now() if status == "canceled" else None),
    }
    if reason and not subscription["cancellation_details"]["reason"]:
        subscription["cancellation_details"]["reason"] = reason
    if status == "canceled":
        emit(box, "customer.subscription.deleted", subscription)
    else:
        changed(box, subscription, before)
