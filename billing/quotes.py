"""Issuing quotes: Stripe's own preview, frozen. What a quote says is what accepting it charges."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as words

from billing import gateway
from billing.answers import InvoiceSeen, StripeRefused
from billing.models import Payer, Quote, Subscription
from billing.payers import ensure_payer, learn_tax, refresh_payer
from billing.prices import stripe_price_id
from licensing.eligibility import change_reasons
from licensing.history import Actor
from licensing.models import Licence, Price
from licensing.periods import to_the_second
from licensing.pricing import Balance, apply_balance
from licensing.reasons import Example, Reason, Rule
from licensing.rules.example import AT, BUSINESS, FREE
from licensing.rules.situation import Change, Situation
from licensing.sunsets.moving import price_at_renewal
from licensing.terms import TierTerms

QUOTE_LASTS = timedelta(hours=1)
log = logging.getLogger(__name__)


class UnableToQuote(Exception):
    """The change is not open to this customer; `reasons` say why."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


def issue_quote(*, situation: Situation, change: Change, email: str, actor: Actor, at: datetime) -> Quote:
    """Price one change for one customer at `at`, bindingly for an hour.

    `email` is where Stripe sends its own receipts if the customer is new to it. Raises UnableToQuote where a rule is
    against it or Stripe refuses, StripeUnavailable where it gives no preview; then nothing has happened.
    """
    standing = situation.standing
    if reasons := change_reasons(situation, change):
        raise UnableToQuote(reasons)
    if reason := is_paid_for(change.tier):
        raise UnableToQuote([reason])
    terms = change.tier.price(currency=standing.customer.currency, interval=change.interval)
    assert terms is not None, "a rule asks for it"
    price = Price.objects.select_related("tier__edition__product").get(pk=terms.id)
    try:
        payer = refresh_payer(ensure_payer(customer=standing.customer, email=email, at=at))
        return write_quote(
            licence=standing.licence, payer=payer, price=price, seats=change.seats, actor=actor, at=at
        )
    except StripeRefused as refusal:
        log.error("quote_refused", extra={"price": price.lookup_key, "code": refusal.code})
        raise UnableToQuote([stripe_disagrees()]) from refusal


def write_quote(
    *, licence: Licence, payer: Payer, price: Price, seats: int, actor: Actor, at: datetime
) -> Quote:
    """Freeze what Stripe would charge at `at`. Raises StripeUnavailable, StripeRefused."""
    at = to_the_second(at)
    preview = preview_of(licence=licence, payer=payer, price=price, seats=seats, at=at)
    renews_at = max(line.end for line in preview.lines if line.kind == "charge")
    renewal = gateway.preview_first(
        customer_id=payer.stripe_id,
        price_id=stripe_price_id(price_at_renewal(licence, price, renews_at=renews_at), at=at),
        quantity=quantity_of(price, seats=seats),
    )
    learn_tax(payer=payer, preview=renewal)
    balance = apply_balance(total=preview.total, credit=-preview.balance_before, currency=price.currency)
    return Quote.objects.create(
        customer_id=licence.customer_id,
        licence=licence,
        licence_version=licence.version,
        tier_id=price.tier_id,
        price=price,
        seats=seats,
        currency=price.currency,
        quoted_at=at,
        expires_at=_expiry(licence, at=at),
        quoted_for_id=actor.user_id,
        lines=[*lines_of(preview), *_balance_lines(balance, due=preview.amount_due, at=at)],
        subtotal=preview.subtotal,
        tax=preview.tax,
        total=preview.total,
        credit=balance.credit_used - balance.credit_gained,
        due=preview.amount_due,
        renews_at=renews_at,
        renewal_amount=renewal.total,
        fingerprint=fingerprint(preview),
    )


def is_paid_for(tier: TierTerms) -> Reason | None:
    if not tier.is_free:
        return None
    return Reason(
        "tier-is-free",
        _("A free tier needs no quote."),
        _("There is nothing to pay: it is yours when what you pay for ends."),
    )


def stripe_disagrees() -> Reason:
    """The processor refuses what our rules allow: a price withdrawn there, a customer deleted there."""
    return Reason(
        "quotes-fit-the-licence",
        _("Stripe, who takes our payments, does not accept this change as it stands. Nothing was charged."),
        _("Ask for a fresh quote; if it stays so, write to us."),
    )


def quote_holds(quote: Quote, at: datetime) -> Reason | None:
    if not quote.is_expired(at=at):
        return None
    return Reason("quotes-expire", _("This quote has expired."), _("Ask for a fresh one; it takes a second."))


def quote_fits(quote: Quote, licence: Licence) -> Reason | None:
    """A quote is for the licence as it was; every change of a licence counts its version up."""
    if (licence.pk, licence.version) == (quote.licence_id, quote.licence_version):
        return None
    return Reason(
        "quotes-fit-the-licence", _("Your plan has changed since this quote."), _("Ask for a fresh one.")
    )


