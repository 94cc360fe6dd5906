"""The card fields of the hosted pages: drawn, and read into a payment method."""

from __future__ import annotations

import re
from html import escape

from billing.sandbox.cards import CARDS
from billing.sandbox.errors import card_error
from billing.sandbox.form import Params
from billing.sandbox.payment_methods import cards_on_file, make_card
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj

COUNTRIES = {
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "JP": "Japan",
    "US": "United States",
    "AT": "Austria",
    "CA": "Canada",
    "CH": "Switzerland",
    "ES": "Spain",
    "IT": "Italy",
    "NL": "Netherlands",
    "SE": "Sweden",
}


def card_fields(form: Params | None = None) -> str:
    """The four fields of a new card, with what was typed before kept (but never the security code)."""
    typed = form or {}

    def field(name: str, label: str, hints: str) -> str:
        value = "" if name == "cvc" else escape(str(typed.get(name, "")))
        typing = f'<input id="{name}" name="{name}" value="{value}" {hints}>'
        return f'<div><label for="{name}">{label}</label>{typing}</div>'

    return (
        field(
            "number",
            "Card number",
            'inputmode="numeric" autocomplete="cc-number" placeholder="4242 4242 4242 4242"',
        )
        + '<div class="pair">'
        + field("expiry", "Expiry (MM/YY)", 'inputmode="numeric" autocomplete="cc-exp" placeholder="12/34"')
        + field("cvc", "Security code (CVC)", 'inputmode="numeric" autocomplete="cc-csc" placeholder="123"')
        + "</div>"
        + field("name", "Name on card", 'autocomplete="cc-name"')
    )


def saved_choice(box: Sandbox, customer_id: str | None, chosen: str | None) -> str:
    """The customer's cards to choose from, with "another card" last; nothing where there are none."""
    cards = cards_on_file(box, customer_id) if customer_id else []
    if not cards:
        return ""
    chosen = chosen if chosen is not None else cards[-1]["id"]
    rows = [(card["id"], described(card)) for card in reversed(cards)] + [("", "Another card, below")]
    choices = "".join(
        f'<label class="choice"><input type="radio" name="saved" value="{id}"{" checked" if id == chosen else ""}>'
        f"<span>{escape(words)}</span></label>"
        for id, words in rows
    )
    return f"<fieldset><legend>Pay with</legend>{choices}</fieldset>"


def described(card: Obj) -> str:
    """`Visa ending in 4242, expires 12/34`."""
    details = card["card"]
    month, year = details["exp_month"], details["exp_year"] % 100
    return f"{details['brand'].title()} ending in {details['last4']}, expires {month:02d}/{year:02d}"


def chosen_card(box: Sandbox, form: Params, customer_id: str | None) -> Obj:
    """The card to pay with: a new one where a number was typed, else the saved one that was chosen.

    402 in Stripe's words where the fields do not fit.
    """
    saved = "" if str(form.get("number", "")).strip() else form.get("saved")
    for card in cards_on_file(box, customer_id) if customer_id and saved else []:
        if card["id"] == saved:
            return card
    return read_card(box, form)


def read_card(box: Sandbox, form: Params) -> Obj:
    """A new payment method from the fields. 402 where they do not fit."""
    expiry = re.fullmatch(r"\s*(\d{1,2})\s*/?\s*(\d{2}|\d{4})\s*", str(form.get("expiry", "")))
    if not re.sub(r"\D", "", str(form.get("number", ""))):
        raise card_error("Your card number is incomplete.", code="incomplete_number", param="number")
    if not expiry:
        raise card_error(
            "Your card's expiration date is incomplete.", code="incomplete_expiry", param="exp_month"
        )
    if not re.fullmatch(r"\s*\d{3,4}\s*", str(form.get("cvc", ""))):
        raise card_error("Your card's security code is incomplete.", code="incomplete_cvc", param="cvc")
    year = int(expiry[2])
    return make_card(
        box,
        str(form["number"]),
        exp_month=int(expiry[1]),
        exp_year=year if year > 99 else 2000 + year,
        name=str(form.get("name") or "") or None,
    )


def country_select(chosen: str | None) -> str:
    """Where the customer is, for tax."""
    options = "".join(
        f'<option value="{code}"{" selected" if code == chosen else ""}>{name}</option>'
        for code, name in COUNTRIES.items()
    )
    return (
        '<label for="country">Country</label><select id="country" name="country" autocomplete="country">'
        f'<option value="">Choose…</option>{options}</select>'
    )


def cards_to_try() -> str:
    """The test cards, folded away."""
    rows = "".join(
        f"<tr><td><code>{card.grouped}</code></td><td>{escape(card.about)}</td></tr>"
        for card in CARDS.values()
    )
    return (
        '<details class="screen small"><summary>Test cards</summary>'
        "<p>Any future expiry date and any three-digit code will do.</p>"
        f'<table aria-label="Test cards"><tbody>{rows}</tbody></table></details>'
    )
