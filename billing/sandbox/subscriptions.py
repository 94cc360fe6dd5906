"""Subscriptions over the API: create, read, update, cancel, list."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.errors import invalid, missing
from billing.sandbox.form import Params, choice, mapping, required
from billing.sandbox.payment_methods import attached, found
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, page
from billing.sandbox.subscription_changes import change_subscription
from billing.sandbox.subscription_creation import begin_subscription
from billing.sandbox.subscription_state import end_subscription

STATUSES = (
    "active",
    "past_due",
    "unpaid",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "trialing",
    "paused",
)


@route(
    "POST",
    "/v1/subscriptions",
    "customer items default_payment_method payment_behavior payment_settings trial_end trial_period_days metadata "
    "automatic_tax billing_cycle_anchor proration_behavior cancel_at_period_end description off_session "
    "collection_method billing_mode",
)
def create_subscription(box: Sandbox, params: Params) -> Obj:
    """Create a subscription and try its first payment."""
    customer = box.store.named("customer", required(params, "customer"), param="customer")
    required(params, "items")
    choice(params, "collection_method", ("charge_automatically",))
    method = None
    if params.get("default_payment_method"):
        method = found(box, params["default_payment_method"], param="default_payment_method")
        if method["customer"] is None:
            method = attached(box, method["id"], customer)
        elif method["customer"] != customer["id"]:
            raise invalid("The payment method belongs to another customer.", param="default_payment_method")
    else:
        chosen = customer["invoice_settings"]["default_payment_method"]
        method = box.store.find("payment_method", chosen)
    return begin_subscription(box, customer=customer, params=params, method=method)


@route(
    "GET",
    "/v1/subscriptions",
    "customer status price created collection_method limit starting_after ending_before",
)
def list_subscriptions(box: Sandbox, params: Params) -> Obj:
    """Subscriptions by customer and price; without `status` all that are not ended, with `all` every one."""
    rows = box.store.all("subscription")
    if "customer" in params:
        rows = [row for row in rows if row["customer"] == params["customer"]]
    if "price" in params:
        rows = [
            row
            for row in rows
            if any(item["price"]["id"] == params["price"] for item in row["items"]["data"])
        ]
    status = choice(params, "status", (*STATUSES, "all", "ended"))
    if status == "ended":
        rows = [row for row in rows if row["status"] in ("canceled", "incomplete_expired")]
    elif status is None:
        rows = [row for row in rows if row["status"] not in ("canceled", "incomplete_expired")]
    elif status != "all":
        rows = [row for row in rows if row["status"] == status]
    return page(rows, params, url="/v1/subscriptions")


@route("GET", "/v1/subscriptions/{id}")
def retrieve_subscription(box: Sandbox, params: Params, id: str) -> Obj:
    """One subscription."""
    return box.store.get("subscription", id)


@route(
    "POST",
    "/v1/subscriptions/{id}",
    "items default_payment_method payment_behavior proration_behavior proration_date "
    "billing_cycle_anchor trial_end metadata automatic_tax cancel_at_period_end cancel_at cancellation_details "
    "description off_session trial_from_plan add_invoice_items",
)
def update_subscription(box: Sandbox, params: Params, id: str) -> Obj:
    """Change a subscription."""
    for name in ("trial_from_plan", "add_invoice_items"):
        if name in params:
            raise invalid(f"The sandbox does not speak {name}.", param=name, code="parameter_unknown")
    return change_subscription(box, box.store.get("subscription", id), params)


@route("DELETE", "/v1/subscriptions/{id}", "cancellation_details")
def cancel_subscription(box: Sandbox, params: Params, id: str) -> Obj:
    """End a subscription now; nothing is given back."""
    subscription = box.store.find("subscription", id)
    if subscription is None or subscription["status"] in ("canceled", "incomplete_expired"):
        raise missing("subscription", id)
    given = mapping(params, "cancellation_details")
    for name in ("comment", "feedback"):
        if name in given:
            subscription["cancellation_details"][name] = given[name] or None
    end_subscription(box, subscription, reason="cancellation_requested")
    return subscription


@route("GET", "/v1/subscription_items", "subscription limit starting_after ending_before")
def list_subscription_items(box: Sandbox, params: Params) -> Obj:
    """The items of one subscription."""
    subscription = box.store.named("subscription", required(params, "subscription"), param="subscription")
    return page(list(reversed(subscription["items"]["data"])), params, url="/v1/subscription_items")
