"""`invoices/create_preview`: the invoice that a change, a beginning or the next renewal would make."""

from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.form import Params, boolean, mapping, required
from billing.sandbox.invoices import write
from billing.sandbox.lines import Line, unkept, whole_line
from billing.sandbox.periods import next_boundary
from billing.sandbox.render import public
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import renews_at
from billing.sandbox.store import Obj
from billing.sandbox.subscription_creation import opened
from billing.sandbox.subscription_state import LIVE, apply, automatic_tax, draft_for
from billing.sandbox.terms import changed_terms, read_wish

DETAILS = frozenset(
    {
        "items",
        "proration_behavior",
        "proration_date",
        "billing_cycle_anchor",
        "cancel_at_period_end",
        "trial_end",
        "metadata",
    }
)


@route(
    "POST",
    "/v1/invoices/create_preview",
    "customer customer_details subscription subscription_details automatic_tax currency preview_mode",
)
def create_preview(box: Sandbox, params: Params) -> Obj:
    """Answer the invoice without keeping or moving anything. 404 where nothing more will be invoiced."""
    details = mapping(params, "subscription_details")
    unknown = sorted(set(details) - DETAILS)
    if unknown:
        raise invalid(
            f"Received unknown parameter: subscription_details[{unknown[0]}]",
            param=f"subscription_details[{unknown[0]}]",
            code="parameter_unknown",
        )
    described = _of_existing if params.get("subscription") else _of_new
    preview = described(box, params, details)
    preview["id"] = preview["id"].replace("in_", "upcoming_in_", 1)
    for line in preview["lines"]["data"]:
        line["invoice"] = preview["id"]
    preview |= {"auto_advance": False, "ending_balance": preview["_ending_balance"]}
    return preview


def _of_new(box: Sandbox, params: Params, details: Params) -> Obj:
    """The first invoice of a subscription that does not exist yet."""
    if not details.get("items"):
        raise invalid(
            "You must pass `subscription` or `subscription_details[items]`.", param="subscription_details"
        )
    customer = box.store.named("customer", required(params, "customer"), param="customer")
    customer = _as_described(customer, mapping(params, "customer_details"))
    _, invoice = opened(box, customer, {**details, "automatic_tax": params.get("automatic_tax", {})})
    invoice["parent"] = None
    for line in invoice["lines"]["data"]:
        line["subscription"] = line["parent"]["subscription_item_details"]["subscription"] = None
    return invoice


def _as_described(customer: Obj, given: Params) -> Obj:
    """A copy of the customer with another address or exemption, for a preview at a place not yet kept."""
    described: Obj = public(customer)
    if given.get("address"):
        described["address"] = {**(described["address"] or {}), **mapping(given, "address")}
    described["tax_exempt"] = given.get("tax_exempt", described["tax_exempt"])
    return described


def _of_existing(box: Sandbox, params: Params, details: Params) -> Obj:
    kept = box.store.named("subscription", params["subscription"], param="subscription")
    if params.get("customer") not in (None, kept["customer"]):
        raise invalid("The subscription belongs to another customer.", param="subscription")
    if kept["status"] not in LIVE:
        raise _nothing_upcoming(kept)
    subscription = _copied(kept)
    if "automatic_tax" in params:
        enabled = boolean(mapping(params, "automatic_tax"), "enabled")
        subscription["automatic_tax"] = automatic_tax(enabled)
    wish = read_wish(details)
    terms = changed_terms(box, subscription, wish, box.now())
    if terms.invoiced:
        draft = draft_for(
            box, subscription, terms.lines, reason="subscription_update", proration_date=terms.proration_date
        )
        return write(box, draft)

    # Nothing is invoiced by the change itself: answer the next renewal, as it would be after the change.
    apply(subscription, terms)
    if boolean(details, "cancel_at_period_end", subscription["cancel_at_period_end"]):
        subscription |= {"cancel_at_period_end": True, "cancel_at": terms.end}
    elif "cancel_at_period_end" in details:
        subscription |= {"cancel_at_period_end": False, "cancel_at": None}
    renewal = renews_at(subscription)
    if renewal is None:
        raise _nothing_upcoming(subscription)
    lines = [*_held(box, subscription), *_next_lines(box, subscription, renewal)]
    with box.clock.pinned(renewal):
        return write(box, draft_for(box, subscription, lines, reason="subscription_cycle"))


def _copied(subscription: Obj) -> Obj:
    """A copy deep enough that trying a change on it leaves the kept one alone."""
    items = [dict(item) for item in subscription["items"]["data"]]
    return {
        **subscription,
        "items": {**subscription["items"], "data": items},
        "_held": list(subscription["_held"]),
    }


def _held(box: Sandbox, subscription: Obj) -> list[Line]:
    return [unkept(box, row) for row in subscription["_held"]]


def _next_lines(box: Sandbox, subscription: Obj, start: int) -> list[Line]:
    items = subscription["items"]["data"]
    end = next_boundary(subscription["billing_cycle_anchor"], items[0]["price"]["recurring"], start)
    return [whole_line(box, item, start, end) for item in items]


def _nothing_upcoming(subscription: Obj) -> Exception:
    return invalid(
        f"No upcoming invoices for customer: {subscription['customer']}",
        code="invoice_upcoming_none",
        status=404,
    )
