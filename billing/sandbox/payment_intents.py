"""Payment intents over the API: read, confirm (also after a bank's challenge was asked for), cancel."""

# ruff: noqa: ARG001  (every function behind a route takes the same arguments)
from __future__ import annotations

from billing.sandbox.cards import Decline
from billing.sandbox.errors import invalid
from billing.sandbox.form import Params
from billing.sandbox.intents import attempt, cancel_intent, set_challenge
from billing.sandbox.payment_methods import attached, card_of
from billing.sandbox.render import public
from billing.sandbox.routing import route
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import follow
from billing.sandbox.store import Obj, page


@route("GET", "/v1/payment_intents", "customer created limit starting_after ending_before")
def list_payment_intents(box: Sandbox, params: Params) -> Obj:
    """Payment intents by customer."""
    where = {"customer": params["customer"]} if "customer" in params else {}
    return page(box.store.all("payment_intent", **where), params, url="/v1/payment_intents")


@route("GET", "/v1/payment_intents/{id}", "client_secret")
def retrieve_payment_intent(box: Sandbox, params: Params, id: str) -> Obj:
    """One payment intent."""
    return box.store.get("payment_intent", id)


@route("POST", "/v1/payment_intents/{id}/confirm", "payment_method return_url off_session use_stripe_sdk")
def confirm_payment_intent(box: Sandbox, params: Params, id: str) -> Obj:
    """Try the payment. With a `return_url` a bank's challenge is a redirect to our page. 402 on a decline."""
    intent = box.store.get("payment_intent", id)
    return_url = params.get("return_url") or None
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    if intent["status"] == "requires_action" and not params.get("payment_method"):
        set_challenge(box, intent, return_url)
        return intent
    chosen = params.get("payment_method") or intent["payment_method"]
    if not chosen:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method.",
            code="payment_intent_unexpected_state",
        )
    method = attached(box, chosen, box.store.get("customer", intent["customer"]))
    attempt(box, intent, method, return_url=return_url)
    follow(box, intent)
    verdict = card_of(method).charge
    if isinstance(verdict, Decline):
        raise verdict.error(
            charge=intent["latest_charge"], payment_intent=public(intent), payment_method=public(method)
        )
    return intent


@route("POST", "/v1/payment_intents/{id}/cancel", "cancellation_reason")
def cancel_payment_intent(box: Sandbox, params: Params, id: str) -> Obj:
    """Cancel an unpaid payment intent. 400 where it is over already."""
    intent = box.store.get("payment_intent", id)
    if intent["status"] in ("succeeded", "canceled"):
        raise invalid(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    cancel_intent(box, intent, params.get("cancellation_reason") or "requested_by_customer")
    return intent
