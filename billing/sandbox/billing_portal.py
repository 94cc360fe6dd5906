"""Billing portal sessions over the API: a hosted page where a customer minds cards, invoices and the end."""

from __future__ import annotations

from billing.sandbox.form import Params, required
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id


@route("POST", "/v1/billing_portal/sessions", "customer return_url locale flow_data configuration")
def create_portal_session(box: Sandbox, params: Params) -> Obj:
    """Create a session. Its `url` is the page to send the customer to; good for an hour, as at Stripe."""
    customer = box.store.named("customer", required(params, "customer"), param="customer")
    id = new_id("bps")
    return box.store.add(
        {
            "id": id,
            "object": "billing_portal.session",
            "configuration": "bpc_sandbox",
            "created": box.now(),
            "customer": customer["id"],
            "customer_account": None,
            "flow": None,
            "livemode": False,
            "locale": params.get("locale") or None,
            "on_behalf_of": None,
            "return_url": params.get("return_url") or None,
            "url": f"{box.address}/portal/{id}",
        }
    )
