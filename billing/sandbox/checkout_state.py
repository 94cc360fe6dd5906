"""A Checkout Session's way: its totals, a card tried on it, completed once, or expired."""

from __future__ import annotations

from billing.sandbox import customers
from billing.sandbox.events import emit
from billing.sandbox.payment_methods import attached, card_of
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import refusal
from billing.sandbox.setup_intents import succeed
from billing.sandbox.store import Obj
from billing.sandbox.subscription_creation import begin_subscription, opened
from billing.sandbox.tax import is_placed


def payer(box: Sandbox, session: Obj, country: str | None = None) -> Obj:
    """The customer who pays, or a blank one before there is any; `country` where the page asked for it."""
    customer = box.store.find("customer", session["customer"]) or customers.blank_customer(box)
    if country and not is_placed(customer):
        customer = {**customer, "address": None}
        customers.set_address(customer, {"country": country})
    return customer


def first_invoice(box: Sandbox, session: Obj, country: str | None = None) -> Obj:
    """The invoice this session would be paid with; without tax as long as the place is not known."""
    customer = payer(box, session, country)
    params = session["_subscription_params"]
    if not is_placed(customer):
        params = {**params, "automatic_tax": {"enabled": "false"}}
    return opened(box, customer, params)[1]


def needs_country(box: Sandbox, session: Obj) -> bool:
    """Whether the page has to ask where the customer is, because tax depends on it."""
    return session["automatic_tax"]["enabled"] and not is_placed(payer(box, session))


def describe_totals(box: Sandbox, session: Obj, country: str | None = None) -> None:
    """Write the totals onto the session."""
    if session["mode"] == "setup":
        return
    invoice = first_invoice(box, session, country)
    tax = sum(entry["amount"] for entry in invoice["total_taxes"])
    session |= {
        "amount_subtotal": invoice["subtotal"],
        "amount_total": invoice["total"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": tax},
    }
    if session["automatic_tax"]["enabled"]:
        unknown = needs_country(box, session) and not country
        session["automatic_tax"]["status"] = "requires_location_inputs" if unknown else "complete"


def take_card(
    box: Sandbox,
    session: Obj,
    method: Obj | None,
    *,
    country: str | None,
    email: str | None,
    authenticated: bool,
) -> bool:
    """Pay an open session with this card, or save it. Returns False where the bank has to be asked first.

    Raises the card's 402 and leaves the session open where it is declined. A session that is complete stays as it
    is, so a page sent twice pays once.
    """
    if session["status"] != "open":
        return True
    due = 0 if session["mode"] == "setup" else first_invoice(box, session, country)["amount_due"]
    unsavable = card_of(method).attach if method is not None else None
    if unsavable:
        raise unsavable.error()
    asks = method is not None and card_of(method).charge == "challenge"
    if asks and not authenticated and (due or session["mode"] == "setup"):
        session["_asked"] = {"method": method["id"] if method else None, "country": country, "email": email}
        return False
    if method is not None and due and not asks:
        refused = refusal(method)
        if refused:
            raise refused
    customer = _kept_customer(box, session, country, email)
    if method is not None:
        attached(box, method["id"], customer)
    if session["mode"] == "setup":
        _complete_setup(box, session, method)
    else:
        _complete_subscription(box, session, customer, method, authenticated)
    _complete(box, session, customer)
    return True


def _kept_customer(box: Sandbox, session: Obj, country: str | None, email: str | None) -> Obj:
    customer = box.store.find("customer", session["customer"])
    if customer is None:
        address = {"address": {"country": country}} if country else {}
        given = session["customer_email"] or email or ""
        customer = customers.add_customer(box, {"email": given, **address})
        session["customer"] = customer["id"]
    elif country and session["_keeps_address"] and not is_placed(customer):
        customers.set_address(customer, {"country": country})
        emit(box, "customer.updated", customer, {"address": None})
    return customer


def _complete_setup(box: Sandbox, session: Obj, method: Obj | None) -> None:
    if method is not None:
        succeed(box, box.store.get("setup_intent", session["setup_intent"]), method)


def _complete_subscription(
    box: Sandbox, session: Obj, customer: Obj, method: Obj | None, authenticated: bool
) -> None:
    params = {**session["_subscription_params"]}
    if method is not None:
        params["default_payment_method"] = method["id"]
    describe_totals(box, session)
    subscription = begin_subscription(
        box, customer=customer, params=params, method=method, authenticated=authenticated
    )
    invoice = box.store.get("invoice", subscription["latest_invoice"])
    session |= {
        "subscription": subscription["id"],
        "invoice": invoice["id"],
        "payment_status": "paid" if invoice["amount_due"] else "no_payment_required",
    }


def _complete(box: Sandbox, session: Obj, customer: Obj) -> None:
    session |= {
        "status": "complete",
        "url": None,
        "_asked": None,
        "customer_details": {
            "address": customer["address"],
            "business_name": None,
            "email": customer["email"],
            "individual_name": None,
            "name": customer["name"],
            "phone": customer["phone"],
            "tax_exempt": customer["tax_exempt"],
            "tax_ids": [],
        },
    }
    emit(box, "checkout.session.completed", session)


def expire_session(box: Sandbox, session: Obj) -> None:
    """Close an open session for good."""
    session |= {"status": "expired", "url": None, "_asked": None}
    emit(box, "checkout.session.expired", session)


def return_url(session: Obj) -> str:
    """Where the customer goes after paying."""
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
