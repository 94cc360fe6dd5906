"""A subscription begins: by the API or through Checkout."""

from __future__ import annotations

from billing.sandbox.errors import invalid
from billing.sandbox.events import emit
from billing.sandbox.form import Params, boolean, choice, integer
from billing.sandbox.invoices import intent_of, issue, write
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.settlement import collect, default_method, refusal, require_method
from billing.sandbox.store import Obj
from billing.sandbox.subscription_state import build, draft_for
from billing.sandbox.terms import Wish, opening_terms, read_wish

DAY = 24 * 3600
BEHAVIORS = ("allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete")


def opening_wish(box: Sandbox, params: Params) -> Wish:
    """What a creating request asks for; `trial_period_days` becomes the trial's end."""
    wish = read_wish(params)
    days = integer(params, "trial_period_days", 0) or 0
    if days:
        return Wish(items=wish.items, trial_end=box.now() + days * DAY)
    if isinstance(wish.trial_end, int) and wish.trial_end <= box.now():
        raise invalid("Invalid timestamp: must be in the future.", param="trial_end")
    return wish


def opened(box: Sandbox, customer: Obj, params: Params) -> tuple[Obj, Obj]:
    """(subscription, first invoice) as they would be, nothing kept: for previews and Checkout's totals."""
    terms = opening_terms(box, opening_wish(box, params), box.now())
    subscription = build(box, customer, terms, params)
    draft = draft_for(box, subscription, terms.lines, reason="subscription_create", customer=customer)
    return subscription, write(box, draft)


def begin_subscription(
    box: Sandbox, *, customer: Obj, params: Params, method: Obj | None, authenticated: bool = False
) -> Obj:
    """Begin a subscription and have its first invoice paid as `payment_behavior` says.

    With `error_if_incomplete` a payment that would fail is a 402 and nothing is made. With `default_incomplete` the
    payment is left to be confirmed. Otherwise it is tried, and the subscription stays incomplete if it fails.
    """
    behavior = choice(params, "payment_behavior", BEHAVIORS, "allow_incomplete")
    at = box.now()
    terms = opening_terms(box, opening_wish(box, params), at)
    subscription = build(box, customer, terms, params)
    if method is not None:
        subscription["default_payment_method"] = (
            method["id"] if params.get("default_payment_method") else None
        )
    draft = draft_for(box, subscription, terms.lines, reason="subscription_create")
    if write(box, draft)["amount_due"] and behavior != "default_incomplete":
        refused = refusal(require_method(method))
        if refused and behavior == "error_if_incomplete":
            raise refused
    if boolean(params, "cancel_at_period_end"):
        subscription |= {"cancel_at_period_end": True, "cancel_at": terms.end, "canceled_at": at}
    box.store.add(subscription)
    invoice = issue(box, draft)
    subscription["latest_invoice"] = invoice["id"]
    emit(box, "customer.subscription.created", subscription)
    intent = intent_of(box, invoice)
    if intent and behavior == "default_incomplete":
        if method is not None:
            intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
        return subscription
    collect(box, invoice, method or default_method(box, subscription), authenticated=authenticated)
    return subscription
