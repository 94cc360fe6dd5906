"""Accepting quotes. An order asks Stripe for what its quote says, and is settled by what Stripe then shows.

accept_quote → pursue (ask) → settle (look, and apply what was paid). The return page, the webhook and the sweep all
call `settle`; whoever comes second finds it done.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from billing.answers import StripeRefused, StripeUnavailable
from billing.asking import ask
from billing.models import Order, Payer, Quote, Subscription
from billing.payers import refresh_payer
from billing.quotes import QUOTE_LASTS, fingerprint, lines_of, preview_of
from billing.settling import close_failed, settle
from licensing.history import Actor, entry, record
from licensing.licences import lock_live_licence
from licensing.reasons import Reason

PENDING = Order.State.PENDING


class UnableToAccept(Exception):
    """The quote cannot be accepted any more; `reasons` say why. Nothing was charged."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


class QuoteChanged(Exception):
    """Stripe would charge something else now. `quote` is the new one, to be shown; nothing was charged."""

    def __init__(self, quote: Quote) -> None:
        super().__init__("The price has changed since it was quoted.")
        self.quote = quote


def accept_quote(*, quote: Quote, actor: Actor, at: datetime, return_url: str) -> Order:
    """Accept a quote and carry it as far as it goes now: settled, failed, or pending with a page to pay on.

    A second click finds the first one's order. `return_url` is where the customer comes back to from Stripe.
    Raises UnableToAccept, QuoteChanged, and StripeUnavailable where the price could not be checked again.
    """
    order = Order.objects.filter(quote=quote).first()
    if order is None:
        _refuse_if_stale(quote, at=at)
        payer = refresh_payer(Payer.objects.get(customer_id=quote.customer_id))
        _stop_if_changed(quote, payer=payer, at=at)
        order = _open_order(quote, payer=payer, actor=actor, at=at, return_url=return_url)
    return pursue(order_id=order.pk, at=at)


def pursue(*, order_id: UUID, at: datetime) -> Order:
    """Ask Stripe for whatever a pending order has not been answered on, then settle it. Safe to repeat.

    An answer that does not come is unknown, not no: we look for our mark at once, and if it is not there the order
    stays pending and the sweep asks again, with the same idempotency key.
    """
    order = Order.objects.select_related("quote").get(pk=order_id)
    if not order.is_pending:
        return order
    with suppress(StripeUnavailable):
        try:
            ask(order, at=at)
        except StripeRefused as refusal:
            failure = Order.Failure.DECLINED if refusal.declined else Order.Failure.REFUSED
            return close_failed(order_id=order.pk, failure=failure, words=str(refusal), at=at)
    try:
        return settle(order_id=order.pk, at=at)
    except StripeUnavailable:
        return Order.objects.get(pk=order_id)


def withdraw(*, order: Order, actor: Actor, at: datetime) -> Order:
    """Take an unfinished order back: close the page it could be paid on. If it was paid meanwhile, it settles.

    Raises StripeUnavailable; then nothing has changed.
    """
    order = settle(order_id=order.pk, at=at)
    if not order.is_pending:
        return order
    return settle(order_id=order.pk, at=at, withdrawn_by=actor)


def _refuse_if_stale(quote: Quote, *, at: datetime) -> None:
    reasons = []
    if quote.is_expired(at=at):
        reasons.append(
            Reason("quotes-expire", "This quote has expired.", "Ask for a fresh one; it takes a second.")
        )
    elif quote.licence.ended_at is not None or quote.licence.version != quote.licence_version:
        reasons.append(
            Reason(
                "quotes-fit-the-licence", "Your plan has changed since this quote.", "Ask for a fresh one."
            )
        )
    elif Order.objects.filter(customer_id=quote.customer_id, state=PENDING).exists():
        reasons.append(_another_order())
    if reasons:
        raise UnableToAccept(reasons)


def _stop_if_changed(quote: Quote, *, payer: Payer, at: datetime) -> None:
    """Charge = quote: ask for the preview again at the quoted instant; any difference stops, and is shown."""
    seen = preview_of(
        licence=quote.licence, payer=payer, price=quote.price, seats=quote.seats, at=quote.quoted_at
    )
    if fingerprint(seen) == quote.fingerprint:
        return
    raise QuoteChanged(
        Quote.objects.create(
            customer_id=quote.customer_id,
            licence_id=quote.licence_id,
            licence_version=quote.licence_version,
            tier_id=quote.tier_id,
            price_id=quote.price_id,
            seats=quote.seats,
            currency=quote.currency,
            quoted_at=quote.quoted_at,
            expires_at=max(quote.expires_at, at + QUOTE_LASTS / 4),
            quoted_for_id=quote.quoted_for_id,
            lines=lines_of(seen),
            subtotal=seen.subtotal,
            tax=seen.tax,
            total=seen.total,
            credit=seen.total - seen.amount_due,
            due=seen.amount_due,
            renews_at=quote.renews_at,
            renewal_amount=quote.renewal_amount,
            fingerprint=fingerprint(seen),
        )
    )


def _open_order(quote: Quote, *, payer: Payer, actor: Actor, at: datetime, return_url: str) -> Order:
    """Write the order under the customer's lock. Of two clicks, the second gets the first one's order."""
    try:
        with transaction.atomic():
            licence = lock_live_licence(quote.customer_id)
            if existing := Order.objects.filter(quote=quote).first():
                return existing
            if (licence.pk, licence.version) != (quote.licence_id, quote.licence_version):
                raise UnableToAccept(
                    [Reason("quotes-fit-the-licence", "Your plan has changed since this quote.")]
                )
            order = Order.objects.create(
                quote=quote,
                customer_id=quote.customer_id,
                accepted_by_id=actor.user_id,
                accepted_at=at,
                way=_way(quote, payer=payer),
                return_url=return_url,
            )
            record(
                entry(
                    customer=quote.customer_id,
                    kind="order_accepted",
                    subject=order,
                    at=at,
                    actor=actor,
                    after={"quote": str(quote.pk), "due": quote.due, "currency": quote.currency},
                )
            )
            return order
    except IntegrityError as error:
        raise UnableToAccept([_another_order()]) from error


def _way(quote: Quote, *, payer: Payer) -> str:
    """With a card on file, or nothing to pay on a running subscription, we confirm here; else on Stripe's page."""
    running = Subscription.objects.filter(licence_id=quote.licence_id).exists()
    return Order.Way.CARD if payer.has_card or (running and quote.due == 0) else Order.Way.CHECKOUT


def _another_order() -> Reason:
    return Reason(
        "nothing-is-on-its-way",
        "Another order is still on its way.",
        "Finish its payment or withdraw it first.",
    )
