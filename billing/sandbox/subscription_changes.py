"""A subscription changes: new items, prorated and invoiced as asked, applied at once or only if paid."""

from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.form import Params, boolean, choice, integer, mapping, merge_metadata
from billing.sandbox.invoices import Draft, issue, write
from billing.sandbox.lines import kept
from billing.sandbox.payment_methods import attached
from billing.sandbox.render import public
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import collect, default_method, refusal, require_method
from billing.sandbox.store import Obj
from billing.sandbox.subscription_creation import BEHAVIORS
from billing.sandbox.subscription_state import (
    apply,
    automatic_tax,
    changed,
    discard_pending,
    draft_for,
    period,
)
from billing.sandbox.terms import Terms, changed_terms, read_wish

BILLED = ("items", "billing_cycle_anchor", "trial_end", "proration_date")
# Stripe's pending updates take no other parameters.
PENDING_TAKES = frozenset(
    [
        "items",
        "payment_behavior",
        "proration_behavior",
        "proration_date",
        "billing_cycle_anchor",
        "trial_end",
        "trial_from_plan",
        "add_invoice_items",
        "off_session",
        "expand",
    ]
)
PENDING_LIFETIME = 23 * 3600


def change_subscription(box: Sandbox, subscription: Obj, params: Params) -> Obj:
    """Carry out an update request. 402 and no change where `error_if_incomplete` meets a refusing card."""
    behavior = choice(params, "payment_behavior", BEHAVIORS, "allow_incomplete") or "allow_incomplete"
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if behavior == "pending_if_incomplete":
        _refuse_beside_pending(params)
    terms = None
    if any(name in params for name in BILLED):
        terms = changed_terms(box, subscription, read_wish(params), box.now())
    method = None
    if params.get("default_payment_method"):
        method = box.store.named(
            "payment_method", params["default_payment_method"], param="default_payment_method"
        )
        if method["customer"] != subscription["customer"]:
            raise invalid(
                "The payment method must be attached to the customer of the subscription.",
                param="default_payment_method",
                code="resource_missing",
            )
    if terms and terms.invoiced:
        due = write(box, _draft(box, subscription, terms))["amount_due"]
        method = method or default_method(box, subscription)
        if due and behavior != "default_incomplete":
            refused = refusal(require_method(method))
            if refused and behavior == "error_if_incomplete":
                raise refused

    before = public(subscription)
    _set_plainly(box, subscription, params)
    if terms is None:
        changed(box, subscription, before)
        return subscription
    discard_pending(box, subscription, event=None)
    if not terms.invoiced:
        apply(subscription, terms)
        changed(box, subscription, before)
    elif behavior == "pending_if_incomplete":
        _change_if_paid(box, subscription, terms, method)
    else:
        _change_and_invoice(
            box, subscription, terms, before, method, try_card=behavior != "default_incomplete"
        )
    return subscription


def _draft(box: Sandbox, subscription: Obj, terms: Terms) -> Draft:
    return draft_for(
        box, subscription, terms.lines, reason="subscription_update", proration_date=terms.proration_date
    )


def _change_and_invoice(
    box: Sandbox, subscription: Obj, terms: Terms, before: Obj, method: Obj | None, *, try_card: bool
) -> None:
    draft = _draft(box, subscription, terms)
    apply(subscription, terms)
    invoice = issue(box, draft)
    subscription["latest_invoice"] = invoice["id"]
    changed(box, subscription, before)
    if try_card or not invoice["amount_due"]:
        collect(box, invoice, method)


def _change_if_paid(box: Sandbox, subscription: Obj, terms: Terms, method: Obj | None) -> None:
    """Invoice first; the items move when the invoice is paid. Until then the wish stands in `pending_update`."""
    before = public(subscription)
    invoice = issue(box, _draft(box, subscription, terms))
    subscription["latest_invoice"] = invoice["id"]
    subscription["_pending"] = {
        "invoice": invoice["id"],
        "items": terms.items,
        "anchor": terms.anchor,
        "start": terms.start,
        "end": terms.end,
        "trial_end": terms.trial_end,
        "held": [kept(line) for line in terms.held],
    }
    collect(box, invoice, method)
    if subscription["_pending"] is None:
        return
    ends = [box.now() + PENDING_LIFETIME, period(subscription)[1]]
    subscription["pending_update"] = {
        "billing_cycle_anchor": terms.anchor if terms.resets else None,
        "discounts": None,
        "expires_at": min(ends),
        "metadata": None,
        "subscription_items": [
            {
                **public(item),
                "subscription": subscription["id"],
                "current_period_start": terms.start,
                "current_period_end": terms.end,
            }
            for item in terms.items
        ],
        "trial_end": terms.trial_end if terms.trial_end != subscription["trial_end"] else None,
        "trial_from_plan": None,
    }
    changed(box, subscription, before)


def _refuse_beside_pending(params: Params) -> None:
    extra = sorted(set(params) - PENDING_TAKES)
    if extra:
        raise invalid(
            f"When `payment_behavior` is `pending_if_incomplete`, the parameter `{extra[0]}` is not supported. "
            "See the pending updates reference.",
            param=extra[0],
        )


def _set_plainly(box: Sandbox, subscription: Obj, params: Params) -> None:
    """What changes without money: metadata, description, default card, automatic tax, and whether it ends."""
    subscription["metadata"] = merge_metadata(subscription["metadata"], params)
    if "description" in params:
        subscription["description"] = params["description"] or None
    if "default_payment_method" in params:
        chosen = params["default_payment_method"] or None
        if chosen:
            attached(box, chosen, box.store.get("customer", subscription["customer"]))
        subscription["default_payment_method"] = chosen
    if "automatic_tax" in params:
        subscription["automatic_tax"] = automatic_tax(boolean(mapping(params, "automatic_tax"), "enabled"))
    if "cancellation_details" in params:
        given = mapping(params, "cancellation_details")
        subscription["cancellation_details"] |= {
            name: given[name] or None for name in ("comment", "feedback") if name in given
        }
    if "cancel_at_period_end" in params:
        _set_end(
            box, subscription, period(subscription)[1] if boolean(params, "cancel_at_period_end") else None
        )
        subscription["cancel_at_period_end"] = boolean(params, "cancel_at_period_end")
    elif "cancel_at" in params:
        cancel_at = integer(params, "cancel_at")
        if cancel_at is not None and cancel_at <= box.now():
            raise invalid("cancel_at must be in the future.", param="cancel_at")
        _set_end(box, subscription, cancel_at)
        subscription["cancel_at_period_end"] = False


def _set_end(box: Sandbox, subscription: Obj, cancel_at: int | None) -> None:
    subscription["cancel_at"] = cancel_at
    subscription["canceled_at"] = box.now() if cancel_at else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if cancel_at else None
