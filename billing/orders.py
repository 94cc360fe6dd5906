"""Accepting quotes. An order asks Stripe for what its quote says, and is settled by what Stripe then shows.

accept_quote → pursue (ask) → settle (look, and apply what was paid). The return page, the webhook and the sweep all
call `settle`; whoever comes second finds it done.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as words

from billing import brakes
from billing.answers import StripeRefused, StripeUnavailable
from billing.asking import NotAsked, ask
from billing.looking import over_at
from billing.models import Order, Payer, Quote, Subscription
from billing.payers import refresh_payer
from billing.quotes import (
    card_is_on_file,
    fingerprint,
    preview_of,
    quote_fits,
    quote_holds,
    stripe_disagrees,
    write_quote,
)
from billing.settling import close_failed, settle, show_staff
from licensing.counting import usage_now
from licensing.eligibility import change_reasons
from licensing.giving_up import ask_whether_agreed, given_up, keys_of
from licensing.history import Actor, entry, record
from licensing.licences import lock_live_licence
from licensing.reasons import Clause, Reason
from licensing.rules.changing import order_on_its_way
from licensing.rules.situation import Change, Situation
from licensing.seats import seats_of
from licensing.sharing import in_force
from licensing.standing import Standing, standing_of
from licensing.terms import EditionTerms
from licensing.usage import usage_of

log = logging.getLogger(__name__)
PENDING = Order.State.PENDING


PRICE_SHOWN = Clause(
    "price-shown",
    words(
        "The price shown is the price charged, to the last cent. If anything differs at the moment of paying, "
        "nothing is charged and you see the new price first."
    ),
)
UNPAID_CHANGES_NOTHING = Clause(
    "unpaid-changes-nothing",
    words(
        "A payment that is declined or not finished leaves your tier, price and dates exactly as they were."
    ),
)


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


def accept_quote(
    *, quote: Quote, actor: Actor, at: datetime, return_url: str, gives_up: bool = False
) -> Order:
    """Accept a quote and carry it as far as it goes now: settled, failed, or pending with a page to pay on.

    A second click finds the first one's order. `return_url` is where the customer comes back to from Stripe.
    `gives_up`: the customer has agreed to give up what is better in the terms they hold. Raises NotAgreed where that is
    needed and missing, UnableToAccept, QuoteChanged, and StripeUnavailable where the price could not be checked again.
    """
    order = Order.objects.filter(quote=quote).first()
    if order is None:
        if reason := quote_holds(quote, at):
            raise UnableToAccept([reason])
        standing = standing_of(quote.customer, at=at)
        edition = (
            standing.edition
            if quote.tier.edition_id == standing.edition.id
            else in_force(quote.tier.edition_id, newest_id=standing.newest_id).terms
        )
        if reasons := _reasons_against(quote, standing=standing, edition=edition):
            raise UnableToAccept(reasons)
        lost = given_up(standing, today=edition)
        ask_whether_agreed(lost, agreed=gives_up)
        try:
            payer = refresh_payer(Payer.objects.get(customer_id=quote.customer_id))
            _stop_if_changed(quote, payer=payer, actor=actor, at=at)
            _refuse_without_card(quote, payer=payer)
        except StripeRefused as refusal:
            log.error("acceptance_refused", extra={"quote": str(quote.pk), "code": refusal.code})
            raise UnableToAccept([stripe_disagrees()]) from refusal
        order = _open_order(quote, payer=payer, actor=actor, at=at, return_url=return_url, lost=keys_of(lost))
    return pursue(order_id=order.pk, at=at)


def pursue(*, order_id: UUID, at: datetime) -> Order:
    """Ask Stripe for whatever a pending order has not been answered on, then settle it. Safe to repeat.

    An answer that does not come is unknown, not no: we look for our mark at once, and if it is not there the order
    stays pending and the sweep asks again, with the same idempotency key.
    """
    order = Order.objects.select_related("quote__price").get(pk=order_id)
    if not order.is_pending:
        return order
    try:
        with suppress(StripeUnavailable):
            ask(order, at=at)
    except NotAsked as stop:
        if stop.failure:
            return close_failed(order_id=order_id, failure=stop.failure, words="", at=at)
    except StripeRefused as refusal:
        failure = Order.Failure.DECLINED if refusal.declined else Order.Failure.REFUSED
        return close_failed(order_id=order_id, failure=failure, words=str(refusal), at=at)
    try:
        return _settle_or_show(order_id, at=at)
    except StripeUnavailable:
        return Order.objects.get(pk=order_id)


def withdraw(*, order: Order, actor: Actor, at: datetime) -> Order:
    """Take an unfinished order back: close the page it could be paid on. If it was paid meanwhile, it settles.

    Raises StripeUnavailable; then nothing has changed.
    """
    order = _settle_or_show(order.pk, at=at)
    if not order.is_pending:
        return order
    return _settle_or_show(order.pk, at=at, withdrawn_by=actor)


def _settle_or_show(order_id: UUID, *, at: datetime, withdrawn_by: Actor | None = None) -> Order:
    """Settle; what Stripe refuses to show for good is a matter for staff, and the order stays as it is."""
    try:
        return settle(order_id=order_id, at=at, withdrawn_by=withdrawn_by)
    except StripeRefused as refusal:
        log.error("order_not_shown", extra={"order": str(order_id), "code": refusal.code})
        return show_staff(order_id=order_id, why="Stripe refuses to show this order's payment.")


def _reasons_against(quote: Quote, *, standing: Standing, edition: EditionTerms) -> list[Reason]:
    """The rules are asked again: since the quote, people may have come or an order may have been placed."""
    if reason := quote_fits(quote, standing.licence):
        return [reason]
    other = _pending_of(quote.customer_id)
    situation = Situation(
        standing=standing,
        today=edition,
        people=seats_of(quote.customer, at=standing.at).taken,
        usage=usage_now(usage_of(quote.customer, at=standing.at), standing=standing),
        order_pending=other is not None,
        order_over_at=over_at(other, at=standing.at) if other else None,
        stopped=brakes.stop_for(quote.customer_id),
    )
    change = Change(edition.tier_by_id(quote.tier_id), edition, quote.seats, quote.price.interval)
    return change_reasons(situation, change)


def _stop_if_changed(quote: Quote, *, payer: Payer, actor: Actor, at: datetime) -> None:
    """Charge = quote: ask for the preview again at the quoted instant; any difference stops, and is shown."""
    seen = preview_of(
        licence=quote.licence, payer=payer, price=quote.price, seats=quote.seats, at=quote.quoted_at
    )
    if fingerprint(seen) != quote.fingerprint:
        raise QuoteChanged(
            write_quote(
                licence=quote.licence, payer=payer, price=quote.price, seats=quote.seats, actor=actor, at=at
            )
        )


def _refuse_without_card(quote: Quote, *, payer: Payer) -> None:
    if reason := card_is_on_file(quote.due, _is_running(quote), payer.has_card):
        raise UnableToAccept([reason])


def _open_order(
    quote: Quote, *, payer: Payer, actor: Actor, at: datetime, return_url: str, lost: list[str]
) -> Order:
    """Write the order under the customer's lock. Of two clicks, the second gets the first one's order. `lost` goes into
    the history: what the customer has agreed to give up.
    """
    try:
        with transaction.atomic():
            licence = lock_live_licence(quote.customer_id)
            if existing := Order.objects.filter(quote=quote).first():
                return existing
            if reason := quote_fits(quote, licence):
                raise UnableToAccept([reason])
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
                    after={
                        "quote": str(quote.pk),
                        "due": quote.due,
                        "currency": quote.currency,
                        **({"given_up": lost} if lost else {}),
                    },
                )
            )
            return order
    except IntegrityError as error:
        other = _pending_of(quote.customer_id)
        raise UnableToAccept([order_on_its_way(over_at=over_at(other, at=at) if other else None)]) from error


def _pending_of(customer_id: int) -> Order | None:
    return Order.objects.filter(customer_id=customer_id, state=PENDING).first()


def _way(quote: Quote, *, payer: Payer) -> str:
    """A running subscription is changed, with the card on file; Stripe's page would begin a second one beside it."""
    return Order.Way.CARD if payer.has_card or _is_running(quote) else Order.Way.CHECKOUT


def _is_running(quote: Quote) -> bool:
    return Subscription.objects.filter(licence_id=quote.licence_id).exists()
