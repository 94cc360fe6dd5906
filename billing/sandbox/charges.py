"""Charges: one row per attempt on a card, succeeded or failed."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.cards import Decline
from billing.sandbox.events import emit
from billing.sandbox.form import Params, merge_metadata
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page

APPROVED = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "normal",
    "risk_score": 20,
    "seller_message": "Payment complete.",
    "type": "authorized",
}


def add_charge(box: Sandbox, intent: Obj, method: Obj, decline: Decline | None) -> Obj:
    """Record one attempt to charge `method` for an intent."""
    outcome = dict(APPROVED)
    if decline:
        outcome |= {
            "network_status": "declined_by_network",
            "reason": decline.decline_code or decline.code,
            "seller_message": decline.message,
            "type": "issuer_declined",
        }
    card = method["card"]
    charge: Obj = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0 if decline else intent["amount"],
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": dict(method["billing_details"]),
        "calculated_statement_descriptor": "SANDBOX",
        "captured": not decline,
        "created": box.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome,
        "paid": not decline,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {
            "card": {
                "brand": card["brand"],
                "checks": dict(card["checks"]),
                "country": card["country"],
                "exp_month": card["exp_month"],
                "exp_year": card["exp_year"],
                "fingerprint": card["fingerprint"],
                "funding": card["funding"],
                "installments": None,
                "last4": card["last4"],
                "mandate": None,
                "network": card["brand"],
                "three_d_secure": None,
                "wallet": None,
            },
            "type": "card",
        },
        "receipt_email": None,
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "failed" if decline else "succeeded",
        "transfer_data": None,
        "transfer_group": None,
    }
    box.store.add(charge)
    emit(box, "charge.failed" if decline else "charge.succeeded", charge)
    return charge


@route("GET", "/v1/charges", "customer payment_intent created limit starting_after ending_before")
def list_charges(box: Sandbox, params: Params) -> Obj:
    """Charges, by customer and payment intent."""
    where = {name: params[name] for name in ("customer", "payment_intent") if name in params}
    return page(box.store.all("charge", **where), params, url="/v1/charges")


@route("GET", "/v1/charges/{id}")
def retrieve_charge(box: Sandbox, params: Params, id: str) -> Obj:
    """One charge."""
    return box.store.get("charge", id)


@route("POST", "/v1/charges/{id}", "metadata description")
def update_charge(box: Sandbox, params: Params, id: str) -> Obj:
    """Change a charge's metadata or description."""
    charge = box.store.get("charge", id)
    charge["metadata"] = merge_metadata(charge["metadata"], params)
    charge["description"] = params.get("description", charge["description"])
    emit(box, "charge.updated", charge)
    return charge
