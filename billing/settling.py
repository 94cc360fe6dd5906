"""Settling an order: look at what Stripe shows now, and apply what was paid, exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from billing import gateway
from billing.answers import InvoiceSeen, StripeRefused, SubscriptionSeen
from billing.asking import KEYS_LAST, answer_of, is_unanswered
from billing.invoices import keep_invoice
from billing.models import Order, Payer, Quote, Subscription
from billing.payers import refresh_payer
from licensing import trials
from licensing.history import STRIPE, Actor, entry, record
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Licence, Trial, UpgradeRequest
from licensing.money import format_money
from licensing.notices import owe

# A bank challenge may take this long before we take the invoice back; Stripe itself gives up after 23 hours.
CHALLENGE_LASTS = timedelta(hours=22)


@dataclass(frozen=True)
class Outcome:
    """What Stripe shows of an order. `paid` carries both; `failure` is set where it cannot be paid any more."""

    subscription: SubscriptionSeen | None = None
    invoice: InvoiceSeen | None = None
    paid: bool = False
    failure: str = ""
    words: str = ""
    pay_url: str = ""


def settle(*, order_id: UUID, at: datetime, withdrawn_by: Actor | None = None) -> Order:
    """Bring an order to what Stripe shows. Any number of times, from anywhere: it is applied once.

    With `withdrawn_by`, an order that is not paid is closed at Stripe first and then here. Raises StripeUnavailable.
    """
    order = Order.objects.select_related("quote").get(pk=order_id)
    if order.state == Order.State.SETTLED:
        return order
    outcome = _look(order, at=at, withdraw=withdrawn_by is not None)
    if outcome.paid and outcome.subscription and outcome.invoice:
        order = _apply(order_id=order.pk, subscription=outcome.subscription, invoice=outcome.invoice, at=at)
        _tidy(order, subscription=outcome.subscription, invoice=outcome.invoice)
        return order
    if outcome.failure:
        return close_failed(
            order_id=order.pk,
            failure=outcome.failure,
            words=outcome.words,
            at=at,
            actor=withdrawn_by or STRIPE,
        )
    if order.is_pending and outcome.pay_url != order.pay_url:
        Order.objects.filter(pk=order.pk, state=Order.State.PENDING).update(pay_url=outcome.pay_url)
        order.refresh_from_db()
    return order


def close_failed(*, order_id: UUID, failure: str, words: str, at: datetime, actor: Actor = STRIPE) -> Order:
    """Close a pending order that was not paid. The licence is not touched: everything stays as it was."""
    with transaction.atomic():
        lock_live_licence(Order.objects.values_list("customer_id", flat=True).get(pk=order_id))
        order = Order.objects.select_for_update().get(pk=order_id)
        if not order.is_pending:
            return order
        order.state, order.failure, order.failure_words = Order.State.FAILED, failure, words[:300]
        order.closed_at, order.pay_url = at, ""
        order.save(update_fields=["state", "failure", "failure_words", "closed_at", "pay_url"])
        record(
            entry(
                customer=order.customer_id,
                kind="order_failed",
                subject=order,
                at=at,
                actor=actor,
                after={"failure": failure},
                reason=words,
            )
        )
    return order


def _look(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    if order.way == Order.Way.CHECKOUT:
        return _look_at_checkout(order, at=at, withdraw=withdraw)
    return _look_at_card(order, at=at, withdraw=withdraw)


def _look_at_checkout(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    if not order.stripe_session_id:
        return _absent_or_unknown(order, at=at)
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
    if session.status == "complete" and session.is_paid and session.subscription_id:
        return Outcome(
            subscription=gateway.fetch_subscription(session.subscription_id),
            invoice=gateway.fetch_invoice(session.invoice_id),
            paid=True,
        )
    return Outcome(pay_url=session.url if session.status == "open" else "")


def _look_at_card(order: Order, *, at: datetime, withdraw: bool) -> Outcome:
    invoice = _invoice_of(order)
    if invoice is None:
        return _absent_or_unknown(order, at=at)
    if invoice.status == "paid":
        return Outcome(
            subscription=gateway.fetch_subscription(invoice.subscription_id), invoice=invoice, paid=True
        )
    if invoice.status in ("void", "uncollectible"):
        return Outcome(failure=Order.Failure.ABANDONED)
    if invoice.payment_status == "requires_payment_method":
        _take_back(order, invoice)
        return Outcome(failure=Order.Failure.DECLINED, words=invoice.decline_words)
    if invoice.payment_status == "requires_action":
        if withdraw or at - order.accepted_at > CHALLENGE_LASTS:
            _take_back(order, invoice)
            return Outcome(failure=Order.Failure.WITHDRAWN if withdraw else Order.Failure.ABANDONED)
        return Outcome(pay_url=order.pay_url or _page_of_the_bank(order, invoice))
    return Outcome()


def _absent_or_unknown(order: Order, *, at: datetime) -> Outcome:
    """Nothing with our mark is there. While keys last it may still be on its way; after that it is proven absent."""
    if is_unanswered(order) and at - order.accepted_at <= KEYS_LAST:
        return Outcome()
    return Outcome(failure=Order.Failure.ABANDONED)


def _invoice_of(order: Order) -> InvoiceSeen | None:
    """The invoice this order made: by Stripe's own answer, else by our mark on it.

    A renewal's invoice carries the mark of the last order too, so only those of a change count.
    """
    known = order.stripe_invoice_id or answer_of(order, "change").get("invoice", "")
    known = known or answer_of(order, "create").get("invoice", "")
    if known:
        invoice = gateway.fetch_invoice(known)
        return invoice if invoice.order_id == str(order.pk) else None
    if not is_unanswered(order):
        return None
    payer = Payer.objects.get(customer_id=order.customer_id)
    since = order.accepted_at - timedelta(minutes=5)
    marked = (
        each
        for each in gateway.list_invoices(customer_id=payer.stripe_id, since=since)
        if each.order_id == str(order.pk) and each.reason in ("subscription_create", "subscription_update")
    )
    found = next(marked, None)
    return gateway.fetch_invoice(found.stripe_id) if found else None


def _take_back(order: Order, invoice: InvoiceSeen) -> None:
    """Undo an unpaid attempt at Stripe: the pending update goes with its invoice, a new subscription is cancelled."""
    if answer_of(order, "create"):
        gateway.cancel_subscription(invoice.subscription_id)
    if gateway.fetch_invoice(invoice.stripe_id).status == "open":
        gateway.void_invoice(invoice.stripe_id)


def _page_of_the_bank(order: Order, invoice: InvoiceSeen) -> str:
    try:
        url = gateway.challenge_url(payment_intent_id=invoice.payment_intent_id, return_url=order.return_url)
    except StripeRefused:
        url = ""
    return url or invoice.hosted_url


def _apply(*, order_id: UUID, subscription: SubscriptionSeen, invoice: InvoiceSeen, at: datetime) -> Order:
    """Move the licence to what was paid for, with everything that belongs to it, in one transaction."""
    with transaction.atomic():
        customer_id = Order.objects.values_list("customer_id", flat=True).get(pk=order_id)
        licence = lock_live_licence(customer_id)
        order = Order.objects.select_for_update().get(pk=order_id)
        quote = Quote.objects.select_related("tier").get(pk=order.quote_id)
        if order.state == Order.State.SETTLED:
            return order
        change_licence(
            licence=licence,
            kind="licence_moved",
            at=at,
            actor=Actor(order.accepted_by_id, str(order.accepted_by or "a member")),
            reason=f"Order {order.pk}",
            edition_id=quote.tier.edition_id,
            tier_id=quote.tier_id,
            price_id=quote.price_id,
            seats=quote.seats,
            state=Licence.State.ACTIVE,
            period_start=subscription.period_start,
            period_end=subscription.period_end,
            cancels_at_period_end=subscription.cancels_at_period_end,
            past_due_since=None,
        )
        Subscription.objects.update_or_create(
            licence=licence,
            defaults={"stripe_id": subscription.stripe_id, "stripe_item_id": subscription.item_id},
        )
        order.state, order.closed_at, order.pay_url, order.failure = Order.State.SETTLED, at, "", ""
        order.stripe_invoice_id, order.charged = invoice.stripe_id, invoice.amount_paid
        if invoice.amount_paid != quote.due:
            quoted, charged = (
                format_money(amount, quote.currency, locale="en") for amount in (quote.due, invoice.amount_paid)
            )
            order.needs_staff = f"Quoted {quoted} and charged {charged}."
        order.save()
        record(
            entry(
                customer=customer_id,
                kind="order_settled",
                subject=order,
                at=at,
                actor=STRIPE,
                after={
                    "charged": invoice.amount_paid,
                    "currency": quote.currency,
                    "invoice": invoice.stripe_id,
                },
            )
        )
        _end_outgrown_trial(order, quote=quote, at=at)
        UpgradeRequest.objects.filter(
            customer_id=customer_id, tier_key=quote.tier.key, answered_at=None
        ).update(answered_at=at, answered_by_id=order.accepted_by_id, granted=True)
        owe(customer=customer_id, kind="receipt", subject=order, at=at)
        return order


def _end_outgrown_trial(order: Order, *, quote: Quote, at: datetime) -> None:
    """A trial of the bought tier, or of a lower one, has nothing left to lend."""
    trial = Trial.objects.filter(customer_id=order.customer_id, ended_at=None).select_related("tier").first()
    if trial is not None and trial.tier.rank <= quote.tier.rank:
        trials.end_trial(
            customer=order.customer, end=Trial.End.CONVERTED, actor=STRIPE, at=at, reason=f"Order {order.pk}"
        )


def _tidy(order: Order, *, subscription: SubscriptionSeen, invoice: InvoiceSeen) -> None:
    """After the licence has moved: keep the card as the customer's own, and show the invoice in our list."""
    payer = Payer.objects.get(customer_id=order.customer_id)
    if subscription.card and order.way == Order.Way.CHECKOUT:
        gateway.keep_card(customer_id=payer.stripe_id, payment_method_id=subscription.card.payment_method_id)
    keep_invoice(invoice)
    refresh_payer(payer)
