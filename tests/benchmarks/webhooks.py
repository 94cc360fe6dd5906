"""Signed events as Stripe sends them: a paid invoice of one subscription, about 3 KB."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

from tests.benchmarks.load import Request
from tests.infra.environment import WEBHOOK_SECRET

_number = itertools.count(time.time_ns() // 1000)


def event(*, number: int, kind: str = "invoice.paid") -> dict[str, Any]:
    now, customer = int(time.time()), f"cus_{number % 1000}"
    period = {"start": now, "end": now + 2_592_000}
    line = {
        "id": f"il_{number}", "object": "line_item", "amount": 18400, "currency": "usd", "quantity": 8,
        "description": "8 × Team (at $23.00 / month)", "discount_amounts": [], "discountable": True, "discounts": [],
        "invoice": f"in_{number}", "livemode": False, "metadata": {}, "period": period,
        "parent": {
            "type": "subscription_item_details", "invoice_item_details": None,
            "subscription_item_details": {
                "subscription": f"sub_{number}", "subscription_item": f"si_{number}", "proration": False,
                "invoice_item": None, "proration_details": {"credited_items": None},
            },
        },
        "pretax_credit_amounts": [], "taxes": [],
        "pricing": {"type": "price_details", "unit_amount_decimal": "2300",
                    "price_details": {"price": "price_team", "product": "prod_meridian"}},
    }  # fmt: skip
    invoice = {
        "id": f"in_{number}", "object": "invoice", "account_country": "US", "account_name": "Meridian Works",
        "amount_due": 18400, "amount_paid": 18400, "amount_remaining": 0, "attempt_count": 1, "attempted": True,
        "auto_advance": False, "automatic_tax": {"enabled": False, "liability": None, "status": None},
        "billing_reason": "subscription_cycle", "collection_method": "charge_automatically", "created": now,
        "currency": "usd", "custom_fields": None, "customer": customer, "customer_address": {"country": "DE"},
        "customer_email": "person@bench.test", "customer_name": "Customer", "default_payment_method": None,
        "description": None, "discounts": [], "due_date": None, "ending_balance": 0, "footer": None,
        "hosted_invoice_url": "https://invoice.stripe.test/i/acct_1/test_1", "invoice_pdf": None,
        "lines": {"object": "list", "data": [line], "has_more": False, "total_count": 1, "url": "/v1/invoices/lines"},
        "livemode": False, "metadata": {}, "next_payment_attempt": None, "number": f"MW-{number}",
        "parent": {"type": "subscription_details", "quote_details": None,
                   "subscription_details": {"metadata": {}, "subscription": f"sub_{number}"}},
        "period_end": now, "period_start": now, "starting_balance": 0, "status": "paid",
        "status_transitions": {"finalized_at": now, "marked_uncollectible_at": None, "paid_at": now, "voided_at": None},
        "subtotal": 18400, "total": 18400, "total_discount_amounts": [], "total_taxes": [],
        "webhooks_delivered_at": now,
    }  # fmt: skip
    return {
        "id": f"evt_{number}", "object": "event", "api_version": "2026-08-26.dahlia", "created": now,
        "data": {"object": invoice}, "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None}, "type": kind,
    }  # fmt: skip


def customer_delivery(path: str, customer: dict[str, Any]) -> Request:
    """A `customer.updated` never sent before, about a customer that Stripe (or the sandbox) can be asked for."""
    told = event(number=next(_number), kind="customer.updated")
    return _signed(path, {**told, "data": {"object": customer}})


def delivery(path: str = "/webhooks/stripe/", *, kind: str = "invoice.paid") -> Request:
    """One event, never sent before, signed now."""
    return _signed(path, event(number=next(_number), kind=kind))


def _signed(path: str, told: dict[str, Any]) -> Request:
    payload = json.dumps(told).encode()
    stamp = int(time.time())
    signed = hmac.new(WEBHOOK_SECRET.encode(), f"{stamp}.".encode() + payload, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "Stripe-Signature": f"t={stamp},v1={signed}"}
    return Request(path, "POST", payload, headers)


def deliveries(count: int, path: str = "/webhooks/stripe/") -> list[Request]:
    return [delivery(path) for _ in range(count)]
