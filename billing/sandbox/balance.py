"""The customer's balance: negative is credit, positive is owed. Every change is a row with its cause."""

from __future__ import annotations

from billing.sandbox.events import emit
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id


def move_balance(
    box: Sandbox,
    *,
    customer: Obj,
    amount: int,
    currency: str,
    type: str = "adjustment",
    invoice: str | None = None,
    description: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Obj:
    """Add `amount` minor units to the customer's balance, with a row that says why."""
    before = customer["balance"]
    customer["balance"] += amount
    customer["currency"] = customer["currency"] or currency
    row = box.store.add(
        {
            "id": new_id("cbtxn"),
            "object": "customer_balance_transaction",
            "amount": amount,
            "checkout_session": None,
            "created": box.now(),
            "credit_note": None,
            "currency": currency,
            "customer": customer["id"],
            "description": description,
            "ending_balance": customer["balance"],
            "invoice": invoice,
            "livemode": False,
            "metadata": metadata or {},
            "type": type,
        }
    )
    emit(box, "customer.updated", customer, {"balance": before})
    return row
