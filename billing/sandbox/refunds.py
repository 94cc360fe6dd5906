"""Refunds of charges, whole or in part."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, choice, integer, merge_metadata
from billing.sandbox.money import formatted
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page

FAILURES = (
    "charge_for_pending_refund_disputed",
    "declined",
    "expired_or_canceled_card",
    "insufficient_funds",
    "lost_or_stolen_card",
    "merchant_request",
    "unknown",
)
REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@route("POST", "/v1/refunds", "charge payment_intent amount reason metadata")
def create_refund(box: Sandbox, params: Params) -> Obj:
    """Give back a charge, whole or `amount` of it. 400 beyond what is left."""
    id = params.get("charge")
    if not id and "payment_intent" in params:
        id = box.store.named("payment_intent", params["payment_intent"], param="payment_intent")[
            "latest_charge"
        ]
    charge = box.store.named("charge", id, param="charge")
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = integer(params, "amount", left) or 0
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if not 0 < amount <= left:
        shown = formatted(left, charge["currency"])
        raise invalid(
            f"Refund amount is greater than the unrefunded amount on charge ({shown})", param="amount"
        )
    refund = box.store.add(
        {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "balance_transaction": None,
            "charge": charge["id"],
            "created": box.now(),
            "currency": charge["currency"],
            "destination_details": {
                "card": {
                    "reference_status": "pending",
                    "reference_type": "acquirer_reference_number",
                    "type": "refund",
                },
                "type": "card",
            },
            "metadata": merge_metadata({}, params),
            "payment_intent": charge["payment_intent"],
            "reason": choice(params, "reason", REASONS),
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": "succeeded",
            "transfer_reversal": None,
        }
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(box, "refund.created", refund)
    emit(box, "charge.refunded", charge, {"amount_refunded": charge["amount_refunded"] - amount})
    return refund


def fail_refund(box: Sandbox, id: str, reason: str) -> Obj:
    """The bank sends a refund back, days after it was made: its money is in the vendor's balance again."""
    refund = box.store.get("refund", id)
    if refund["status"] == "failed":
        raise invalid(f"Refund {id} has failed already.")
    charge = box.store.get("charge", refund["charge"])
    before = {"amount_refunded": charge["amount_refunded"], "refunded": charge["refunded"]}
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    refund |= {
        "status": "failed",
        "failure_reason": choice({"reason": reason}, "reason", FAILURES),
        "failure_balance_transaction": new_id("txn"),
    }
    emit(box, "charge.updated", charge, before)
    for kind in ("refund.updated", "charge.refund.updated", "refund.failed"):
        emit(box, kind, refund, {"status": "succeeded"})
    return refund


@route("GET", "/v1/refunds", "charge payment_intent created limit starting_after ending_before")
def list_refunds(box: Sandbox, params: Params) -> Obj:
    """Refunds, by charge and payment intent."""
    where = {name: params[name] for name in ("charge", "payment_intent") if name in params}
    return page(box.store.all("refund", **where), params, url="/v1/refunds")


@route("GET", "/v1/refunds/{id}")
def retrieve_refund(box: Sandbox, params: Params, id: str) -> Obj:
    """One refund."""
    return box.store.get("refund", id)
