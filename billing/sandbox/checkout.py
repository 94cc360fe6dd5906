"""Checkout Sessions over the API: a hosted page that starts a subscription, or saves a card."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.checkout_state import describe_totals, expire_session
from billing.sandbox.errors import invalid
from billing.sandbox.form import (
    Params,
    boolean,
    choice,
    integer,
    mapping,
    merge_metadata,
    refuse_unknown,
    required,
    sequence,
)
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.setup_intents import add_setup_intent
from billing.sandbox.store import Obj, new_id, page
from billing.sandbox.subscription_creation import opening_wish
from billing.sandbox.tax import is_placed
from billing.sandbox.terms import opening_terms

DAY = 24 * 3600
SHORTEST = 30 * 60
SUBSCRIPTION_DATA = [
    "metadata",
    "trial_end",
    "trial_period_days",
    "billing_cycle_anchor",
    "proration_behavior",
    "description",
    "billing_mode",
    "trial_settings",
]


@route(
    "POST",
    "/v1/checkout/sessions",
    "mode line_items customer customer_email success_url cancel_url expires_at client_reference_id metadata "
    "subscription_data setup_intent_data automatic_tax payment_method_collection payment_method_types currency locale "
    "ui_mode billing_address_collection customer_update saved_payment_method_options "
    "submit_type custom_text",
)
def create_session(box: Sandbox, params: Params) -> Obj:
    """Create a session. Its `url` is the page to send the customer to."""
    mode = choice({"mode": required(params, "mode")}, "mode", ("subscription", "setup")) or ""
    choice(params, "ui_mode", ("hosted_page",), "hosted_page")
    customer = None
    if params.get("customer"):
        customer = box.store.named("customer", params["customer"], param="customer")
        if "customer_email" in params:
            raise invalid(
                "You may only specify one of these parameters: customer, customer_email.", param="customer"
            )
    taxed = boolean(mapping(params, "automatic_tax"), "enabled")
    _check_address(customer, taxed, params)
    subscription_params = _subscription_params(params, taxed) if mode == "subscription" else {}
    items = []
    if mode == "subscription":
        items = opening_terms(box, opening_wish(box, subscription_params), box.now()).items
    id = f"cs_test_{new_id('x')[2:]}"
    setup_intent = None
    if mode == "setup":
        metadata = merge_metadata({}, mapping(params, "setup_intent_data"))
        owner = customer["id"] if customer else None
        setup_intent = add_setup_intent(box, customer=owner, metadata=metadata)["id"]
    currency = items[0]["price"]["currency"] if items else params.get("currency")
    session = _blank_session(box, id, mode, params)
    session |= {
        "customer": customer["id"] if customer else None,
        "currency": currency,
        "setup_intent": setup_intent,
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "_subscription_params": subscription_params,
        "_line_items": [_line_item(box, item) for item in items],
        "_keeps_address": mapping(params, "customer_update").get("address") == "auto" or customer is None,
        "_asked": None,
    }
    session["automatic_tax"] = {
        "enabled": taxed,
        "liability": {"type": "self"} if taxed else None,
        "provider": "stripe" if taxed else None,
        "status": None,
    }
    describe_totals(box, session)
    return box.store.add(session)


def _check_address(customer: Obj | None, taxed: bool, params: Params) -> None:
    """Tax needs a place: the customer's, or one that the page may ask for and keep."""
    if not taxed or customer is None or is_placed(customer):
        return
    if mapping(params, "customer_update").get("address") != "auto":
        raise invalid(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to "
            "the Customer or set `customer_update[address]` to 'auto' to save the address entered in Checkout.",
            code="customer_tax_location_invalid",
            param="automatic_tax",
        )


def _subscription_params(params: Params, taxed: bool) -> Params:
    """The session's wish as a subscription would be asked for."""
    data = mapping(params, "subscription_data")
    refuse_unknown(data, SUBSCRIPTION_DATA)
    items = sequence(params, "line_items")
    if not items:
        raise invalid("You must pass `line_items` in `subscription` mode.", param="line_items")
    for item in items:
        refuse_unknown(item, ("price", "quantity", "adjustable_quantity", "metadata"))
    return {
        **data,
        "items": [{"price": item.get("price"), "quantity": item.get("quantity", "1")} for item in items],
        "automatic_tax": {"enabled": "true" if taxed else "false"},
    }


def _line_item(box: Sandbox, item: Obj) -> Obj:
    price = item["price"]
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": price["unit_amount"] * item["quantity"],
        "amount_tax": 0,
        "amount_total": price["unit_amount"] * item["quantity"],
        "currency": price["currency"],
        "description": box.store.get("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": item["quantity"],
    }


def _blank_session(box: Sandbox, id: str, mode: str, params: Params) -> Obj:
    expires_at = integer(params, "expires_at", box.now() + DAY) or 0
    if not box.now() + SHORTEST - 60 <= expires_at <= box.now() + DAY + 60:
        raise invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from now.", param="expires_at"
        )
    return {
        "id": id,
        "object": "checkout.session",
        "adaptive_pricing": None,
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": None,
        "amount_total": None,
        "automatic_tax": None,
        "billing_address_collection": choice(params, "billing_address_collection", ("auto", "required")),
        "cancel_url": params.get("cancel_url") or None,
        "client_reference_id": params.get("client_reference_id") or None,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": box.now(),
        "currency": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_account": None,
        "customer_creation": None if params.get("customer") else "always",
        "customer_details": None,
        "customer_email": params.get("customer_email") or None,
        "discounts": None,
        "expires_at": expires_at,
        "invoice": None,
        "invoice_creation": None,
        "livemode": False,
        "locale": params.get("locale") or None,
        "metadata": merge_metadata({}, params),
        "mode": mode,
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": choice(
            params, "payment_method_collection", ("always", "if_required"), "always"
        ),
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": None,
        "subscription": None,
        "success_url": required(params, "success_url"),
        "total_details": None,
        "ui_mode": "hosted_page",
        "url": f"{box.address}/checkout/{id}",
        "wallet_options": None,
    }


@route(
    "GET",
    "/v1/checkout/sessions",
    "customer subscription payment_intent status created limit starting_after ending_before",
)
def list_sessions(box: Sandbox, params: Params) -> Obj:
    """Sessions by customer, subscription and status."""
    where = {name: params[name] for name in ("customer", "subscription", "status") if name in params}
    return page(box.store.all("checkout.session", **where), params, url="/v1/checkout/sessions")


@route("GET", "/v1/checkout/sessions/{id}")
def retrieve_session(box: Sandbox, params: Params, id: str) -> Obj:
    """One session."""
    return box.store.get("checkout.session", id)


@route("GET", "/v1/checkout/sessions/{id}/line_items", "limit starting_after ending_before")
def list_line_items(box: Sandbox, params: Params, id: str) -> Obj:
    """What the session sells."""
    rows = box.store.get("checkout.session", id)["_line_items"]
    return page(list(reversed(rows)), params, url=f"/v1/checkout/sessions/{id}/line_items")


@route("POST", "/v1/checkout/sessions/{id}/expire")
def expire(box: Sandbox, params: Params, id: str) -> Obj:
    """End an open session now. 400 where it is complete or expired."""
    session = box.store.get("checkout.session", id)
    if session["status"] != "open":
        raise invalid(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
            f"of {session['status']}."
        )
    expire_session(box, session)
    return session
