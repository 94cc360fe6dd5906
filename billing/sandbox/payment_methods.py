"""Payment methods: cards made from Stripe's test ids or typed into a hosted page, attached to a customer or not."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from billing.sandbox.cards import CARDS, TEST_PAYMENT_METHODS, Card, by_number, refuse_bad_expiry
from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, choice, integer, mapping, merge_metadata, required
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page


def make_card(box: Sandbox, number: str, *, exp_month: int, exp_year: int, name: str | None = None) -> Obj:
    """A new, unattached payment method for a test card. 402 for a number or date that no test card has."""
    card = by_number(number)
    today = datetime.fromtimestamp(box.now(), UTC)
    refuse_bad_expiry(exp_month, exp_year, at_year=today.year, at_month=today.month)
    fingerprint = hashlib.sha256(card.number.encode()).hexdigest()[:16]
    return box.store.add(
        {
            "id": new_id("pm"),
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": {"address": None, "email": None, "name": name, "phone": None, "tax_id": None},
            "card": {
                "brand": card.brand,
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": "pass",
                },
                "country": "US",
                "display_brand": card.brand,
                "exp_month": exp_month,
                "exp_year": exp_year,
                "fingerprint": fingerprint,
                "funding": "credit",
                "generated_from": None,
                "last4": card.number[-4:],
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "created": box.now(),
            "customer": None,
            "customer_account": None,
            "livemode": False,
            "metadata": {},
            "type": "card",
            "_number": card.number,
        }
    )


def card_of(method: Obj) -> Card:
    """The test card behind a payment method."""
    return CARDS[method["_number"]]


def found(box: Sandbox, id: str, *, param: str = "payment_method") -> Obj:
    """The payment method with this id; a test id such as `pm_card_visa` makes a new one each time, as at Stripe."""
    if id in TEST_PAYMENT_METHODS:
        year = datetime.fromtimestamp(box.now(), UTC).year + 4
        return make_card(box, TEST_PAYMENT_METHODS[id], exp_month=12, exp_year=year)
    return box.store.named("payment_method", id, param=param)


def attached(box: Sandbox, id: str, customer: Obj) -> Obj:
    """The payment method, attached to the customer. 402 where the bank refuses that, 400 where it is another's."""
    method = found(box, id)
    if method["customer"] == customer["id"]:
        return method
    if method["customer"]:
        raise invalid(
            "The payment method you provided has already been attached to a customer.", param="payment_method"
        )
    refusal = card_of(method).attach
    if refusal:
        raise refusal.error()
    method["customer"] = customer["id"]
    emit(box, "payment_method.attached", method)
    return method


def cards_on_file(box: Sandbox, customer_id: str) -> list[Obj]:
    """A customer's cards, oldest first."""
    return box.store.all("payment_method", customer=customer_id)


@route("POST", "/v1/payment_methods", "type card billing_details metadata allow_redisplay")
def create_payment_method(box: Sandbox, params: Params) -> Obj:
    """Make a card from a number, as Stripe's front ends do, or from a test token such as `tok_visa`."""
    choice(params, "type", ("card",), "card")
    card = mapping(params, "card")
    token = card.get("token", "")
    if token:
        method = found(box, token.replace("tok_", "pm_card_", 1), param="card[token]")
    else:
        method = make_card(
            box,
            required(card, "number"),
            exp_month=integer(card, "exp_month", 0) or 0,
            exp_year=integer(card, "exp_year", 0) or 0,
        )
    method["metadata"] = merge_metadata({}, params)
    method["billing_details"] |= mapping(params, "billing_details")
    return method


@route("GET", "/v1/payment_methods", "customer type allow_redisplay limit starting_after ending_before")
def list_payment_methods(box: Sandbox, params: Params) -> Obj:
    """A customer's payment methods."""
    rows = cards_on_file(box, required(params, "customer"))
    if "type" in params:
        rows = [row for row in rows if row["type"] == params["type"]]
    return page(rows, params, url="/v1/payment_methods")


@route("GET", "/v1/customers/{id}/payment_methods", "type allow_redisplay limit starting_after ending_before")
def list_customer_payment_methods(box: Sandbox, params: Params, id: str) -> Obj:
    """A customer's payment methods, by the other path."""
    rows = cards_on_file(box, box.store.get("customer", id)["id"])
    return page(rows, params, url=f"/v1/customers/{id}/payment_methods")


@route("GET", "/v1/payment_methods/{id}")
def retrieve_payment_method(box: Sandbox, params: Params, id: str) -> Obj:
    """One payment method."""
    return box.store.get("payment_method", id)


@route("POST", "/v1/payment_methods/{id}", "metadata billing_details allow_redisplay")
def update_payment_method(box: Sandbox, params: Params, id: str) -> Obj:
    """Change a payment method's metadata or billing details."""
    method = box.store.get("payment_method", id)
    method["metadata"] = merge_metadata(method["metadata"], params)
    method["billing_details"] |= mapping(params, "billing_details")
    emit(box, "payment_method.updated", method)
    return method


@route("POST", "/v1/payment_methods/{id}/attach", "customer")
def attach_payment_method(box: Sandbox, params: Params, id: str) -> Obj:
    """Attach a payment method to a customer."""
    customer = box.store.named("customer", required(params, "customer"), param="customer")
    return attached(box, id, customer)


@route("POST", "/v1/payment_methods/{id}/detach")
def detach_payment_method(box: Sandbox, params: Params, id: str) -> Obj:
    """Take a payment method from its customer, and from wherever it was the default."""
    method = box.store.get("payment_method", id)
    customer = box.store.find("customer", method["customer"])
    if customer is None:
        raise invalid(
            "The payment method you provided is not attached to a customer.", param="payment_method"
        )
    method["customer"] = None
    if customer["invoice_settings"]["default_payment_method"] == id:
        customer["invoice_settings"]["default_payment_method"] = None
    for subscription in box.store.all("subscription", default_payment_method=id):
        subscription["default_payment_method"] = None
    emit(box, "payment_method.detached", method, {"customer": customer["id"]})
    return method
