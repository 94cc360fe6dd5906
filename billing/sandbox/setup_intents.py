"""Setup intents: what a Checkout in setup mode leaves behind when a card was saved."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

import secrets

from billing.sandbox.events import emit
from billing.sandbox.form import Params
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page


def add_setup_intent(box: Sandbox, *, customer: str | None, metadata: dict[str, str]) -> Obj:
    """Make a setup intent that still needs a card."""
    id = new_id("seti")
    intent = box.store.add(
        {
            "id": id,
            "object": "setup_intent",
            "application": None,
            "automatic_payment_methods": None,
            "cancellation_reason": None,
            "client_secret": f"{id}_secret_{secrets.token_hex(12)}",
            "created": box.now(),
            "customer": customer,
            "customer_account": None,
            "description": None,
            "flow_directions": None,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": metadata,
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {
                "card": {"mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
            },
            "payment_method_types": ["card"],
            "single_use_mandate": None,
            "status": "requires_payment_method",
            "usage": "off_session",
        }
    )
    emit(box, "setup_intent.created", intent)
    return intent


def succeed(box: Sandbox, intent: Obj, method: Obj) -> None:
    """The card is saved."""
    intent |= {"payment_method": method["id"], "customer": method["customer"], "status": "succeeded"}
    emit(box, "setup_intent.succeeded", intent)


@route("GET", "/v1/setup_intents", "customer payment_method created limit starting_after ending_before")
def list_setup_intents(box: Sandbox, params: Params) -> Obj:
    """Setup intents by customer and card."""
    where = {name: params[name] for name in ("customer", "payment_method") if name in params}
    return page(box.store.all("setup_intent", **where), params, url="/v1/setup_intents")


@route("GET", "/v1/setup_intents/{id}")
def retrieve_setup_intent(box: Sandbox, params: Params, id: str) -> Obj:
    """One setup intent."""
    return box.store.get("setup_intent", id)
