"""Settling an order: look at what Stripe shows now, and apply what was paid, exactly once."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from billing import brakes
from billing.answers import InvoiceSeen, StripeRefused, StripeUnavailable, SubscriptionSeen
from billing.asking import attempts_of
from billing.giving_back import begin_giving_back, give_back
from billing.invoices import keep_invoice
from billing.looking import BEGINS, Outcome, look
from billing.models import Order, Payer, Quote, StripePrice, Subscription
from billing.payers import refresh_payer
from billing.quotes import quantity_of
from billing.subscriptions import BEFORE_APPLIED, OVER, StillMoving, end_licence, follow
from licensing import trials
from licensing.history import STRIPE, Actor, entry, record
from licensing.licences import change_licence, lock_live_licence
from licensing.models import Licence, Trial, UpgradeRequest
from licensing.money import format_money
from licensing.notices import owe

LOOKS = 3
log = logging.getLogger(__name__)


def settle(*, order_id: UUID, at: datetime, withdrawn_by: Actor | None = None) -> Order:
    """Bring an order to what Stripe shows. Any number of times, from anywhere: it is applied once.

    With `withdrawn_by`, and while a brake holds, an order that is not paid is closed at Stripe first and then here.
    What Stripe shows is only acted on if neither licence nor order changed while it was asked. Raises
    StripeUnavailable, StripeRefused.
    """
    for _ in range(LOOKS):
        order = Order.objects.select_related("quote__price").get(pk=order_id)
        if order.state == Order.State.SETTLED:
            return order
        if order.was_paid_twice:
            return _carry_on_giving_back(order, at=at)
        asked = attempts_of(order)
        version = Licence.objects.values_list("version", flat=True).get(
            customer_id=order.customer_id, ended_at=None
        )
        stopped = withdrawn_by is None and brakes.is_pulled(order.customer_id)
        seen = look(order, at=at, withdraw=withdrawn_by is not None or stopped)
        if stopped and seen.failure == Order.Failure.WITHDRAWN:
            seen = replace(seen, failure=Order.Failure.STOPPED)
        if not (seen.subscription and seen.invoice):
            return _not_paid(order, seen, asked=asked, at=at, actor=withdrawn_by or STRIPE)
        _hear_of_another(order, seen.subscription, at=at)
        applied = _apply(
            order_id=order_id, subscription=seen.subscription, invoice=seen.invoice, version=version, at=at
        )
        if applied is not None:
            _tidy(applied, invoice=seen.invoice, at=at)
            return _carry_on_giving_back(applied, at=at) if applied.was_paid_twice else applied
    return Order.objects.select_related("quote").get(pk=order_id)


def close_failed(
    *,
    order_id: UUID,
    failure: str,
    words: str,
    at: datetime,
    actor: Actor = STRIPE,
    asked: list[tuple[str, str]] | None = None,
) -> Order:
    """Close a pending order that was not paid. The licence is not touched: everything stays as it was.

    `asked` is what Stripe had been asked when it was found unpaid; where more was asked since, the order stays open.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if not order.is_pending or _was_asked_more(order, asked):
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


