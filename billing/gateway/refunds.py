"""Money back: to the card, or to the customer's balance."""

from __future__ import annotations

from billing.answers import RefundSeen
from billing.gateway import client
from billing.reading import read_refund


def refund_payment(*, payment_intent_id: str, order_id: str, idempotency_key: str) -> RefundSeen:
    """Give back what is left of a payment, to the card it came from. A payment given back already is refused."""
    with client.asking() as v1:
        return read_refund(
            v1.refunds.create(
                {
                    "payment_intent": payment_intent_id,
                    "reason": "duplicate",
                    "metadata": {"order": order_id},
                },
                client.key(idempotency_key),
            ).to_dict()
        )


def fetch_refund(refund_id: str) -> RefundSeen:
    with client.asking() as v1:
        return read_refund(v1.refunds.retrieve(refund_id).to_dict())


def list_refunds(payment_intent_id: str) -> list[RefundSeen]:
    """Every refund of a payment, newest first; to look for our own mark, or for somebody else's hand."""
    with client.asking() as v1:
        found = v1.refunds.list({"payment_intent": payment_intent_id, "limit": 100})
        return [read_refund(each.to_dict()) for each in found.auto_paging_iter()]


def move_balance(
    *, customer_id: str, amount: int, currency: str, mark: dict[str, str], why: str, idempotency_key: str
) -> str:
    """Add `amount` minor units to what the customer owes; below zero it is their credit. Returns the row's id.

    `mark` is what the row is found by: {"order": …} or {"waiver": …}.
    """
    with client.asking() as v1:
        made = v1.customers.balance_transactions.create(
            customer_id,
            {
                "amount": amount,
                "currency": currency.lower(),
                "description": why,
                "metadata": mark,
            },
            client.key(idempotency_key),
        )
        return str(made.id)


def find_balance_move(*, customer_id: str, mark: dict[str, str]) -> str:
    """The id of the row that carries this mark; empty where there is none."""
    with client.asking() as v1:
        found = v1.customers.balance_transactions.list(customer_id, {"limit": 100})
        for each in found.auto_paging_iter():
            if mark.items() <= (each.to_dict().get("metadata") or {}).items():
                return str(each.id)
    return ""
