"""Issuing quotes: Stripe's own preview, frozen. What a quote says is what accepting it charges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from billing import gateway
from billing.answers import InvoiceSeen
from billing.models import Payer, Quote, Subscription
from billing.payers import ensure_payer, learn_tax, refresh_payer
from billing.prices import stripe_price_id
from licensing.eligibility import Change, Situation, change_reasons
from licensing.history import Actor
from licensing.models import Licence, Price
from licensing.periods import to_the_second
from licensing.reasons import Reason

QUOTE_LASTS = timedelta(hours=1)


class UnableToQuote(Exception):
    """The change is not open to this customer; `reasons` say why."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__(" ".join(reason.text for reason in reasons))
        self.reasons = reasons


def issue_quote(*, situation: Situation, change: Change, email: str, actor: Actor, at: datetime) -> Quote:
    """Price one change for one customer at `at`, bindingly for an hour.

    `email` is where Stripe sends its own receipts if the customer is new to it. Raises UnableToQuote where a rule is
    against it, StripeUnavailable or StripeRefused where Stripe gives no preview; then nothing has happened.
    """
    standing = situation.standing
    if reasons := change_reasons(situation, change):
        raise UnableToQuote(reasons)
    terms = change.tier.price(currency=standing.customer.currency, interval=change.interval)
    if terms is None:
        raise UnableToQuote([Reason("tier-is-free", "A free tier needs no quote.")])
    price = Price.objects.select_related("tier__edition__product").get(pk=terms.id)
    payer = refresh_payer(ensure_payer(customer=standing.customer, email=email))
    at = to_the_second(at)
    preview = preview_of(licence=standing.licence, payer=payer, price=price, seats=change.seats, at=at)
    renewal = gateway.preview_first(
        customer_id=payer.stripe_id,
        price_id=stripe_price_id(price, at=at),
        quantity=quantity_of(price, seats=change.seats),
    )
    learn_tax(payer=payer, tax_rate_id=preview.tax_rate_id or renewal.tax_rate_id)
    charges = [line.end for line in preview.lines if line.kind == "charge"]
    expires_at = at + QUOTE_LASTS
    if standing.licence.period_end is not None:
        expires_at = min(expires_at, standing.licence.period_end)
    return Quote.objects.create(
        customer=standing.customer,
        licence=standing.licence,
        licence_version=standing.licence.version,
        tier_id=change.tier.id,
        price=price,
        seats=change.seats,
        currency=price.currency,
        quoted_at=at,
        expires_at=expires_at,
        quoted_for_id=actor.user_id,
        lines=lines_of(preview),
        subtotal=preview.subtotal,
        tax=preview.tax,
        total=preview.total,
        credit=preview.total - preview.amount_due,
        due=preview.amount_due,
        renews_at=max(charges),
        renewal_amount=renewal.total,
        fingerprint=fingerprint(preview),
    )


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
