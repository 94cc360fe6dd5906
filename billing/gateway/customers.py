"""Stripe's customers: who pays, with which card, and where they look after it."""

from __future__ import annotations

from billing.answers import PayerSeen
from billing.gateway import client
from billing.reading import read_payer


def create_customer(
    *, name: str, email: str, country: str, reference: str, mark: str, idempotency_key: str
) -> str:
    """Make the Stripe customer; its address country decides tax. Returns its id; `mark` is what it is found by."""
    with client.asking() as v1:
        made = v1.customers.create(
            {
                "name": name,
                "email": email,
                "address": {"country": country},
                "metadata": {"customer": reference, "mark": mark},
            },
            client.key(idempotency_key),
        )
        return str(made.id)


def find_customer(*, email: str, mark: str) -> str:
    """The id of the customer that was made with this mark; empty where there is none."""
    with client.asking() as v1:
        for each in v1.customers.list({"email": email, "limit": 100}).auto_paging_iter():
            if (each.to_dict().get("metadata") or {}).get("mark") == mark:
                return str(each.id)
    return ""


def fetch_payer(customer_id: str) -> PayerSeen:
    with client.asking() as v1:
        return read_payer(
            v1.customers.retrieve(
                customer_id, {"expand": ["invoice_settings.default_payment_method"]}
            ).to_dict()
        )


def keep_card(*, customer_id: str, payment_method_id: str) -> None:
    """Make the card the customer's default, so that it stays on file when a subscription ends."""
    with client.asking() as v1:
        kept = v1.customers.update(
            customer_id, {"invoice_settings": {"default_payment_method": payment_method_id}}
        )
        client.see(kept, id=customer_id)


def open_billing_portal(*, customer_id: str, return_url: str) -> str:
    with client.asking() as v1:
        return str(v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}).url)
