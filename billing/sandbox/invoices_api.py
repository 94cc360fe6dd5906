"""Invoices over the API: read, pay, void; and the payments on them."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.cards import Decline
from billing.sandbox.errors import StripeError, card_error, invalid
from billing.sandbox.form import Params, boolean, merge_metadata, required
from billing.sandbox.invoices import intent_of, mark_paid, mark_void
from billing.sandbox.payment_methods import attached, card_of
from billing.sandbox.render import public
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import (
    NEEDS_ACTION,
    collect,
    default_method,
    invoice_paid,
    require_method,
    subscription_of,
)
from billing.sandbox.store import Obj, page
from billing.sandbox.subscription_state import discard_pending


@route(
    "GET",
    "/v1/invoices",
    "customer subscription status created collection_method limit starting_after ending_before",
)
def list_invoices(box: Sandbox, params: Params) -> Obj:
    """Invoices by customer, subscription, status and time."""
    rows = box.store.all("invoice")
    for name in ("customer", "status"):
        if name in params:
            rows = [row for row in rows if row[name] == params[name]]
    if "subscription" in params:
        rows = [row for row in rows if _bills(row, params["subscription"])]
    return page(rows, params, url="/v1/invoices")


def _bills(invoice: Obj, subscription: str) -> bool:
    details = (invoice["parent"] or {}).get("subscription_details") or {}
    return bool(details.get("subscription") == subscription)


@route("GET", "/v1/invoices/{id}")
def retrieve_invoice(box: Sandbox, params: Params, id: str) -> Obj:
    """One invoice."""
    return box.store.get("invoice", id)


@route("POST", "/v1/invoices/{id}", "metadata description")
def update_invoice(box: Sandbox, params: Params, id: str) -> Obj:
    """Change an invoice's metadata or description."""
    invoice = box.store.get("invoice", id)
    invoice["metadata"] = merge_metadata(invoice["metadata"], params)
    invoice["description"] = params.get("description", invoice["description"])
    return invoice


@route("GET", "/v1/invoices/{id}/lines", "limit starting_after ending_before")
def list_invoice_lines(box: Sandbox, params: Params, id: str) -> Obj:
    """The lines of an invoice, in its order."""
    lines = box.store.get("invoice", id)["lines"]["data"]
    return page([{**line} for line in reversed(lines)], params, url=f"/v1/invoices/{id}/lines")


@route("POST", "/v1/invoices/{id}/pay", "payment_method off_session paid_out_of_band")
def pay_invoice(box: Sandbox, params: Params, id: str) -> Obj:
    """Try to pay an open invoice now. 402 where the card is declined or its bank asks first."""
    invoice = box.store.get("invoice", id)
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid")
    if invoice["status"] != "open":
        raise invalid(f"Invoice cannot be paid: its status is {invoice['status']}.")
    if boolean(params, "paid_out_of_band"):
        mark_paid(box, invoice)
        invoice_paid(box, invoice)
        return invoice
    method = chosen_method(box, invoice, params.get("payment_method"))
    refused = pay(box, invoice, require_method(method))
    if refused:
        raise refused
    return invoice


def chosen_method(box: Sandbox, invoice: Obj, id: str | None) -> Obj | None:
    """The card to pay an invoice with: the one named, else the subscription's or customer's default."""
    customer = box.store.get("customer", invoice["customer"])
    if id:
        return attached(box, id, customer)
    subscription = subscription_of(box, invoice)
    if subscription:
        return default_method(box, subscription)
    return box.store.find("payment_method", customer["invoice_settings"]["default_payment_method"])


def pay(box: Sandbox, invoice: Obj, method: Obj) -> StripeError | None:
    """Try the card on an open invoice. Returns what Stripe would answer where it is not paid, None where it is."""
    collect(box, invoice, method)
    if invoice["status"] == "paid":
        return None
    intent = public(intent_of(box, invoice))
    verdict = card_of(method).charge
    if isinstance(verdict, Decline):
        return verdict.error(payment_intent=intent, payment_method=public(method))
    return card_error(NEEDS_ACTION, code="invoice_payment_intent_requires_action", payment_intent=intent)


@route("POST", "/v1/invoices/{id}/void")
def void_invoice(box: Sandbox, params: Params, id: str) -> Obj:
    """Void an open invoice; a pending update that waited for it is discarded."""
    invoice = box.store.get("invoice", id)
    if invoice["status"] != "open":
        raise invalid(f"You can only void open invoices; this one is {invoice['status']}.")
    mark_void(box, invoice)
    subscription = subscription_of(box, invoice)
    if subscription and (subscription["_pending"] or {}).get("invoice") == id:
        discard_pending(box, subscription, event=None)
    return invoice


@route("GET", "/v1/invoice_payments", "invoice status limit starting_after ending_before")
def list_invoice_payments(box: Sandbox, params: Params) -> Obj:
    """The payments on an invoice."""
    rows = box.store.all("invoice_payment", invoice=required(params, "invoice"))
    return page(rows, params, url="/v1/invoice_payments")


@route("GET", "/v1/invoice_payments/{id}")
def retrieve_invoice_payment(box: Sandbox, params: Params, id: str) -> Obj:
    """One payment on an invoice."""
    return box.store.get("invoice_payment", id)
