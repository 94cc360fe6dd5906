"""Looking at an order at Stripe: whether it was paid, may still be paid, or cannot be paid any more.

An order that is given up is closed at Stripe before it is closed here, so that what failed cannot be charged later.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billing import gateway
from billing.answers import InvoiceSeen, StripeRefused, SubscriptionSeen
from billing.asking import CHECKOUT_LASTS, KEYS_LAST, charging_attempt, refusal_of
from billing.models import Attempt, Order, Payer

# A bank challenge may take this long before we take the invoice back; Stripe itself gives up after 23 hours.
CHALLENGE_LASTS = timedelta(hours=22)
# A payment page whose address never reached us can be paid by nobody; it is given up after this.
PAGE_ANSWERED_WITHIN = timedelta(minutes=10)
GONE = ("void", "uncollectible")
BEGINS = "subscription_create"
OURS = (BEGINS, "subscription_update")


@dataclass(frozen=True)
class Outcome:
    """What Stripe shows of an order. Paid where `subscription` is set; `failure` where it cannot be paid any more."""

    subscription: SubscriptionSeen | None = None
    invoice: InvoiceSeen | None = None
    failure: str = ""
    words: str = ""
    pay_url: str = ""
    needs_staff: str = ""


STILL_OPEN = Outcome()


def over_at(order: Order, *, at: datetime) -> datetime | None:
    """When a pending order is over at the latest, paid or not; None where a person has to look at it, or where that
    moment is past and only the sweep is waited for.
    """
    lasts = CHECKOUT_LASTS if order.way == Order.Way.CHECKOUT else CHALLENGE_LASTS
    over = order.accepted_at + lasts
    return over if over > at and not order.needs_staff else None


def look(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    """What Stripe shows of `order` now; with `withdraw`, what is unpaid is closed there. Raises StripeUnavailable."""
    if order.way == Order.Way.CHECKOUT:
        return _look_at_checkout(order, at=at, withdraw=withdraw)
    invoice = _invoice_of(order)
    if invoice is None:
        return _nothing_found(order, at=at, withdraw=withdraw)
    return _judge(order, invoice, at=at, withdraw=withdraw)


def _look_at_checkout(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    if not order.stripe_session_id:
        return _nothing_found(order, at=at, withdraw=withdraw)
    session = gateway.fetch_checkout(order.stripe_session_id)
    if session.status == "open" and withdraw:
        try:
            gateway.expire_checkout(session.stripe_id)
        except StripeRefused:
            session = gateway.fetch_checkout(session.stripe_id)
        else:
            return Outcome(failure=Order.Failure.WITHDRAWN)
    if session.status == "expired":
        return Outcome(failure=Order.Failure.ABANDONED)
    if session.status == "complete" and session.invoice_id:
        return _judge(order, gateway.fetch_invoice(session.invoice_id), at=at, withdraw=withdraw)
    return Outcome(pay_url=session.url if session.status == "open" else "")


def _judge(order: Order, invoice: InvoiceSeen, *, at: datetime, withdraw: bool) -> Outcome:
    if invoice.status == "paid":
        return _paid(invoice)
    if not order.is_pending:
        return STILL_OPEN
    declined = _is_declined(order, invoice)
    over = _failure_of(invoice, declined=declined, withdraw=withdraw)
    if invoice.status in GONE:
        _take_back(invoice)
        return over
    too_long = at - order.accepted_at > CHALLENGE_LASTS
    if (declined or withdraw or too_long) and invoice.payment_status != "processing":
        if _take_back(invoice):
            return over
        # Stripe does not let it go: it was paid, or closed, since we looked.
        invoice = gateway.fetch_invoice(invoice.stripe_id)
        return _paid(invoice) if invoice.status == "paid" else over if invoice.status in GONE else STILL_OPEN
    if invoice.payment_status == "requires_action":
        return Outcome(pay_url=order.pay_url or _page_of_the_bank(order, invoice))
    return STILL_OPEN


def _paid(invoice: InvoiceSeen) -> Outcome:
    return Outcome(subscription=gateway.fetch_subscription(invoice.subscription_id), invoice=invoice)


def _is_declined(order: Order, invoice: InvoiceSeen) -> bool:
    """A payment that still has to be tried looks the same as a declined one, but for the bank's words or our answer."""
    if invoice.payment_status != "requires_payment_method":
        return False
    attempt = charging_attempt(order)
    return bool(invoice.decline_words) or (attempt is not None and attempt.outcome == Attempt.Outcome.DONE)


def _failure_of(invoice: InvoiceSeen, *, declined: bool, withdraw: bool) -> Outcome:
    if declined or invoice.decline_words:
        return Outcome(failure=Order.Failure.DECLINED, words=invoice.decline_words)
    return Outcome(failure=Order.Failure.WITHDRAWN if withdraw else Order.Failure.ABANDONED)


def _take_back(invoice: InvoiceSeen) -> bool:
    """Close an unpaid invoice, and a pending update or a new subscription with it. False where it cannot be closed.

    The invoice goes first: a subscription whose invoice was paid meanwhile must not be cancelled.
    """
    if invoice.status != "void":
        try:
            gateway.void_invoice(invoice.stripe_id)
        except StripeRefused:
            return False
    if invoice.reason == BEGINS:
        gateway.cancel_subscription(invoice.subscription_id)
    return True


def _nothing_found(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    """Nothing with our mark is in Stripe's list. While a key lasts it may be on its way, and right after its last use
    the list may lag behind; after that it is proven absent.
    """
    attempt = charging_attempt(order)
    given_up = Outcome(failure=Order.Failure.WITHDRAWN if withdraw else Order.Failure.ABANDONED)
    if attempt is None:
        return given_up if withdraw else STILL_OPEN
    if attempt.outcome == Attempt.Outcome.REFUSED:
        refusal = refusal_of(attempt)
        failure = Order.Failure.DECLINED if refusal.declined else Order.Failure.REFUSED
        return Outcome(failure=failure, words=str(refusal))
    waited = at - attempt.first_asked_at
    if order.way == Order.Way.CHECKOUT:
        return given_up if withdraw or waited > PAGE_ANSWERED_WITHIN else STILL_OPEN
    if attempt.outcome == Attempt.Outcome.DONE:
        return replace(
            STILL_OPEN, needs_staff="Stripe answered, but shows no invoice with this order's mark."
        )
    return given_up if waited > KEYS_LAST + gateway.IN_THE_LIST_WITHIN else STILL_OPEN


def _invoice_of(order: Order) -> InvoiceSeen | None:
    """The invoice this order made: by Stripe's own answer, else by our mark on it.

    A renewal's invoice carries the mark of the last order too, so only those of a beginning or a change count.
    """
    attempt = charging_attempt(order)
    if attempt is None:
        return None
    known = order.stripe_invoice_id or attempt.answer.get("invoice", "")
    if known:
        invoice = gateway.fetch_invoice(known)
        if invoice.order_id == str(order.pk):
            return invoice
    payer = Payer.objects.get(customer_id=order.customer_id)
    since = order.accepted_at - timedelta(minutes=5)
    for each in gateway.list_invoices(customer_id=payer.stripe_id, since=since):
        if each.order_id == str(order.pk) and each.reason in OURS:
            return gateway.fetch_invoice(each.stripe_id)
    return None


def _page_of_the_bank(order: Order, invoice: InvoiceSeen) -> str:
    try:
        url = gateway.challenge_url(payment_intent_id=invoice.payment_intent_id, return_url=order.return_url)
    except StripeRefused:
        url = ""
    return url or invoice.hosted_url
