"""The bank's page: does the holder of the card approve this payment?"""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from billing.sandbox.errors import missing
from billing.sandbox.form import Params
from billing.sandbox.intents import attempt, refuse_challenge
from billing.sandbox.money import formatted
from billing.sandbox.pages.html import Page, framed, message, redirect
from billing.sandbox.routing import hosted
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import follow
from billing.sandbox.store import Obj


def question(action: str, amount: str) -> Page:
    """The question itself, answered by one of two buttons."""
    return framed(
        "Your bank asks",
        f"<p>Do you approve a payment of <strong>{escape(amount)}</strong>?</p>"
        f'<form method="post" action="{escape(action)}"><div class="choices">'
        '<button name="decision" value="approve">Approve payment</button>'
        '<button class="plain" name="decision" value="refuse">Refuse payment</button></div></form>'
        '<p class="soft small">This page stands in for the one of the bank that issued the card.</p>',
    )


@hosted("GET", "/challenge/{id}")
def show(box: Sandbox, form: Params, id: str) -> Page:
    """The question for a payment intent; one that was answered already goes back where it came from."""
    intent = _intent(box, form, id)
    if intent["status"] != "requires_action":
        if intent["_return_url"]:
            return redirect(_back(intent))
        return message("Nothing to answer", "This payment is not waiting for your bank.")
    return question(
        f"/challenge/{id}?secret={_secret(intent)}", formatted(intent["amount"], intent["currency"])
    )


@hosted("POST", "/challenge/{id}")
def answered(box: Sandbox, form: Params, id: str) -> Page:
    """Carry out the answer, with all that follows for the invoice and its subscription, and go back."""
    intent = _intent(box, form, id)
    if intent["status"] == "requires_action":
        if form.get("decision") == "approve":
            method = box.store.get("payment_method", intent["payment_method"])
            attempt(box, intent, method, authenticated=True)
        else:
            refuse_challenge(box, intent)
        follow(box, intent)
    if not intent["_return_url"]:
        return message("Thank you", "You can close this page.")
    return redirect(_back(intent))


def _intent(box: Sandbox, form: Params, id: str) -> Obj:
    intent = box.store.get("payment_intent", id)
    if form.get("secret") != _secret(intent):
        raise missing("payment_intent", id)
    return intent


def _secret(intent: Obj) -> str:
    return str(intent["client_secret"]).rsplit("_", 1)[1]


def _back(intent: Obj) -> str:
    """The return address with the parameters Stripe adds to it."""
    url = urlsplit(intent["_return_url"])
    added = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if intent["status"] == "succeeded" else "failed",
    }
    return urlunsplit(url._replace(query=urlencode([*parse_qsl(url.query), *added.items()])))
