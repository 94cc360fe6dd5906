"""From kept objects to answers: what is ours stripped, what was asked to be expanded put in."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from billing.sandbox.errors import invalid

if TYPE_CHECKING:
    from billing.sandbox.sandbox import Sandbox
    from billing.sandbox.store import Obj

# Field name → the kind of object its id names.
REFERENCES = {
    "charge": "charge",
    "customer": "customer",
    "default_payment_method": "payment_method",
    "default_price": "price",
    "invoice": "invoice",
    "latest_charge": "charge",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "payment_method": "payment_method",
    "pending_setup_intent": "setup_intent",
    "price": "price",
    "product": "product",
    "setup_intent": "setup_intent",
    "subscription": "subscription",
    "tax_rate": "tax_rate",
}
MAX_DEPTH = 4


def public(value: Any) -> Any:
    """A deep copy without the keys that begin with an underscore."""
    if isinstance(value, dict):
        return {key: public(inner) for key, inner in value.items() if not key.startswith("_")}
    if isinstance(value, list):
        return [public(inner) for inner in value]
    return value


def listed(rows: list[Obj], url: str) -> Obj:
    """A short list inside another object."""
    return {"object": "list", "data": rows, "has_more": False, "url": url}


def expanded(box: Sandbox, answer: Obj, paths: list[str]) -> Obj:
    """Put the objects named by `expand[]` paths into a public answer, in place. 400 for what cannot be expanded."""
    for path in paths:
        steps = path.split(".")
        if len(steps) > MAX_DEPTH:  # `data` of a list is a level as well
            raise invalid("You cannot expand more than 4 levels of a property", param="expand")
        _expand(box, answer, steps, path)
    return answer


def _expand(box: Sandbox, node: Any, steps: list[str], path: str) -> None:
    if isinstance(node, list):
        for inner in node:
            _expand(box, inner, steps, path)
        return
    if not steps or not isinstance(node, dict):
        return
    step, rest = steps[0], steps[1:]
    include = INCLUDABLE.get((node.get("object", ""), step))
    if include and step not in node:
        node[step] = include(box, node)
    elif step not in node:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    elif isinstance(node[step], str):
        if step not in REFERENCES:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        found = box.store.find(REFERENCES[step], node[step])
        node[step] = public(found) if found else node[step]
    elif not rest and not include and node[step] is not None and step not in REFERENCES:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    _expand(box, node[step], rest, path)


def _invoice_payments(box: Sandbox, invoice: Obj) -> Obj:
    rows = box.store.all("invoice_payment", invoice=invoice["id"])
    return listed([public(row) for row in rows], f"/v1/invoices/{invoice['id']}/payments")


def _confirmation_secret(box: Sandbox, invoice: Obj) -> Obj | None:
    rows = box.store.all("invoice_payment", invoice=invoice["id"])
    if not rows:
        return None
    intent = box.store.get("payment_intent", rows[0]["payment"]["payment_intent"])
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}


def _line_items(box: Sandbox, session: Obj) -> Obj:
    rows = box.store.get("checkout.session", session["id"])["_line_items"]
    return listed([public(row) for row in rows], f"/v1/checkout/sessions/{session['id']}/line_items")


def _subscriptions(box: Sandbox, customer: Obj) -> Obj:
    rows = box.store.all("subscription", customer=customer["id"])
    live = [public(row) for row in reversed(rows) if row["status"] not in ("canceled", "incomplete_expired")]
    return listed(live, f"/v1/customers/{customer['id']}/subscriptions")


def _sources(box: Sandbox, customer: Obj) -> Obj:
    """Cards of the kind that Stripe knew before payment methods; nobody has one here."""
    return listed([], f"/v1/customers/{customer['id']}/sources")


def _customer_tax(box: Sandbox, customer: Obj) -> Obj:
    country = (customer.get("address") or {}).get("country")
    return {
        "automatic_tax": "supported" if country else "unrecognized_location",
        "ip_address": None,
        "location": {"country": country, "source": "billing_address", "state": None} if country else None,
        "provider": "stripe",
    }


def _refunds(box: Sandbox, charge: Obj) -> Obj:
    rows = box.store.all("refund", charge=charge["id"])
    return listed([public(row) for row in reversed(rows)], f"/v1/charges/{charge['id']}/refunds")


# What Stripe leaves out unless it is asked for.
INCLUDABLE: dict[tuple[str, str], Callable[[Sandbox, Obj], Any]] = {
    ("invoice", "payments"): _invoice_payments,
    ("invoice", "confirmation_secret"): _confirmation_secret,
    ("checkout.session", "line_items"): _line_items,
    ("customer", "sources"): _sources,
    ("customer", "subscriptions"): _subscriptions,
    ("customer", "tax"): _customer_tax,
    ("charge", "refunds"): _refunds,
}
