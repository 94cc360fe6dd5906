"""Payment intents: made with an invoice, then attempted on a card until they succeed or are canceled.

This is the payment alone. What a payment means for its invoice and subscription is in `settlement`.
"""

from __future__ import annotations

import secrets

from billing.sandbox.cards import REFUSED_BY_HOLDER, Decline
from billing.sandbox.charges import add_charge
from billing.sandbox.events import emit
from billing.sandbox.payment_methods import card_of
from billing.sandbox.render import public
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj, new_id


def add_intent(box: Sandbox, *, amount: int, currency: str, customer: str, description: str) -> Obj:
    """Make the payment intent of an invoice of `amount` minor units."""
    id = new_id("pi")
    intent = box.store.add(
        {
            "id": id,
            "object": "payment_intent",
            "amount": amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": 0,
            "application": None,
            "application_fee_amount": None,
            "automatic_payment_methods": None,
            "canceled_at": None,
            "cancellation_reason": None,
            "capture_method": "automatic",
            "client_secret": f"{id}_secret_{secrets.token_hex(12)}",
            "confirmation_method": "automatic",
            "created": box.now(),
            "currency": currency,
            "customer": customer,
            "customer_account": None,
            "description": description,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": False,
            "metadata": {},
            "next_action": None,
            "on_behalf_of": None,
            "payment_method": None,
            "payment_method_configuration_details": None,
            "payment_method_options": {
                "card": {
                    "installments": None,
                    "mandate_options": None,
                    "network": None,
                    "request_three_d_secure": "automatic",
                }
            },
            "payment_method_types": ["card"],
            "processing": None,
            "receipt_email": None,
            "review": None,
            "setup_future_usage": "off_session",
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": "requires_payment_method",
            "transfer_data": None,
            "transfer_group": None,
            "_return_url": None,
        }
    )
    emit(box, "payment_intent.created", intent)
    return intent


def attempt(
    box: Sandbox, intent: Obj, method: Obj, *, authenticated: bool = False, return_url: str | None = None
) -> str:
    """Try the card. Returns the intent's status: succeeded, requires_action or requires_payment_method."""
    intent["payment_method"] = method["id"]
    verdict = card_of(method).charge
    if verdict == "challenge" and not authenticated:
        intent["status"] = "requires_action"
        intent["last_payment_error"] = None
        set_challenge(box, intent, return_url)
        emit(box, "payment_intent.requires_action", intent)
    elif isinstance(verdict, Decline):
        charge = add_charge(box, intent, method, verdict)
        _fail(box, intent, method, verdict, charge["id"])
    else:
        charge = add_charge(box, intent, method, None)
        intent |= {
            "status": "succeeded",
            "amount_received": intent["amount"],
            "last_payment_error": None,
            "latest_charge": charge["id"],
            "next_action": None,
        }
        emit(box, "payment_intent.succeeded", intent)
    return str(intent["status"])


def refuse_challenge(box: Sandbox, intent: Obj) -> None:
    """The holder said no to their bank: the intent needs another payment method."""
    method = box.store.get("payment_method", intent["payment_method"])
    _fail(box, intent, method, REFUSED_BY_HOLDER, None)


def _fail(box: Sandbox, intent: Obj, method: Obj, decline: Decline, charge_id: str | None) -> None:
    intent |= {
        "status": "requires_payment_method",
        "last_payment_error": decline.error(charge=charge_id, payment_method=public(method)).error,
        "latest_charge": charge_id or intent["latest_charge"],
        "next_action": None,
        "payment_method": None,
    }
    emit(box, "payment_intent.payment_failed", intent)


def set_challenge(box: Sandbox, intent: Obj, return_url: str | None) -> None:
    """Say where the bank's challenge is: a page of ours when there is an address to come back to."""
    if return_url:
        intent["_return_url"] = return_url
        intent["next_action"] = {
            "redirect_to_url": {
                "return_url": return_url,
                "url": f"{box.address}/challenge/{intent['id']}?secret={intent['client_secret'].rsplit('_', 1)[1]}",
            },
            "type": "redirect_to_url",
        }
    elif intent["next_action"] is None:
        intent["next_action"] = {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "source": new_id("src")},
        }


def cancel_intent(box: Sandbox, intent: Obj, reason: str) -> None:
    """Let an unpaid intent go. Nothing where it is already over."""
    if intent["status"] in ("succeeded", "canceled"):
        return
    intent |= {
        "status": "canceled",
        "canceled_at": box.now(),
        "cancellation_reason": reason,
        "next_action": None,
    }
    emit(box, "payment_intent.canceled", intent)