def show_staff(*, order_id: UUID, why: str, asked: list[tuple[str, str]] | None = None) -> Order:
    """Put an order on the queue of those that need a person; one that is settled by now needs none.

    `asked` is what Stripe had been asked when `why` was seen; where more was asked since, too little was seen.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.state == Order.State.SETTLED or _was_asked_more(order, asked):
            return order
        if order.needs_staff != why[:200]:
            order.needs_staff = why[:200]
            order.save(update_fields=["needs_staff"])
    return order


def _locked(order_id: UUID) -> Order:
    """The order as it is now, under the locks of its customer and their live licence."""
    lock_live_licence(Order.objects.values_list("customer_id", flat=True).get(pk=order_id))
    return Order.objects.select_for_update().get(pk=order_id)


def _was_asked_more(order: Order, asked: list[tuple[str, str]] | None) -> bool:
    """Whether Stripe was asked more since somebody looked who knew of `asked`; None: nobody looked."""
    return asked is not None and attempts_of(order) != asked


def _not_paid(
    order: Order, seen: Outcome, *, asked: list[tuple[str, str]], at: datetime, actor: Actor
) -> Order:
    if seen.failure:
        return close_failed(
            order_id=order.pk, failure=seen.failure, words=seen.words, at=at, actor=actor, asked=asked
        )
    if order.is_pending and seen.needs_staff:
        order = show_staff(order_id=order.pk, why=seen.needs_staff, asked=asked)
    if order.is_pending and seen.pay_url != order.pay_url:
        Order.objects.filter(pk=order.pk, state=Order.State.PENDING).update(pay_url=seen.pay_url)
        order.refresh_from_db()
    return order


def _apply(
    *, order_id: UUID, subscription: SubscriptionSeen, invoice: InvoiceSeen, version: int, at: datetime
) -> Order | None:
    """Move the licence to what was paid for, with everything that belongs to it, in one transaction.

    None where the licence changed since the look began. What was paid but cannot be applied is shown to staff. Where
    the subscription has ended since it was paid, the licence moves and ends, as it would have by looking in time.
    """
    with transaction.atomic():
        customer_id = Order.objects.values_list("customer_id", flat=True).get(pk=order_id)
        licence = lock_live_licence(customer_id)
        order = Order.objects.select_for_update().get(pk=order_id)
        quote = Quote.objects.select_related("tier", "price").get(pk=order.quote_id)
        if order.state == Order.State.SETTLED or order.was_paid_twice:
            return order
        if licence.version != version:
            return None
        if order.is_pending and subscription.has_pending_update:
            return order  # Stripe applies what was paid a moment later; the next look sees it.
        if invoice.reason == BEGINS and _pays_beside(licence, subscription):
            begin_giving_back(order, invoice=invoice, at=at)
            return order
        if conflict := _conflict(quote, licence, subscription):
            why = f"Paid {_words(invoice.amount_paid, quote)}, not applied: {conflict}"
            return show_staff(order_id=order.pk, why=why)
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
        is_over = subscription.status in OVER
        _close_settled(order, quote=quote, invoice=invoice, is_over=is_over, at=at)
        if not is_over:
            _end_outgrown_trial(order, quote=quote, at=at)
        UpgradeRequest.objects.filter(
            customer_id=customer_id, tier_key=quote.tier.key, answered_at=None
        ).update(answered_at=at, answered_by_id=order.accepted_by_id, granted=True)
        owe(customer=customer_id, kind="receipt", subject=order, at=at)
        if is_over:
            end_licence(licence, at=at, reason=BEFORE_APPLIED)
        return order


def _hear_of_another(order: Order, subscription: SubscriptionSeen, *, at: datetime) -> None:
    """Before a payment is called the second: what paid for the licence so far may have ended unheard of."""
    known = Subscription.objects.filter(
        licence__customer_id=order.customer_id, licence__ended_at=None
    ).exclude(stripe_id=subscription.stripe_id)
    for other in known:
        with suppress(StillMoving):
            follow(subscription_id=other.stripe_id, at=at)


def _pays_beside(licence: Licence, subscription: SubscriptionSeen) -> bool:
    """Whether another subscription pays for the licence."""
    return Subscription.objects.filter(licence=licence).exclude(stripe_id=subscription.stripe_id).exists()


def _carry_on_giving_back(order: Order, *, at: datetime) -> Order:
    """What Stripe does not answer now, the sweep asks again."""
    try:
        return give_back(order_id=order.pk, at=at)
    except StripeUnavailable:
        return order


def _close_settled(order: Order, *, quote: Quote, invoice: InvoiceSeen, is_over: bool, at: datetime) -> None:
    order.state, order.closed_at, order.pay_url = Order.State.SETTLED, at, ""
    order.failure, order.failure_words, order.needs_staff = "", "", ""
    order.stripe_invoice_id, order.charged = invoice.stripe_id, invoice.amount_paid
    if invoice.amount_paid != quote.due:
        order.needs_staff = (
            f"Quoted {_words(quote.due, quote)} and charged {_words(invoice.amount_paid, quote)}."
        )
    if is_over:
        order.needs_staff = (
            f"Charged {_words(invoice.amount_paid, quote)}, and the subscription ended before that was applied: the "
            "customer had nothing of it. If it should go back, refund it at Stripe; then mark this as dealt with."
        )[:200]
    order.save()
    record(
        entry(
            customer=order.customer_id,
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


def _words(amount: int, quote: Quote) -> str:
    """An amount as staff read it."""
    return format_money(amount, quote.currency, locale="en")


def _conflict(quote: Quote, licence: Licence, subscription: SubscriptionSeen) -> str:
    """Why what was paid is not what would be paid from now on; empty where it is, or nothing would."""
    ours = Subscription.objects.filter(licence=licence).first()
    if ours is not None and ours.stripe_id != subscription.stripe_id:
        return f"the licence is paid by another subscription, {ours.stripe_id}."
    if subscription.status in OVER:
        return ""
    of_quote = StripePrice.objects.filter(
        lookup_key=quote.price.lookup_key, stripe_id=subscription.price_id
    ).exists()
    if not of_quote or subscription.quantity != quantity_of(quote.price, seats=quote.seats):
        return "the subscription bills another price or other seats."
    return ""


def _end_outgrown_trial(order: Order, *, quote: Quote, at: datetime) -> None:
    """Whether it is outgrown, `trials.ends_with` says."""
    trial = Trial.objects.filter(customer_id=order.customer_id, ended_at=None).select_related("tier").first()
    if trial is not None and trials.ends_with(trial.tier, bought=quote.tier):
        trials.end_trial(
            customer=order.customer, end=Trial.End.CONVERTED, actor=STRIPE, at=at, reason=f"Order {order.pk}"
        )


def _tidy(order: Order, *, invoice: InvoiceSeen, at: datetime) -> None:
    """After the licence has moved: show the invoice in our list, and the card and credit as they are now.

    Webhooks and the next quote do the same, so an answer that does not come here is not waited for.
    """
    keep_invoice(invoice, at=at)
    try:
        with suppress(StripeUnavailable):
            refresh_payer(Payer.objects.get(customer_id=order.customer_id))
    except StripeRefused:
        log.exception("payer_not_refreshed", extra={"order": str(order.pk)})
