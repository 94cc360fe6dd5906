"""A customer as Stripe knows them: made once, read again whenever Stripe says that something changed."""

from __future__ import annotations

from datetime import datetime
from time import sleep

from django.db import transaction

from billing import gateway
from billing.answers import CardSeen, InvoiceSeen, StripeBusy, StripeRefused, StripeUnavailable
from billing.models import Payer, PayerAttempt, StripeTaxRate, Subscription
from licensing.licences import lock_customer
from licensing.models import Customer

# Seconds between looks at a Stripe customer that is being made for somebody else at this moment.
WAITS = (0.2, 0.5, 1.0, 1.5)


class NoPayer(Exception):
    """The customer has never bought anything, so there is nothing to show at Stripe."""


def payer_of(customer: Customer) -> Payer | None:
    return Payer.objects.filter(customer=customer).first()


def ensure_payer(*, customer: Customer, email: str, at: datetime) -> Payer:
    """The customer's Payer, made at Stripe when first needed; `email` is where Stripe sends its receipts.

    Two owners who buy first at once ask Stripe the same, with the email of whoever came first, under one key: one
    Stripe customer is made. Raises StripeUnavailable, StripeRefused.
    """
    waits = iter(WAITS)
    looked_for = None
    while True:
        attempt = payer_of(customer) or _attempt(customer, email=email, at=at)
        if isinstance(attempt, Payer):
            return attempt
        try:
            stripe_id = _made(attempt, look=attempt.pk != looked_for, at=at)
        except StripeBusy:
            if (wait := next(waits, None)) is None:
                raise
            # Not to be looked for again: what Stripe is at work on it tells under the same key, which makes no second.
            looked_for = attempt.pk
            sleep(wait)
            continue
        except StripeRefused:
            # A definite no: the next asking may say something else, and does so under another key.
            PayerAttempt.objects.filter(pk=attempt.pk).delete()
            raise
        if stripe_id:
            return _keep(attempt, stripe_id)
        PayerAttempt.objects.filter(pk=attempt.pk).delete()


def _attempt(customer: Customer, *, email: str, at: datetime) -> Payer | PayerAttempt:
    """The asking that is under way, or a new one, committed; or the Payer, where another has finished meanwhile."""
    with transaction.atomic():
        customer = lock_customer(customer.pk)
        if payer := payer_of(customer):
            return payer
        said = {
            "name": customer.name,
            "email": email,
            "country": customer.country,
            "reference": customer.slug,
        }
        attempt, _ = PayerAttempt.objects.get_or_create(
            customer=customer, defaults={"said": said, "first_asked_at": at}
        )
    return attempt


def _made(attempt: PayerAttempt, *, look: bool, at: datetime) -> str:
    """The id of the Stripe customer of an asking; empty where it is proven absent, once its key is too old.

    What was asked before is looked for first, if `look`: under its key Stripe says again what it said then, even a 500
    after which it is there.
    """
    waited = at - attempt.first_asked_at
    if (
        waited
        and look
        and (found := gateway.find_customer(email=attempt.said["email"], mark=str(attempt.mark)))
    ):
        return found
    if waited > gateway.KEYS_LAST:
        if waited <= gateway.KEYS_LAST + gateway.IN_THE_LIST_WITHIN:
            raise StripeUnavailable("It is not in Stripe's list yet, and not proven absent.")
        return ""
    return gateway.create_customer(
        **attempt.said, mark=str(attempt.mark), idempotency_key=attempt.idempotency_key
    )


def _keep(attempt: PayerAttempt, stripe_id: str) -> Payer:
    with transaction.atomic():
        lock_customer(attempt.customer_id)
        payer, _ = Payer.objects.get_or_create(
            customer_id=attempt.customer_id, defaults={"stripe_id": stripe_id}
        )
        PayerAttempt.objects.filter(customer_id=attempt.customer_id).delete()
    return payer


def refresh_payer(payer: Payer) -> Payer:
    """Read card and credit from Stripe as they stand now. The subscription's own card goes before the customer's.

    A card that only the subscription has, as after Checkout, is made the customer's, so that it outlives it.
    """
    seen = gateway.fetch_payer(payer.stripe_id)
    card = seen.card
    subscription = Subscription.objects.filter(licence__customer_id=payer.customer_id).first()
    if subscription is not None:
        card = gateway.fetch_subscription(subscription.stripe_id).card or card
    if card is not None and seen.card is None:
        gateway.keep_card(customer_id=payer.stripe_id, payment_method_id=card.payment_method_id)
    with transaction.atomic():
        payer = Payer.objects.select_for_update(of=("self",)).select_related("customer").get(pk=payer.pk)
        # A balance in another currency comes off no invoice of ours.
        payer.credit = seen.credit if seen.currency in ("", payer.customer.currency) else 0
        _show_card(payer, card)
        payer.save()
    return payer


def learn_tax(*, payer: Payer, preview: InvoiceSeen) -> None:
    """Remember the rate of the tax that Stripe just reckoned, so that estimates can name it before it is asked.

    Where several rates make up the tax, no one rate gives it to the cent: it stays unknown.
    """
    percent, name = ("", "") if preview.tax else ("0", "")
    if preview.tax and preview.tax_rate_id:
        rate = _rate(preview.tax_rate_id)
        percent, name = rate.percent, rate.name
    if (payer.tax_percent, payer.tax_name) != (percent, name):
        payer.tax_percent, payer.tax_name = percent, name
        payer.save(update_fields=["tax_percent", "tax_name"])


def _rate(stripe_id: str) -> StripeTaxRate:
    """Stripe is asked once about each rate, whoever pays it."""
    if known := StripeTaxRate.objects.filter(stripe_id=stripe_id).first():
        return known
    percent, name = gateway.fetch_tax_rate(stripe_id)
    rate, _ = StripeTaxRate.objects.get_or_create(
        stripe_id=stripe_id, defaults={"percent": percent, "name": name[:40]}
    )
    return rate


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
