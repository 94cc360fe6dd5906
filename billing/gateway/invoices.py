"""Invoices: what would be charged, what was, and what the bank asks before it is."""

from __future__ import annotations

from datetime import datetime

from billing.answers import InvoiceSeen
from billing.gateway import client
from billing.reading import read_invoice

PAYMENTS = ["payments.data.payment.payment_intent"]


def preview_first(*, customer_id: str, price_id: str, quantity: int) -> InvoiceSeen:
    """What a new subscription would charge now, and at each renewal."""
    with client.asking() as v1:
        return read_invoice(
            v1.invoices.create_preview(
                {
                    "customer": customer_id,
                    "subscription_details": {"items": [{"price": price_id, "quantity": quantity}]},
                    **client.tax(),
                }
            ).to_dict()
        )


def preview_change(
    *, customer_id: str, subscription_id: str, item_id: str, price_id: str, quantity: int, at: datetime
) -> InvoiceSeen:
    """What changing the subscription at `at` would charge: the same call as the change, without the change."""
    with client.asking() as v1:
        return read_invoice(
            v1.invoices.create_preview(
                {
                    "customer": customer_id,
                    "subscription": subscription_id,
                    "subscription_details": {
                        "items": [{"id": item_id, "price": price_id, "quantity": quantity}],
                        "proration_behavior": "always_invoice",
                        "proration_date": client.seconds(at),
                    },
                }
            ).to_dict()
        )


def fetch_invoice(invoice_id: str) -> InvoiceSeen:
    with client.asking() as v1:
        return read_invoice(v1.invoices.retrieve(invoice_id, {"expand": PAYMENTS}).to_dict())


def list_invoices(*, customer_id: str, since: datetime) -> list[InvoiceSeen]:
    """The customer's invoices made since `since`, newest first; to look for our own mark."""
    with client.asking() as v1:
        found = v1.invoices.list(
            {"customer": customer_id, "created": {"gte": client.seconds(since)}, "limit": 100}
        )
        return [read_invoice(each.to_dict()) for each in found.auto_paging_iter()]


def paid_invoices_page(*, since: datetime, after: str) -> tuple[tuple[InvoiceSeen, ...], str]:
    """Up to a hundred paid invoices made since a moment, newest first."""
    asked = {**client.hundred_after(after), "created": {"gte": client.seconds(since)}, "status": "paid"}
    with client.asking() as v1:
        return client.page(v1.invoices.list(asked), read_invoice)


def void_invoice(invoice_id: str) -> None:
    """Take an open invoice back; a pending update that waits for it is dropped with it."""
    with client.asking() as v1:
        client.see(v1.invoices.void_invoice(invoice_id), id=invoice_id, status="void")


def challenge_url(*, payment_intent_id: str, return_url: str) -> str:
    """Where the customer answers their bank, coming back to `return_url`. Empty where Stripe gives no such page."""
    with client.asking() as v1:
        intent = v1.payment_intents.confirm(payment_intent_id, {"return_url": return_url})
        client.see(intent, id=payment_intent_id)
        action = intent.to_dict().get("next_action") or {}
        return str((action.get("redirect_to_url") or {}).get("url") or "")
