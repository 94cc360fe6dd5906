"""Where catalogue prices stand at Stripe: found by lookup key, made where missing, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import islice

from billing import gateway
from billing.answers import StripeRefused
from billing.models import StripePrice
from licensing.models import Price


class UnableToSync(StripeRefused):
    """Stripe holds another amount under the same lookup key; a person must look."""


def stripe_price_id(price: Price, *, at: datetime) -> str:
    """The Stripe price of a catalogue price, made now where it is missing. Raises UnableToSync."""
    known = StripePrice.objects.filter(lookup_key=price.lookup_key).first()
    if known is None:
        sync_prices([price], at=at)
        known = StripePrice.objects.get(lookup_key=price.lookup_key)
    return known.stripe_id


def sync_published(*, at: datetime) -> int:
    """See that every published price stands at Stripe. Safe to repeat. Returns how many were not known yet."""
    known = StripePrice.objects.values("lookup_key")
    missing = Price.objects.filter(tier__edition__published_at__isnull=False).exclude(lookup_key__in=known)
    return sync_prices(missing.select_related("tier__edition__product"), at=at)


def sync_prices(prices: Iterable[Price], *, at: datetime) -> int:
    """Find or make `prices` at Stripe and remember their ids. Raises UnableToSync where an amount differs."""
    done = 0
    waiting = iter(prices)
    while some := list(islice(waiting, gateway.KEYS_AT_ONCE)):
        found = gateway.find_prices([price.lookup_key for price in some])
        for price in some:
            if price.lookup_key in found:
                stripe_id, unit_amount, currency = found[price.lookup_key]
                if (unit_amount, currency) != (price.unit_amount, price.currency):
                    raise UnableToSync(
                        f"{price.lookup_key} is {unit_amount} {currency} at Stripe,"
                        f" and {price.unit_amount} {price.currency} in the catalogue."
                    )
            else:
                stripe_id = _make(price)
            StripePrice.objects.update_or_create(
                lookup_key=price.lookup_key, defaults={"stripe_id": stripe_id, "synced_at": at}
            )
            done += 1
    return done


def _make(price: Price) -> str:
    product = price.tier.edition.product
    product_id = gateway.ensure_product(
        product_id=f"{product.key}-{price.tier.key}", name=f"{product.name} {price.tier.name}"
    )
    return gateway.create_price(
        product_id=product_id,
        lookup_key=price.lookup_key,
        currency=price.currency,
        interval=price.interval,
        unit_amount=price.unit_amount,
    )
