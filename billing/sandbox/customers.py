"""Customers, and the rows of their balance."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

import secrets

from billing.sandbox.balance import move_balance
from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, choice, integer, mapping, merge_metadata, required
from billing.sandbox.payment_methods import attached
from billing.sandbox.render import public
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id, page

ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
FIELDS = (
    "name email phone description address metadata invoice_settings preferred_locales tax_exempt tax shipping "
    "business_name individual_name"
)


def blank_customer(box: Sandbox) -> Obj:
    """A customer of whom nothing is known, not kept."""
    return {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": box.now(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": secrets.token_hex(4).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def add_customer(box: Sandbox, params: Params) -> Obj:
    """Make a customer."""
    customer = blank_customer(box)
    _set(customer, params)
    box.store.add(customer)
    if params.get("payment_method"):
        attached(box, params["payment_method"], customer)
    _set_default_payment_method(box, customer, params)
    emit(box, "customer.created", customer)
    balance = integer(params, "balance", 0) or 0
    if balance:
        move_balance(box, customer=customer, amount=balance, currency="usd", type="initial")
    return customer


def set_address(customer: Obj, given: Params) -> None:
    """Set the whole address; absent parts become null."""
    customer["address"] = {part: given.get(part) or None for part in ADDRESS}


def _set(customer: Obj, params: Params) -> None:
    for name in ("name", "email", "phone", "description", "business_name", "individual_name"):
        if name in params:
            customer[name] = params[name] or None
    if "address" in params:
        if params["address"] == "":
            customer["address"] = None
        else:
            set_address(customer, mapping(params, "address"))
    if "preferred_locales" in params:
        customer["preferred_locales"] = params["preferred_locales"] or []
    customer["tax_exempt"] = choice(
        params, "tax_exempt", ("none", "exempt", "reverse"), customer["tax_exempt"]
    )
    customer["metadata"] = merge_metadata(customer["metadata"], params)


def _set_default_payment_method(box: Sandbox, customer: Obj, params: Params) -> None:
    settings = mapping(params, "invoice_settings")
    if "default_payment_method" not in settings:
        return
    chosen = settings["default_payment_method"] or None
    if chosen:
        method = box.store.named("payment_method", chosen, param="invoice_settings[default_payment_method]")
        if method["customer"] != customer["id"]:
            raise invalid(
                "The customer does not have a payment method with the ID "
                f"{chosen}. The payment method must be attached to the customer.",
                param="invoice_settings[default_payment_method]",
                code="resource_missing",
            )
    customer["invoice_settings"]["default_payment_method"] = chosen


@route("POST", "/v1/customers", f"balance payment_method {FIELDS}")
def create_customer(box: Sandbox, params: Params) -> Obj:
    """Create a customer."""
    return add_customer(box, params)


@route("GET", "/v1/customers", "email created limit starting_after ending_before")
def list_customers(box: Sandbox, params: Params) -> Obj:
    """List customers, by exact email."""
    where = {"email": params["email"]} if "email" in params else {}
    return page(box.store.all("customer", **where), params, url="/v1/customers")


@route("GET", "/v1/customers/{id}")
def retrieve_customer(box: Sandbox, params: Params, id: str) -> Obj:
    """One customer."""
    return box.store.get("customer", id)


@route("POST", "/v1/customers/{id}", f"balance {FIELDS}")
def update_customer(box: Sandbox, params: Params, id: str) -> Obj:
    """Change a customer. `balance` sets the balance itself and leaves a row for the difference."""
    customer = box.store.get("customer", id)
    before = public(customer)
    _set_default_payment_method(box, customer, params)
    _set(customer, params)
    changed = {name: value for name, value in before.items() if customer[name] != value}
    emit(box, "customer.updated", customer, changed)
    balance = integer(params, "balance")
    if balance is not None and balance != customer["balance"]:
        currency = customer["currency"] or "usd"
        move_balance(box, customer=customer, amount=balance - customer["balance"], currency=currency)
    return customer


@route("POST", "/v1/customers/{id}/balance_transactions", "amount currency description metadata")
def create_balance_transaction(box: Sandbox, params: Params, id: str) -> Obj:
    """Give credit (negative) or note a debt (positive)."""
    customer = box.store.get("customer", id)
    amount = integer(params, "amount")
    if not amount:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    currency = str(required(params, "currency")).lower()
    if customer["currency"] not in (None, currency):
        raise invalid(
            f"The customer's balance is in {customer['currency']}; it cannot take {currency}.",
            param="currency",
        )
    return move_balance(
        box,
        customer=customer,
        amount=amount,
        currency=currency,
        description=params.get("description") or None,
        metadata=merge_metadata({}, params),
    )


@route("GET", "/v1/customers/{id}/balance_transactions", "created limit starting_after ending_before")
def list_balance_transactions(box: Sandbox, params: Params, id: str) -> Obj:
    """The rows of a customer's balance, newest first."""
    rows = box.store.all("customer_balance_transaction", customer=box.store.get("customer", id)["id"])
    return page(rows, params, url=f"/v1/customers/{id}/balance_transactions")


@route("GET", "/v1/customers/{id}/balance_transactions/{row}")
def retrieve_balance_transaction(box: Sandbox, params: Params, id: str, row: str) -> Obj:
    """One row of a customer's balance."""
    box.store.get("customer", id)
    return box.store.get("customer_balance_transaction", row)
