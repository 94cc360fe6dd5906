"""What a payment means: for the invoice it pays, and for the subscription behind the invoice."""

from __future__ import annotations

from billing.sandbox.errors import StripeError, card_error, invalid
from billing.sandbox.events import emit
from billing.sandbox.intents import attempt
from billing.sandbox.invoices import intent_of, invoice_of, mark_paid
from billing.sandbox.payment_methods import card_of
from billing.sandbox.render import public
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.store import Obj
from billing.sandbox.subscription_state import changed, period, put, set_status

DAY = 24 * 3600
# Days between one failed attempt and the next; after the last the subscription ends.
RETRY_AFTER_DAYS = (3, 5, 7)
NEEDS_ACTION = (
    "This payment requires additional user action before it can be completed successfully. Payment can be completed "
    "using the PaymentIntent associated with this invoice."
)


def default_method(box: Sandbox, subscription: Obj) -> Obj | None:
    """The card a subscription is charged on: its own default, else the customer's."""
    customer = box.store.get("customer", subscription["customer"])
    chosen = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    return box.store.find("payment_method", chosen)


def require_method(method: Obj | None) -> Obj:
    """400 where there is no card to charge."""
    if method is None:
        raise invalid(
            "This customer has no attached payment source or default payment method. Please consider adding a "
            "default payment method.",
            code="resource_missing",
        )
    return method


def refusal(method: Obj) -> StripeError | None:
    """The 402 that charging this card would end in, or None where it would go through."""
    verdict = card_of(method).charge
    if verdict is None:
        return None
    if verdict == "challenge":
        return card_error(NEEDS_ACTION, code="subscription_payment_intent_requires_action")
    return verdict.error(payment_method=public(method))


def collect(box: Sandbox, invoice: Obj, method: Obj | None, *, authenticated: bool = False) -> None:
    """Try to have a finalized invoice paid, with all that follows from success or failure."""
    intent = intent_of(box, invoice)
    if intent is None:
        mark_paid(box, invoice)
        invoice_paid(box, invoice)
        return
    invoice["attempted"] = True
    invoice["attempt_count"] += 1
    if method is not None and intent["status"] != "canceled":
        attempt(box, intent, method, authenticated=authenticated)
    follow(box, intent)


def follow(box: Sandbox, intent: Obj) -> None:
    """Carry the state of an attempted intent over to its invoice and subscription."""
    invoice = invoice_of(box, intent)
    if invoice is None or invoice["status"] != "open":
        return
    if intent["status"] == "succeeded":
        mark_paid(box, invoice)
        invoice_paid(box, invoice)
        return
    _invoice_unpaid(box, invoice)
    if intent["status"] == "requires_action":
        emit(box, "invoice.payment_action_required", invoice)
    emit(box, "invoice.payment_failed", invoice)


def subscription_of(box: Sandbox, invoice: Obj) -> Obj | None:
    """The subscription an invoice bills."""
    details = (invoice["parent"] or {}).get("subscription_details")
    return box.store.find("subscription", details["subscription"]) if details else None


def invoice_paid(box: Sandbox, invoice: Obj) -> None:
    """What follows for the subscription: a pending update is applied, a first or overdue payment makes it active."""
    subscription = subscription_of(box, invoice)
    if subscription is None:
        return
    pending = subscription["_pending"]
    if pending and pending["invoice"] == invoice["id"]:
        _apply_pending(box, subscription, pending)
        return
    first = subscription["status"] == "incomplete"
    intent = intent_of(box, invoice)
    if intent and subscription["payment_settings"]["save_default_payment_method"] == "on_subscription":
        subscription["default_payment_method"] = intent["payment_method"]
    if first or (subscription["status"] == "past_due" and not _owing(box, subscription)):
        set_status(box, subscription, "active")


def _apply_pending(box: Sandbox, subscription: Obj, pending: Obj) -> None:
    before = public(subscription)
    terms = {name: pending[name] for name in ("items", "anchor", "start", "end", "trial_end", "held")}
    subscription["_pending"] = None
    subscription["pending_update"] = None
    put(subscription, **terms)
    if before["pending_update"]:
        emit(box, "customer.subscription.pending_update_applied", subscription)
    changed(box, subscription, before)


def _owing(box: Sandbox, subscription: Obj) -> bool:
    pending = subscription["_pending"] or {}
    return any(
        invoice["status"] == "open" and invoice["id"] != pending.get("invoice")
        for invoice in box.store.all("invoice", customer=subscription["customer"])
        if subscription_of(box, invoice) is subscription
    )


def _invoice_unpaid(box: Sandbox, invoice: Obj) -> None:
    """An attempt failed: the subscription is past due, and another attempt is set where one is left."""
    subscription = subscription_of(box, invoice)
    pending = (subscription or {}).get("_pending") or {}
    if subscription is None or pending.get("invoice") == invoice["id"]:
        return
    if subscription["status"] not in ("active", "trialing", "past_due"):
        return
    if invoice["next_payment_attempt"] is None or invoice["next_payment_attempt"] <= box.now():
        tries = invoice["attempt_count"]
        left = tries <= len(RETRY_AFTER_DAYS)
        invoice["next_payment_attempt"] = box.now() + RETRY_AFTER_DAYS[tries - 1] * DAY if left else None
        invoice["auto_advance"] = left
    set_status(box, subscription, "past_due")


def renews_at(subscription: Obj) -> int | None:
    """When the subscription renews next, or None where it ends first."""
    end = period(subscription)[1]
    if subscription["cancel_at"] is not None and subscription["cancel_at"] <= end:
        return None
    return end