def card_is_on_file(due: int, is_running: bool, has_card: bool) -> Reason | None:
    """`due`: what is charged now, in minor units; `is_running`: whether a subscription pays for the licence already."""
    if has_card or not due or not is_running:
        return None
    return Reason(
        "card-on-file",
        _("There is no card on file that could be charged."),
        _("Put one on file on the billing page first."),
    )


def _expiry(licence: Licence, *, at: datetime) -> datetime:
    """An hour, or the end of the period. A period that ended unnoticed is Stripe's to tell us about."""
    if licence.period_end is None or licence.period_end <= at:
        return at + QUOTE_LASTS
    return min(at + QUOTE_LASTS, licence.period_end)


def _balance_lines(balance: Balance, *, due: int, at: datetime) -> list[dict[str, Any]]:
    """What of the balance is neither credit used nor gained, so that the written sum comes to what is `due`."""
    carried = balance.due + balance.carried - due
    words = (
        (balance.debt_paid, _("Left over from an earlier payment")),
        (-carried, _carried_words(carried, due=due)),
    )
    moment = at.isoformat()
    return [
        {"kind": "other", "amount": amount, "quantity": 1, "from": moment, "to": moment, "text": str(text)}
        for amount, text in words
        if amount
    ]


def _carried_words(carried: int, *, due: int) -> str:
    if carried > 0 and due == 0:
        return _("Too little to charge by itself: comes with your next payment")
    if carried > 0:
        return _("Rounded down to what a card can be charged: comes with your next payment")
    return _("Rounded up to what a card can be charged: comes off your next payment")


def preview_of(*, licence: Licence, payer: Payer, price: Price, seats: int, at: datetime) -> InvoiceSeen:
    """What Stripe would charge for this change at the instant `at`; asked again at acceptance, it must say the same."""
    subscription = Subscription.objects.filter(licence=licence).first()
    price_id, quantity = stripe_price_id(price, at=at), quantity_of(price, seats=seats)
    if subscription is None:
        return gateway.preview_first(customer_id=payer.stripe_id, price_id=price_id, quantity=quantity)
    return gateway.preview_change(
        customer_id=payer.stripe_id,
        subscription_id=subscription.stripe_id,
        item_id=subscription.stripe_item_id,
        price_id=price_id,
        quantity=quantity,
        at=at,
    )


def quantity_of(price: Price, *, seats: int) -> int:
    """How many of a price Stripe charges: one a seat, or one in all."""
    return seats if price.per_seat else 1


def lines_of(preview: InvoiceSeen) -> list[dict[str, Any]]:
    return [
        {
            "kind": line.kind,
            "amount": line.amount,
            "quantity": line.quantity,
            "from": line.start.isoformat(),
            "to": line.end.isoformat(),
            "text": line.text,
        }
        for line in preview.lines
    ]


def fingerprint(preview: InvoiceSeen) -> str:
    """Hash of every amount that was shown, and of nothing that may differ from one asking to the next."""
    shown = {
        "currency": preview.currency,
        "lines": sorted([line.kind, line.amount, line.quantity] for line in preview.lines),
        "tax": preview.tax,
        "total": preview.total,
        "due": preview.amount_due,
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _quote() -> Quote:
    return Quote(licence_id=1, licence_version=3, expires_at=AT + QUOTE_LASTS)


QUOTE_RULES: list[Rule] = [
    Rule(
        "tier-is-free",
        words("What is free needs no quote and no card."),
        check=is_paid_for,
        examples=(
            Example(words("You want a quote of Free"), lambda: (FREE,), "A free tier needs no quote."),
            Example(words("You want a quote of Business"), lambda: (BUSINESS,)),
        ),
    ),
    Rule(
        "quotes-expire",
        words("A quote holds its price for %(minutes)d minutes, or to the end of your period."),
        numbers=lambda _today: {"minutes": QUOTE_LASTS.total_seconds() // 60},
        check=quote_holds,
        examples=(
            Example(
                words("You asked at noon, and pay when its time is over"),
                lambda: (_quote(), AT + QUOTE_LASTS),
                "This quote has expired.",
            ),
            Example(
                words("You pay a second before"), lambda: (_quote(), AT + QUOTE_LASTS - timedelta(seconds=1))
            ),
        ),
    ),
    Rule(
        "quotes-fit-the-licence",
        words("A quote holds for the plan it was made for. Once the plan moves, ask for a new one."),
        check=quote_fits,
        examples=(
            Example(
                words("Another owner changed the plan after you had asked"),
                lambda: (_quote(), Licence(pk=1, version=4)),
                "Your plan has changed since this quote.",
            ),
            Example(words("Nothing has changed"), lambda: (_quote(), Licence(pk=1, version=3))),
        ),
    ),
    Rule(
        "card-on-file",
        words("A change of what is paid already is charged to a card that is on file."),
        check=card_is_on_file,
        examples=(
            Example(
                words("You pay for Team, your card was taken off, and Business costs $20 today"),
                lambda: (2000, True, False),
                "There is no card on file that could be charged.",
            ),
            Example(
                words("You buy for the first time: Stripe’s page takes the card"),
                lambda: (2000, False, False),
            ),
            Example(words("The change costs nothing today"), lambda: (0, True, False)),
        ),
    ),
]
