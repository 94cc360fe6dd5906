"""Buying and what comes after it in the demo: the product's own functions, at a moment of the past."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from billing import gateway
from billing.invoices import keep_invoice
from billing.models import Order, Payer, Subscription
from billing.orders import accept_quote
from billing.payers import ensure_payer, refresh_payer
from billing.quotes import issue_quote
from billing.subscriptions import follow
from licensing.history import Actor
from licensing.models import Customer
from licensing.rules.situation import Change
from licensing.terms import EditionTerms, storefront
from portal.demo import sandbox
from portal.facts import facts_of
from portal.mails import outbox
from portal.models import User


class NotBought(Exception):
    """A purchase of the demo did not settle; the text says how it ended."""


def on_sale() -> EditionTerms:
    """The edition that is on sale. Raises NotBought before one is."""
    shop = storefront()
    if shop is None:
        raise NotBought("nothing is on sale")
    return shop.edition


def buy(*, customer: Customer, by: User, tier: str, seats: int, interval: str, at: datetime) -> Order:
    """Put a card on file, ask for a quote of what is on sale at `at`, and accept it. Raises NotBought."""
    edition = on_sale()
    wanted = edition.tier(tier)
    if wanted is None:
        raise NotBought(f"there is no tier {tier} on sale")
    payer = ensure_payer(customer=customer, email=by.email, at=at)
    sandbox.put_card_on_file(payer.stripe_id, sandbox.PAYS)
    quote = issue_quote(
        situation=facts_of(customer, today=edition, at=at).situation,
        change=Change(tier=wanted, edition=edition, seats=seats, interval=interval),
        email=by.email,
        actor=Actor.person(by),
        at=at,
    )
    order = accept_quote(
        quote=quote,
        actor=Actor.person(by),
        at=at,
        return_url=f"{settings.BASE_URL}/upgrade/quotes/{quote.pk}/",
    )
    if order.state != Order.State.SETTLED:
        raise NotBought(f"{customer}'s order is {order.state} {order.failure_words}".strip())
    return order


def change_card(*, customer: Customer, card: str) -> None:
    """Charge another test card from now on."""
    payer = Payer.objects.get(customer=customer)
    sandbox.put_card_on_file(payer.stripe_id, card)
    refresh_payer(payer)


def catch_up(*, at: datetime) -> None:
    """See what happened at Stripe meanwhile, as its events would have told us, and send what is owed for it."""
    for stripe_id in Subscription.objects.values_list("stripe_id", flat=True):
        follow(subscription_id=stripe_id, at=at)
    for payer in Payer.objects.all():
        for invoice in gateway.list_invoices(customer_id=payer.stripe_id, since=at - timedelta(days=400)):
            keep_invoice(gateway.fetch_invoice(invoice.stripe_id), at=at)
    outbox.send_due(at=at)
