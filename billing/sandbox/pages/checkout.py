"""Checkout's hosted page: what is bought, a card, one button with the amount; and the bank's question if it asks."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from html import escape

from billing.sandbox.checkout_state import (
    describe_totals,
    first_invoice,
    needs_country,
    return_url,
    take_card,
)
from billing.sandbox.errors import StripeError
from billing.sandbox.form import Params
from billing.sandbox.money import formatted
from billing.sandbox.pages.card_form import (
    COUNTRIES,
    card_fields,
    cards_to_try,
    chosen_card,
    country_select,
    saved_choice,
)
from billing.sandbox.pages.challenge import question
from billing.sandbox.pages.html import Page, framed, message, problem, redirect, sums
from billing.sandbox.routing import hosted
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj


@hosted("GET", "/checkout/{id}")
def show(box: Sandbox, form: Params, id: str) -> Page:
    """The page of an open session; a complete one goes on to its success address, an expired one says so."""
    session = box.store.get("checkout.session", id)
    return _finished(session) or _drawn(box, session, form)


@hosted("POST", "/checkout/{id}")
def pay(box: Sandbox, form: Params, id: str) -> Page:
    """Pay, or save the card. Sent twice it pays once; a refused card leaves everything as it was."""
    session = box.store.get("checkout.session", id)
    finished = _finished(session)
    if finished:
        return finished
    country = _country(form)
    if needs_country(box, session) and not country:
        return _drawn(box, session, form, error="Please choose your country: the tax depends on it.")
    if form.get("do") == "country":
        return _drawn(box, session, form)
    if not session["customer"] and not session["customer_email"] and "@" not in str(form.get("email", "")):
        return _drawn(box, session, form, error="Please give your email address.")
    try:
        method = chosen_card(box, form, session["customer"]) if _wants_card(box, session, country) else None
        email = str(form.get("email") or "") or None
        done = take_card(box, session, method, country=country, email=email, authenticated=False)
    except StripeError as error:
        return _drawn(box, session, form, error=f"{error} You were not charged.")
    return redirect(return_url(session) if done else f"/checkout/{id}/challenge")


@hosted("GET", "/checkout/{id}/challenge")
def ask(box: Sandbox, form: Params, id: str) -> Page:
    """The bank's question for the card that was given."""
    session = box.store.get("checkout.session", id)
    if not session["_asked"]:
        return _finished(session) or redirect(f"/checkout/{id}")
    return question(f"/checkout/{id}/challenge", _amount(box, session, session["_asked"]["country"]))


@hosted("POST", "/checkout/{id}/challenge")
def answered(box: Sandbox, form: Params, id: str) -> Page:
    """The holder's answer to their bank."""
    session = box.store.get("checkout.session", id)
    asked = session["_asked"]
    if not asked or session["status"] != "open":
        return _finished(session) or redirect(f"/checkout/{id}")
    if form.get("decision") != "approve":
        session["_asked"] = None
        words = "We are unable to authenticate your payment method. Please choose another one and try again."
        return _drawn(box, session, {}, error=f"{words} You were not charged.")
    method = box.store.get("payment_method", asked["method"])
    take_card(box, session, method, country=asked["country"], email=asked["email"], authenticated=True)
    return redirect(return_url(session))


def _finished(session: Obj) -> Page | None:
    if session["status"] == "complete":
        return redirect(return_url(session))
    if session["status"] == "expired":
        return message(
            "This page has expired",
            "Nothing was charged. Go back and start again if you still want this.",
            link=session["cancel_url"],
            status=410,
        )
    return None


def _country(form: Params) -> str | None:
    return form["country"] if form.get("country") in COUNTRIES else None


def _wants_card(box: Sandbox, session: Obj, country: str | None) -> bool:
    if session["mode"] == "setup" or session["payment_method_collection"] == "always":
        return True
    return bool(first_invoice(box, session, country)["amount_due"])


def _amount(box: Sandbox, session: Obj, country: str | None) -> str:
    if session["mode"] == "setup":
        return "nothing now (the card is only saved)"
    return formatted(first_invoice(box, session, country)["amount_due"], session["currency"])


def _drawn(box: Sandbox, session: Obj, form: Params, error: str | None = None) -> Page:
    country = _country(form)
    back = session["cancel_url"]
    way_back = f'<p class="small"><a href="{escape(back)}">← Back, without paying</a></p>' if back else ""
    asks_country = needs_country(box, session)
    fields = ""
    if not session["customer"]:
        fields += _email(session, form)
    if asks_country:
        fields += country_select(country)
    if asks_country and not country:
        fields += '<button class="wide" name="do" value="country">Continue</button>'
    else:
        if asks_country:
            fields += '<p><button class="minor" name="do" value="country">Update total</button></p>'
        if _wants_card(box, session, country):
            saved = form.get("saved")
            fields += saved_choice(box, session["customer"], str(saved) if saved is not None else None)
            fields += card_fields(form)
        fields += f'<button class="wide" name="do" value="pay">{_button(box, session, country)}</button>'
    title = "Save a card" if session["mode"] == "setup" else "Checkout"
    content = (
        f"{way_back}{_totals(box, session, country)}{problem(error)}"
        f'<form method="post" action="/checkout/{session["id"]}">{fields}</form>{cards_to_try()}'
    )
    return framed(title, content, status=402 if error else 200)


def _email(session: Obj, form: Params) -> str:
    value = session["customer_email"] or str(form.get("email", ""))
    fixed = " readonly" if session["customer_email"] else ""
    return (
        '<label for="email">Email</label>'
        f'<input id="email" name="email" type="email" autocomplete="email" value="{escape(value)}"{fixed}>'
    )


def _button(box: Sandbox, session: Obj, country: str | None) -> str:
    if session["mode"] == "setup":
        return "Save card"
    return f"Pay {_amount(box, session, country)}"


def _totals(box: Sandbox, session: Obj, country: str | None) -> str:
    if session["mode"] == "setup":
        return "<p>Nothing is charged now. The card is kept for later payments.</p>"
    describe_totals(box, session, country)
    invoice, currency = first_invoice(box, session, country), session["currency"]
    rows = [(line["description"], line["amount"]) for line in invoice["lines"]["data"]]
    for tax in invoice["total_taxes"]:
        rate = box.store.get("tax_rate", tax["tax_rate_details"]["tax_rate"])
        rows.append((f"{rate['display_name']} {rate['percentage']:g} %", tax["amount"]))
    if invoice["starting_balance"]:
        rows.append(("Account balance", invoice["amount_due"] - invoice["total"]))
    rows.append(("Due today", invoice["amount_due"]))
    return sums(rows, currency, caption="What you pay")
