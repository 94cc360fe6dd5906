"""A customer as Stripe knows them: made once, read again whenever Stripe says that something changed."""

from __future__ import annotations

from django.db import transaction

from billing import gateway
from billing.answers import CardSeen
from billing.models import Payer, Subscription
from licensing.models import Customer


class NoPayer(Exception):
    """The customer has never bought anything, so there is nothing to show at Stripe."""


def payer_of(customer: Customer) -> Payer | None:
    return Payer.objects.filter(customer=customer).first()


def ensure_payer(*, customer: Customer, email: str) -> Payer:
    """The customer's Payer, made at Stripe when first needed; `email` is where Stripe sends its receipts.

    Two owners buying first at once get the same Stripe customer: the idempotency key is the customer's own.
    """
    if payer := payer_of(customer):
        return payer
    stripe_id = gateway.create_customer(
        name=customer.name,
        email=email,
        country=customer.country,
        reference=customer.slug,
        idempotency_key=f"payer-{customer.pk}-{int(customer.created_at.timestamp())}",
    )
    payer, _ = Payer.objects.get_or_create(customer=customer, defaults={"stripe_id": stripe_id})
    return payer


def refresh_payer(payer: Payer) -> Payer:
    """Read card and credit from Stripe as they stand now. The subscription's own card goes before the customer's."""
    seen = gateway.fetch_payer(payer.stripe_id)
    card = seen.card
    subscription = Subscription.objects.filter(licence__customer_id=payer.customer_id).first()
    if subscription is not None:
        card = gateway.fetch_subscription(subscription.stripe_id).card or card
    with transaction.atomic():
        payer = Payer.objects.select_for_update().get(pk=payer.pk)
        payer.credit = seen.credit
        _show_card(payer, card)
        payer.save()
    return payer


def learn_tax(*, payer: Payer, tax_rate_id: str) -> None:
    """Remember the rate of the tax that Stripe just charged, so that estimates can name it before it is asked."""
    percent, name = gateway.fetch_tax_rate(tax_rate_id) if tax_rate_id else ("0", "")
    if (payer.tax_percent, payer.tax_name) != (percent, name):
        payer.tax_percent, payer.tax_name = percent, name
        payer.save(update_fields=["tax_percent", "tax_name"])


def billing_portal_url(*, customer: Customer, return_url: str) -> str:
    """A fresh address of Stripe's billing portal for this customer. Raises NoPayer, StripeUnavailable."""
    payer = payer_of(customer)
    if payer is None:
        raise NoPayer(customer.name)
    return gateway.open_billing_portal(customer_id=payer.stripe_id, return_url=return_url)


def _show_card(payer: Payer, card: CardSeen | None) -> None:
    payer.payment_method_id = card.payment_method_id if card else ""
    payer.card_brand = card.brand if card else ""
    payer.card_last4 = card.last4 if card else ""
    payer.card_exp_month = card.exp_month if card else None
    payer.card_exp_year = card.exp_year if card else None
